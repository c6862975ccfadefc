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

it('Some begin in each turn of the event loop, in their order, and some are under way at a time', async () => {
  const { begun, ends, come } = returns();
  const all = Array.from({ length: 300 }, (_, number) => come(number));
  await settled();
  expect(begun.length).toBeGreaterThan(0);
  expect(begun.length).toBeLessThan(20);
  for (let turns = 0; turns < 100; turns += 1) await settled();
  const atOnce = begun.length;
  expect(atOnce).toBeLessThan(100);
  ends.shift()?.();
  for (let turns = 0; turns < 3; turns += 1) await settled();
  expect(begun).toHaveLength(atOnce + 1);
  while (ends.length > 0) {
    ends.shift()?.();
    await settled();
  }
  expect(await Promise.all(all)).toEqual(Array(300).fill(null));
  expect(begun).toEqual(Array.from({ length: 300 }, (_, number) => number));
});

it('One that fails makes room like any other', async () => {
  const { queue, begun, come } = returns();
  const failures = Array.from({ length: 200 }, () =>
    queue.inTurn(true, () => Promise.reject(new Error('The disk is full.'))).catch(({ message }) => message),
  );
  expect(await Promise.all(failures)).toEqual(Array(200).fill('The disk is full.'));
  void come(0);
  await settled();
  expect(begun).toEqual([0]);
});

it('Somebody who would wait for longer than a client waits for an answer is told when to try again', async () => {
  const { state, queue, come } = returns();
  for (let number = 0; number < 100; number += 1) void come(number);
  await settled();
  state.now = 17_300;
  expect(queue.oldestMs).toBe(17_300);
  expect(await come(100)).toEqual({ refused: 'BUSY_TRY_AGAIN', details: { retryAfter: 18 } });
});

it('A client that cannot be told when to try again waits for its turn', async () => {
  const { state, begun, ends, come } = returns();
  for (let number = 0; number < 100; number += 1) void come(number);
  await settled();
  state.now = 60_000;
  const granted = come(100, false);
  for (let at = 0; at <= 100; at += 1) {
    while (ends.length <= at) await settled();
    ends[at]?.();
  }
  expect(await granted).toBeNull();
  expect(begun).toContain(100);
});

it('While a herd connects, fewer begin in a turn, and as many as before when it is over', async () => {
  const { state, begun, come } = returns();
  for (let number = 0; number < 60; number += 1) void come(number);
  await settled();
  const aTurn = begun.length;
  state.isHerd = true;
  for (let turns = 0; turns < 8; turns += 1) await settled();
  const inHerd = begun.length - aTurn;
  expect(inHerd).toBeGreaterThan(0);
  expect(inHerd).toBeLessThan(aTurn);
  state.isHerd = false;
  await settled();
  expect(begun.length - inHerd).toBe(2 * aTurn);
});

it('Somebody who has waited for long makes room for a herd no more', async () => {
  const { state, begun, come } = returns();
  state.isHerd = true;
  for (let number = 0; number < 60; number += 1) void come(number);
  for (let turns = 0; turns < 8; turns += 1) await settled();
  const before = begun.length;
  state.now = 6_000;
  for (let turns = 0; turns < 8; turns += 1) await settled();
  expect(begun.length).toBe(before + 8);
});
