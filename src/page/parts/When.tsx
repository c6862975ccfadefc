import { dayAndTime } from '../time-of-day.ts';

/** A time for people and for machines. @param at ms since the epoch, @param text how the page says it: `since 14:05` */
export function When({ at, text = (time) => time }: { at: number; text?: (time: string) => string }) {
  return <time dateTime={new Date(at).toISOString()}>{text(dayAndTime(at))}</time>;
}
