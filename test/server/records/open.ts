import { pino } from 'pino';
import type { RecordsConfig } from '../../../src/server/config/records.ts';
import { openRecords, type Records } from '../../../src/server/records/records.ts';
import { type AtEnd, ofTest } from '../../support/lifetime.ts';

/** Records that are closed when the test is over. */
export async function open(
  config: RecordsConfig,
  { now = Date.now, days = 365, atEnd = ofTest }: { now?: () => number; days?: number; atEnd?: AtEnd } = {},
): Promise<Records> {
  const records = await openRecords(config, { log: pino({ level: 'silent' }), now, days });
  atEnd(() => records.close());
  return records;
}
