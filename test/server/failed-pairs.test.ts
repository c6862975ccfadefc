import { expect, it } from 'vitest';
import { FailedPairs } from '../../src/server/failed-pairs.ts';

it('Of the pairs that failed, the latest 200 are remembered', () => {
  const pairs = new FailedPairs();
  for (let n = 0; n < 1000; n += 1) {
    pairs.note({ workspace: '_w', attendee: `_${n}`, peer: '_p', state: 'failed', reason: 'no-route' }, n);
  }
  expect(pairs.list().map(({ at }) => at)).toEqual(Array.from({ length: 200 }, (_, n) => 999 - n));
});
