import { expect, it } from 'vitest';
import { fullPace, nextPace, type Pace, type Quality } from '../../src/recorder/pace.ts';

const calm: Quality = { roundTripMs: 40, loss: 0 };
const after = (pace: Pace, count: number, quality: Quality) =>
  Array.from({ length: count }).reduce<Pace>((last) => nextPace(last, { bob: quality, eve: calm }), pace);

it('The upload has all of the time in a call that is well, and without a call', () => {
  expect(after(fullPace, 20, calm).share).toBe(1);
  const slow = after(fullPace, 1, { roundTripMs: 40, loss: 0.2 });
  expect(slow.share).toBe(0.5);
  expect(nextPace(slow, {}).share).toBe(1);
});

it('It halves with every measurement of loss, or of a round trip that grows, down to a sixteenth', () => {
  for (const bad of [
    { roundTripMs: 40, loss: 0.06 },
    { roundTripMs: 181, loss: 0 },
  ]) {
    const shares = [1, 2, 3, 4, 5, 9].map(
      (count) => after(nextPace(fullPace, { bob: calm, eve: calm }), count, bad).share,
    );
    expect(shares).toEqual([1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 16, 1 / 16]);
  }
});

it('A long way to a participant does not slow it, as long as it grows no longer', () => {
  expect(after(fullPace, 9, { roundTripMs: 600, loss: 0.02 }).share).toBe(1);
  expect(
    nextPace(after(fullPace, 9, { roundTripMs: 600, loss: 0 }), { bob: { roundTripMs: 1400, loss: 0 } }).share,
  ).toBe(0.5);
});

it('It doubles after five calm measurements, and a bad one between them begins the count anew', () => {
  const slow = after(nextPace(fullPace, { bob: calm, eve: calm }), 4, { roundTripMs: 40, loss: 0.5 });
  expect([4, 5, 9, 10, 20].map((count) => after(slow, count, calm).share)).toEqual([1 / 16, 1 / 8, 1 / 8, 1 / 4, 1]);
  const interrupted = after(after(slow, 4, calm), 1, { roundTripMs: 40, loss: 0.5 });
  expect(after(interrupted, 4, calm).share).toBe(1 / 16);
});
