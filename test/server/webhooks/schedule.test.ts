import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { delayAfter, readRetryAfter } from '../../../src/server/webhooks/schedule.ts';

const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];
const now = Date.parse('2026-03-01T12:00:00Z');

describe('The time to the next attempt', () => {
  it('grows from 5 seconds to a day, and after ten attempts there is none', () => {
    const middle = Array.from({ length: 11 }, (_, failures) => delayAfter(failures + 1, null, 0.5));
    const hours = [2, 5, 10, 14, 20, 24].map((each) => each * HOUR);
    expect(middle).toEqual([5 * SECOND, 5 * MINUTE, 30 * MINUTE, ...hours, null, null]);
  });

  it('is a fifth shorter or longer at the most, and reaches both', () => {
    const failures = fc.integer({ min: 1, max: 9 });
    const random = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(failures, random, (count, chance) => {
        const middle = delayAfter(count, null, 0.5) ?? 0;
        const delay = delayAfter(count, null, chance) ?? 0;
        expect(delay).toBeGreaterThanOrEqual(middle * 0.8);
        expect(delay).toBeLessThanOrEqual(middle * 1.2);
      }),
    );
    expect([delayAfter(1, null, 0), delayAfter(1, null, 1)]).toEqual([4 * SECOND, 6 * SECOND]);
  });

  it('is what the receiver asks for instead, while there are attempts left', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: SECOND, max: HOUR }), (failures, retryAfter) => {
        expect(delayAfter(failures, retryAfter)).toBe(retryAfter);
      }),
    );
    expect(delayAfter(10, SECOND)).toBeNull();
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120 * SECOND],
    [' 7 ', 7 * SECOND],
    ['3600', HOUR],
    ['86400', HOUR],
    ['9'.repeat(400), HOUR],
    ['0', SECOND],
    ['Sun, 01 Mar 2026 12:10:00 GMT', 10 * MINUTE],
    ['Sunday, 01-Mar-26 12:10:00 GMT', 10 * MINUTE],
    ['Sun Mar  1 12:10:00 2026', 10 * MINUTE],
    ['Sun, 01 Mar 2026 11:00:00 GMT', SECOND],
    ['Sun, 01 Mar 2037 12:00:00 GMT', HOUR],
  ])('%s is read', (header, expected) => {
    expect(readRetryAfter(header, now)).toBe(expected);
  });

  it.each([undefined, '', 'soon', '-5', '1.5', '5 minutes', '2026-03-01T12:10:00Z', 'Sun, 99 Foo 2026', 'Infinity'])(
    '%s is no time',
    (header) => {
      expect(readRetryAfter(header, now)).toBeNull();
    },
  );

  it('is null or from a second to an hour, whatever a receiver sends', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const wait = readRetryAfter(header, now);
        expect(wait === null || (wait >= SECOND && wait <= HOUR)).toBe(true);
      }),
    );
  });
});
