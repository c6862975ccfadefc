import { pino } from 'pino';
import type { RecordsConfig } from '../../../src/server/config/records.ts';
import { openRecords, type Records } from '../../../src/server/records/records.ts';
import { type AtEnd, ofTest } from '../../support/lifetime.ts';

/** Records that are closed when the test is over. */
export async function open(config: RecordsConfig, atEnd: AtEnd = ofTest, now = Date.now): Promise<Records> {
  const records = await openRecords(config, { log: pino({ level: 'silent' }), now });
  atEnd(() => records.close());
  return records;
}
