import { type Limit, type Refusal, refuseBy } from '../../protocol/errors.ts';
import type { CounterOf } from '../collections/counters.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Beyond so many counts the older half is forgotten, where they take memory of this process. */
const MOST_COUNTS = 100_000;

/** Counts one more event of a key. @returns null, or the refusal where the key had too many of them in this minute */
export type MinuteLimit = (key: string) => Promise<Refusal<'RATE_LIMITED'> | null>;

/**
 * Bounds how often something may happen in a minute, for each key. A key's minute begins with its first event; all that
 * it may have can come at once.
 * @param options `name`: the name of its counter; `limit`: the setting that says how often; `perMinute`: how often;
 *   `message`: the sentence of the refusal
 * @param counterOf makes the counter, in this process or in Redis
 * @param now the clock, in ms since the epoch
 */
export function minuteLimit(
  { name, limit, perMinute, message }: { name: string; limit: Limit; perMinute: number; message?: string },
  counterOf: CounterOf,
  now: () => number,
): MinuteLimit {
  const counter = counterOf(name, MOST_COUNTS, MINUTE);
  return async (key) => {
    const { count, until } = await counter.add(key);
    if (count <= perMinute) return null;
    return refuseBy(limit, 'RATE_LIMITED', { retryAfter: secondsTo(until, now()) }, message);
  };
}

/** The seconds until a time, for `retryAfter`: whole ones, and one at least. @param time, now ms since the epoch */
export function secondsTo(time: number, now: number): number {
  return Math.max(1, Math.ceil((time - now) / SECOND));
}
