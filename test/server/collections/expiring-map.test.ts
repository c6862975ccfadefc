import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ExpiringMap } from '../../../src/server/collections/expiring-map.ts';
import { ExpiringSet } from '../../../src/server/collections/expiring-set.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const LASTS_MS = 100;

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const step = fc.oneof(
  fc.record({ act: fc.constant('set' as const), key }),
  fc.record({ act: fc.constant('get' as const), key }),
  fc.record({ act: fc.constant('delete' as const), key }),
  fc.record({ act: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 250 }) }),
);

it('an entry is gone after twice its time, also where nobody looked in time', () => {
  const map = new ExpiringMap<number>({ lastsMs: LASTS_MS });
  map.set('a', 1);
  vi.advanceTimersByTime(LASTS_MS + 16);
  expect(map.get('a')).toBe(1);
  vi.advanceTimersByTime(LASTS_MS - 16);
  expect(map.get('a')).toBeUndefined();
});

it('an entry lasts its time, holds the latest value, and is gone before twice its time', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const map = new ExpiringMap<number>({ lastsMs: LASTS_MS });
      const latest = new Map<string, { value: number; at: number }>();
      for (const [value, each] of steps.entries()) {
        const now = performance.now();
        if (each.act === 'wait') vi.advanceTimersByTime(each.ms);
        else if (each.act === 'set') {
          map.set(each.key, value);
          latest.set(each.key, { value, at: now });
        } else if (each.act === 'delete') {
          map.delete(each.key);
          latest.delete(each.key);
        } else {
          const expected = latest.get(each.key);
          const age = now - (expected?.at ?? Number.NEGATIVE_INFINITY);
          if (age < LASTS_MS) expect(map.get(each.key)).toBe(expected?.value);
          else if (age >= 2 * LASTS_MS) expect(map.get(each.key)).toBeUndefined();
          else expect([undefined, expected?.value]).toContain(map.get(each.key));
        }
      }
      vi.advanceTimersByTime(2 * LASTS_MS);
      expect(map.isEmpty).toBe(true);
    }),
  );
});

it('a map with a bound never holds more, and the latest half of its entries never expires early', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 20 }), fc.array(fc.nat({ max: 50 })), (half, keys) => {
      const most = 2 * half;
      const map = new ExpiringMap<true>({ lastsMs: LASTS_MS, most });
      for (const [at, each] of keys.entries()) {
        map.set(String(each), true);
        const held = [...new Set(keys)].filter((one) => map.get(String(one)));
        expect(held.length).toBeLessThanOrEqual(most);
        const latest = keys.slice(Math.max(0, at + 1 - half), at + 1);
        for (const one of latest) expect(map.get(String(one)), `${one} of ${keys}`).toBe(true);
      }
    }),
  );
});

it('a step of the wall clock makes nothing expire', () => {
  vi.useFakeTimers({ toFake: ['performance', 'Date'] });
  const set = new ExpiringSet();
  set.add('a');
  vi.setSystemTime(Date.now() + 3_600_000);
  expect(set.has('a')).toBe(true);
  vi.setSystemTime(0);
  expect(set.has('a')).toBe(true);
});

it('an entry of a set lasts 10 s, and is gone after 20 s or when it is forgotten', () => {
  const set = new ExpiringSet();
  expect(set.isEmpty).toBe(true);
  set.add('a');
  set.add('b');
  set.forget('b');
  vi.advanceTimersByTime(9999);
  expect([set.has('a'), set.has('b'), set.isEmpty]).toEqual([true, false, false]);
  vi.advanceTimersByTime(10_001);
  expect([set.has('a'), set.isEmpty]).toEqual([false, true]);
});
