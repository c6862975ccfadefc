const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The time from each failed attempt to the next one, in ms. */
const delays = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;

/** So much earlier or later, so that what failed together does not come back together. */
const SPREAD = 0.2;

const LONGEST_RETRY_AFTER = HOUR;

/**
 * The time until a delivery is tried again, in ms; null where it is tried no more.
 * @param failures how many attempts of it have failed, 1 or more
 * @param retryAfter the wish of the receiver, from `readRetryAfter`
 * @param random from 0 to 1
 */
export function delayAfter(failures: number, retryAfter: number | null, random = Math.random()): number | null {
  const delay = delays[failures - 1];
  if (delay === undefined) return null;
  return retryAfter ?? Math.round(delay * (1 - SPREAD + 2 * SPREAD * random));
}

/** An HTTP date (RFC 9110, 5.6.7) begins with the day of the week. Date.parse takes much else, such as '12' and '-5'. */
const HTTP_DATE = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? /i;

/**
 * Reads `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.
 * @param now the clock on the wall, in ms since the epoch
 * @returns ms from now, a second at least and an hour at most; null where there is none or it cannot be read
 */
export function readRetryAfter(header: string | undefined, now: number): number | null {
  const text = header?.trim() ?? '';
  const wanted = /^\d+$/.test(text)
    ? Number(text) * SECOND
    : HTTP_DATE.test(text)
      ? Date.parse(text) - now
      : Number.NaN;
  return Number.isNaN(wanted) ? null : Math.min(Math.max(wanted, SECOND), LONGEST_RETRY_AFTER);
}
