import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { RecordsConfig } from '../../../src/server/config/records.ts';
import { openRecords, type Records } from '../../../src/server/records/records.ts';
import { type AtEnd, ofTest } from '../../support/lifetime.ts';

interface OpenOptions {
  now?: () => number;
  days?: number;
  /** Ids of the endpoints of webhooks that the configuration has. */
  webhooks?: readonly string[];
  atEnd?: AtEnd;
  /** Gets the lines of the log. */
  lines?: { level: number; msg: string }[];
}

/** Records that are closed at the end of the test, if nothing else is said. */
export async function open(
  config: RecordsConfig,
  { now = Date.now, days = 365, webhooks = [], atEnd = ofTest, lines = [] }: OpenOptions = {},
): Promise<Records> {
  const collector = new Writable({
    write(line, _, done) {
      lines.push(JSON.parse(String(line)));
      done();
    },
  });
  const records = await openRecords(config, { log: pino(collector), now, days, webhooks });
  atEnd(() => records.close());
  return records;
}
