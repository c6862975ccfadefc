import { writeSync } from 'node:fs';
import { pino } from 'pino';
import { openRecords } from '../../../src/server/records/records.ts';
import { batchOf, missed, wholeCall, workspaceOf } from './samples.ts';

/** Rooms whose events it takes in turn. */
export const rooms = ['_a', '_b', '_c'];

// As a program: takes events until somebody kills it, and prints each room and `seq` that the records have acknowledged.
if (process.argv[1] === import.meta.filename) {
  const log = pino({ level: 'silent' });
  const records = await openRecords(JSON.parse(process.argv[2] ?? ''), { log, now: Date.now, days: 365, webhooks: [] });
  const heads = new Map(rooms.map((id) => [id, 0]));
  for (let call = 1; ; call += 1) {
    const batches = rooms.map((id) => {
      const happened = [...wholeCall(`${id} ${process.pid} ${call}`), missed('u-bob')];
      return batchOf(workspaceOf(id), happened, (heads.get(id) ?? 0) + 1);
    });
    for (const [id, head] of await records.take(batches)) {
      heads.set(id, head);
      writeSync(1, `${id} ${head}\n`);
    }
  }
}
