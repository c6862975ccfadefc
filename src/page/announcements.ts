import { Observable } from '../client/observable.ts';
import { describeError } from './describe-error.ts';

interface Announcement {
  readonly id: number;
  readonly kind: 'event' | 'error';
  readonly text: string;
}

/** How long an announcement stays, in ms: long enough to read it twice. */
const SHOWN_FOR = { event: 6_000, error: 12_000 };
const MAX_SHOWN = 3;
let lastId = 0;

/** The latest events and errors. The page shows them for a while, and screen readers speak them. */
export const announcements = new Observable<readonly Announcement[]>([]);

/** Shows a text for a while. @returns its id, for `dismiss` */
export function announce(text: string, kind: Announcement['kind'] = 'event'): number {
  lastId += 1;
  const announcement = { id: lastId, kind, text };
  // The same once more is spoken again, and shown once.
  const others = announcements.value.filter((each) => each.text !== text);
  announcements.set([...others, announcement].slice(-MAX_SHOWN));
  setTimeout(() => dismiss(announcement.id), SHOWN_FOR[kind]);
  return announcement.id;
}

export function dismiss(id: number): void {
  announcements.set(announcements.value.filter((announcement) => announcement.id !== id));
}

/** Waits for a command, and announces its error. */
export async function attempt(command: Promise<void>): Promise<void> {
  try {
    await command;
  } catch (error) {
    announce(describeError(error), 'error');
  }
}
