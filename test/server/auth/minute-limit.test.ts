import { expect, it } from 'vitest';
import { minuteLimit } from '../../../src/server/auth/minute-limit.ts';
import { boundedCounters } from '../../../src/server/collections/counters.ts';

it('A limit a minute lets all come at once, tells the rest how long to wait, and is over a minute after the first', async () => {
  let time = 1_000_000;
  const now = () => time;
  const limit = minuteLimit(
    { name: 'tests', limit: 'creates_per_minute', perMinute: 3, message: 'Too many.' },
    boundedCounters(now),
    now,
  );
  const three = await Promise.all(Array.from({ length: 4 }, () => limit('ann')));
  expect(three).toMatchObject([
    null,
    null,
    null,
    { refused: 'RATE_LIMITED', message: 'Too many.', details: { retryAfter: 60 } },
  ]);
  expect(await limit('bob')).toBeNull();
  time += 58_700;
  expect(await limit('ann')).toMatchObject({ details: { retryAfter: 2 } });
  time += 1_300;
  expect(await limit('ann')).toBeNull();
});
