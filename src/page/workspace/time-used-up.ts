import { CommandError } from '../../client/errors.ts';
import { Observable } from '../../client/observable.ts';
import { attempt } from '../announcements.ts';

/** Whether the time for the calls of the workspace is used up: the server said so when the owner rang last. */
export const isTimeUsedUp = new Observable(false);

/** Waits for a ring, and announces its error. Where the time is used up, the owner is asked for more instead. */
export function attemptRing(ring: Promise<void>): Promise<void> {
  const orAsk = async () => {
    try {
      await ring;
      isTimeUsedUp.set(false);
    } catch (error) {
      if (!(error instanceof CommandError && error.code === 'TIME_OVER')) throw error;
      isTimeUsedUp.set(true);
    }
  };
  return attempt(orAsk());
}
