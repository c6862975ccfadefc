import { expect, it } from 'vitest';
import { CommandRate } from '../../../src/server/transport/command-rate.ts';

const taken = (rate: CommandRate, now: number, attempts = 100) =>
  Array.from({ length: attempts }, () => rate.take(now)).filter((missing) => missing === 0).length;

it('A second’s worth may come at once, and as many again after a second', () => {
  const rate = new CommandRate(10);
  expect(taken(rate, 1_000)).toBe(10);
  expect(rate.take(1_000)).toBe(100);
  expect(taken(rate, 1_500)).toBe(5);
  expect(taken(rate, 2_500)).toBe(10);
});

it('Commands that are taken in any case leave no place for others', () => {
  const rate = new CommandRate(10);
  for (let n = 0; n < 50; n += 1) rate.count(1_000);
  expect(taken(rate, 1_000)).toBe(0);
  expect(taken(rate, 1_500)).toBe(5);
});

it.each([2_000, 10_000, 86_400_000])('The limit is the same when the clock goes back by %i ms', (step) => {
  const rate = new CommandRate(10);
  const now = 1e12;
  expect(taken(rate, now)).toBe(10);
  expect(taken(rate, now - step)).toBe(10);
  expect(rate.take(now - step)).toBe(100);
  rate.count(now - 2 * step);
  expect(taken(rate, now - 2 * step)).toBe(9);
});
