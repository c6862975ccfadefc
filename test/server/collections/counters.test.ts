import { expect, it } from 'vitest';
import { BoundedCounter } from '../../../src/server/collections/counters.ts';

it('A count is forgotten together with its first', () => {
  let now = 1000;
  const counts = new BoundedCounter(10, 100, () => now);
  expect(counts.add('a')).toEqual({ count: 1, until: 1100 });
  now += 99;
  expect(counts.add('a')).toEqual({ count: 2, until: 1100 });
  expect(counts.get('a')).toEqual({ count: 2, until: 1100 });
  now += 1;
  expect(counts.get('a')).toBeNull();
  expect(counts.add('a')).toEqual({ count: 1, until: 1200 });
});

it('A count can begin anew with another number and time, and be deleted', () => {
  let now = 1000;
  const counts = new BoundedCounter(10, 1000, () => now);
  counts.add('a');
  counts.begin('a', 5, 600);
  now += 500;
  expect(counts.add('a')).toEqual({ count: 6, until: 1600 });
  counts.delete('a');
  expect(counts.get('a')).toBeNull();
});

it('No count is forgotten before its time while there are few', () => {
  let now = 1000;
  const counts = new BoundedCounter(10, 100, () => now);
  counts.add('a');
  for (; now < 1100; now += 1) {
    expect(counts.get('a')).not.toBeNull();
    counts.add('b');
  }
});

it('Beyond the bound the older half is forgotten', () => {
  const counts = new BoundedCounter(4, 100, () => 1000);
  for (const key of ['a', 'b', 'c', 'd']) counts.add(key);
  const remembered = () => ['a', 'b', 'c', 'd', 'e'].filter((key) => counts.get(key));
  expect(remembered()).toEqual(['a', 'b', 'c', 'd']);
  counts.add('e');
  expect(remembered()).toEqual(['c', 'd', 'e']);
});
