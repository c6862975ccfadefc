import { join } from 'node:path';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { RecordsConfig } from '../../src/server/config/records.ts';
import { open } from '../server/records/open.ts';
import { skipsPostgres, startPostgres } from '../server/records/postgres-server.ts';
import { batchOf, missed, wholeCall, workspaceOf } from '../server/records/samples.ts';
import { emptyFolder } from '../support/built-server.ts';
import { atSoak, figure, patience } from './soak.ts';

/** No wait of the event loop for records may be longer, ms. */
const LONGEST_MS = 10;

const BATCHES = atSoak(150, 1000);

/** How late the event loop was meanwhile, ms: 99 of 100 times no later than this. */
async function lateness(work: () => Promise<unknown>): Promise<number> {
  const delays: IntervalHistogram = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  await work();
  delays.disable();
  // It measures from the timer before, which is a millisecond.
  return delays.percentile(99) / 1e6 - 1;
}

const kinds: [string, boolean, () => Promise<RecordsConfig>][] = [
  ['SQLite', false, async () => ({ kind: 'sqlite', file: join(await emptyFolder(), 'records.db') })],
  ['PostgreSQL', skipsPostgres(), async () => ({ kind: 'postgres', url: await (await startPostgres()).database() })],
];

for (const [kind, isSkipped, configOf] of kinds) {
  test.skipIf(isSkipped)(
    `Records in ${kind} do not hold the event loop up while they write and read`,
    { timeout: patience(5) },
    async () => {
      const records = await open(await configOf());
      const write = async (first: number, count: number) => {
        for (let batch = first; batch < first + count; batch += 1) {
          const happened = [...wholeCall(`call_${batch}`), missed('u-bob')];
          await records.take([batchOf(workspaceOf(), happened, 7 * batch + 1)]);
        }
      };
      const read = async () => {
        while (isWriting) {
          await records.events.page('_room', { limit: 200 });
          await records.calls.page({ status: 'ended' }, { limit: 50 });
          await records.inboxes.page('u-bob', { limit: 50 });
        }
      };
      // The compiler has seen it all.
      await write(0, 50);
      let isWriting = true;
      // What other programs do to this one on a busy machine.
      const before = await lateness(() => setTimeout(1000));
      const since = performance.now();
      const during = await lateness(() =>
        Promise.all([
          write(50, BATCHES).finally(() => {
            isWriting = false;
          }),
          read(),
        ]),
      );
      figure(
        `${kind}: ${BATCHES} batches in ${Math.round(performance.now() - since)} ms, late by ${during.toFixed(1)} ms`,
      );
      expect(during - before).toBeLessThan(LONGEST_MS);
    },
  );
}
