import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Handshakes } from '../../../src/server/transport/handshakes.ts';

/** Handshakes of which each takes some ms of a clock that the test moves. */
function crowd(costMs: number) {
  const state = { now: 0 };
  const made: number[] = [];
  const handshakes = new Handshakes(() => state.now);
  const add = (number: number) => {
    const socket = new PassThrough();
    handshakes.add({ socket } as never, () => {
      made.push(number);
      state.now += costMs;
    });
    return socket;
  };
  const settle = async () => {
    while (handshakes.oldestMs > 0 || made.length === 0) await setImmediate();
  };
  return { state, made, handshakes, add, settle };
}

it('One turn of the event loop makes some handshakes, in their order, and leaves the others for the next', async () => {
  const { made, add } = crowd(1);
  for (let number = 0; number < 100; number += 1) add(number);
  await new Promise((resolve) => process.nextTick(resolve));
  for (let ticks = 0; ticks < 500; ticks += 1) await null;
  expect(made.length).toBeLessThan(100);
  while (made.length < 100) await setImmediate();
  expect(made).toEqual(Array.from({ length: 100 }, (_, number) => number));
});

it('When the wait is long, the newest and the oldest take turns: no newcomer waits for a whole herd, and nobody for ever', async () => {
  const { made, add, state, handshakes } = crowd(4);
  for (let number = 0; number < 1000; number += 1) add(number);
  state.now += 2000;
  expect(handshakes.oldestMs).toBeGreaterThanOrEqual(2000);
  const before = made.length;
  add(5000);
  while (!made.includes(5000)) await setImmediate();
  expect(made.indexOf(5000) - before).toBeLessThanOrEqual(2);
  while (made.length < 1001) await setImmediate();
  expect(made.toSorted((a, b) => a - b)).toEqual([...Array.from({ length: 1000 }, (_, number) => number), 5000]);
  expect(made.indexOf(2)).toBeLessThan(10);
  expect(handshakes.oldestMs).toBe(0);
});

it('A client that gives up while it waits costs nothing, and its error ends nothing', async () => {
  const { made, add } = crowd(4);
  add(0);
  const gone = add(1);
  add(2);
  gone.destroy(new Error('ECONNRESET'));
  while (!made.includes(2)) await setImmediate();
  expect(made).toEqual([0, 2]);
});

it('Many handshakes at once are a herd, until it is over', async () => {
  const { made, add, state, handshakes } = crowd(1);
  for (let number = 0; number < 5; number += 1) add(number);
  while (made.length < 5) await setImmediate();
  expect(handshakes.isHerd).toBe(false);
  for (let number = 5; number < 40; number += 1) add(number);
  while (made.length < 40) await setImmediate();
  expect(handshakes.isHerd).toBe(true);
  state.now += 200;
  expect(handshakes.isHerd).toBe(false);
});
