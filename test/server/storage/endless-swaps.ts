// A process for json.test.ts to kill: it swaps as fast as it can, and prints `<id> <rev>` for each acknowledged swap. The
// rev is 0 for an acknowledged deletion, and -1 for one that it is about to ask for. A write to a pipe by file descriptor
// is done when it returns, so no line is lost in a buffer.
import { writeSync } from 'node:fs';
import { blank } from '../../../src/server/domain/seat.ts';
import { openJsonStore } from '../../../src/server/storage/json.ts';

const [file, round] = process.argv.slice(2);
if (file === undefined) throw new Error('Usage: endless-swaps.ts <file> <round>');
const store = await openJsonStore({ file, idleMs: 3_600_000, now: Date.now });

/** Waits while the pipe is full, because its reader may be slower. */
function print(line: string): void {
  for (let rest = Buffer.from(line); rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

async function swapForever(worker: number): Promise<void> {
  for (let turn = 0; ; turn++) {
    const former = `new-${round}-${worker}-${turn - 10}`;
    if (turn >= 10 && turn % 2 === 0) {
      print(`${former} -1\n`);
      if (await store.swap(former, 1, null)) print(`${former} 0\n`);
    }
    // One workspace that grows older, and one that is new in each turn.
    for (const id of [`old-${worker}`, `new-${round}-${worker}-${turn}`]) {
      const current = await store.get(id);
      const rev = (current?.rev ?? 0) + 1;
      const next = { id, name: 'x'.repeat(1_000), avatar: '', rev, touched: Date.now() };
      const owner = { id: 'owner', name: 'Olga', avatar: '' };
      const workspace = {
        ...blank,
        ...next,
        created: 0,
        pinHash: null,
        owner,
        ownerUser: null,
        used: true,
      };
      if (await store.swap(id, current?.rev ?? null, workspace)) print(`${id} ${rev}\n`);
    }
  }
}

await Promise.all(Array.from({ length: 20 }, (_, worker) => swapForever(worker)));
