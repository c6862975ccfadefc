import { locale } from '../language.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How far a time is from now, in words: `5 minutes ago`, `in 2 hours`. @param at, now ms since the epoch */
export function fromNow(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000);
  const size = Math.abs(seconds);
  const relative = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' });
  if (size < 5) return relative.format(0, 'second');
  if (size < MINUTE) return relative.format(seconds, 'second');
  if (size < HOUR) return relative.format(Math.round(seconds / MINUTE), 'minute');
  if (size < DAY) return relative.format(Math.round(seconds / HOUR), 'hour');
  return relative.format(Math.round(seconds / DAY), 'day');
}

/** An amount of memory: `120 MB`. */
export function megabytes(bytes: number): string {
  return new Intl.NumberFormat(locale(), { style: 'unit', unit: 'megabyte' }).format(Math.round(bytes / 1_000_000));
}
