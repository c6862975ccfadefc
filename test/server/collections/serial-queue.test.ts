import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KeyedSerialQueue } from '../../../src/server/collections/keyed-serial-queue.ts';
import { SerialQueue } from '../../../src/server/collections/serial-queue.ts';

const task = fc.record({ key: fc.constantFrom('a', 'b', 'c'), ticks: fc.nat({ max: 5 }), fails: fc.boolean() });

/** Waits for some turns of the queue of promises. */
async function pass(ticks: number): Promise<void> {
  for (let tick = 0; tick < ticks; tick += 1) await null;
}

it('tasks of one key run in their order, one at a time, and each caller gets what its own task returns or throws', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(task, { maxLength: 30 }), fc.nat({ max: 5 }), async (tasks, pause) => {
      const queues = new KeyedSerialQueue();
      const running = new Set<string>();
      const begun = new Map<string, number[]>();
      const results: Promise<unknown>[] = [];
      for (const [at, { key, ticks, fails }] of tasks.entries()) {
        const result = queues.run(key, async () => {
          expect(running.has(key)).toBe(false);
          running.add(key);
          begun.set(key, [...(begun.get(key) ?? []), at]);
          await pass(ticks);
          running.delete(key);
          if (fails) throw new Error(String(at));
          return at;
        });
        results.push(result.catch((error: Error) => error.message));
        if (at % 3 === 0) await pass(pause);
      }
      expect(await Promise.all(results)).toEqual(tasks.map(({ fails }, at) => (fails ? String(at) : at)));
      for (const key of begun.keys()) {
        expect(begun.get(key)).toEqual(tasks.flatMap((each, at) => (each.key === key ? [at] : [])));
      }
    }),
  );
});

it('tasks of different keys run at once', async () => {
  const queues = new KeyedSerialQueue();
  let meet = () => {};
  const met = new Promise<void>((resolve) => {
    meet = resolve;
  });
  await Promise.all([queues.run('a', () => met), queues.run('b', async () => meet())]);
});

it('a queue is full with 16 tasks, and tells once when it has room again', async () => {
  const queue = new SerialQueue();
  let rooms = 0;
  queue.onRoom = () => {
    rooms += 1;
  };
  const tasks = Array.from({ length: 17 }, (_, at) => {
    expect(queue.isFull).toBe(at >= 16);
    return queue.run(async () => {});
  });
  await Promise.all(tasks);
  expect([queue.waiting, queue.isFull, rooms]).toEqual([0, false, 1]);
});
