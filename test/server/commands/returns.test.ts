import { expect, it } from 'vitest';
import { Returns } from '../../../src/server/commands/returns.ts';

/** People who come back, of whom the test says when each has its seat. */
function returns() {
  const state = { now: 0, isHerd: false };
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const queue = new Returns(
    () => state.now,
    () => state.isHerd,
  );
  const come = (number: number, canRetry = true) =>
    queue.inTurn(canRetry, () => {
      begun.push(number);
      return new Promise((resolve) => ends.push(() => resolve(null)));
    });
  return { state, begun, ends, queue, come };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

it('Some come back at a time, in their order, and each makes room for the next', async () => {
  const { begun, ends, come } = returns();
  const all = Array.from({ length: 100 }, (_, number) => come(number));
  await settled();
  const atOnce = begun.length;
  expect(atOnce).toBeLessThan(50);
  ends.shift()?.();
  await settled();
  expect(begun).toHaveLength(atOnce + 1);
  while (ends.length > 0) {
    ends.shift()?.();
    await settled();
  }
  expect(await Promise.all(all)).toEqual(Array(100).fill(null));
  expect(begun).toEqual(Array.from({ length: 100 }, (_, number) => number));
});

it('Somebody who would wait for longer than a client waits for an answer is told when to try again', async () => {
  const { state, queue, come } = returns();
  for (let number = 0; number < 100; number += 1) void come(number);
  await settled();
  state.now = 12_300;
  expect(queue.oldestMs).toBe(12_300);
  expect(await come(100)).toEqual({ refused: 'BUSY_TRY_AGAIN', details: { retryAfter: 13 } });
});

it('A client that cannot be told when to try again waits for its turn', async () => {
  const { state, begun, ends, come } = returns();
  for (let number = 0; number < 30; number += 1) void come(number);
  await settled();
  state.now = 60_000;
  const granted = come(30, false);
  for (let at = 0; at <= 30; at += 1) {
    ends[at]?.();
    await settled();
  }
  expect(await granted).toBeNull();
  expect(begun).toContain(30);
});

it('While a herd connects, fewer come back at a time, and as many as before when it is over', async () => {
  const { state, begun, ends, come } = returns();
  for (let number = 0; number < 200; number += 1) void come(number);
  await settled();
  const atOnce = begun.length;
  let ended = 0;
  const end = async (count: number) => {
    for (let left = count; left > 0; left -= 1) {
      ends[ended]?.();
      ended += 1;
      await settled();
    }
  };
  state.isHerd = true;
  await end(atOnce);
  const inHerd = begun.length - ended;
  expect(inHerd).toBeGreaterThan(0);
  expect(inHerd).toBeLessThan(atOnce / 2);
  state.isHerd = false;
  await end(1);
  expect(begun.length - ended).toBe(atOnce);
});
