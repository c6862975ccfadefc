import { locale } from '../language.ts';
import { fromNow } from './format.ts';

interface TimeProps {
  /** ms since the epoch */
  at: number;
  now: number;
  /** Puts it into a sentence. */
  before?: (ago: string) => string;
}

/** A time by how long ago it was; its date and hour show when somebody points at it. */
export function Time({ at, now, before = (ago) => ago }: TimeProps) {
  const date = new Date(at);
  return (
    <time dateTime={date.toISOString()} title={date.toLocaleString(locale())}>
      {before(fromNow(at, now))}
    </time>
  );
}
