import { createHmac } from 'node:crypto';
import pLimit from 'p-limit';
import { type Refusal, refuse, refuseBy } from '../../protocol/errors.ts';
import type { Durations } from '../collections/durations.ts';
import { PinThreads } from './pin-threads.ts';

export interface Pins {
  /** The hash to keep with a workspace. */
  hash(workspaceId: string, pin: string): Promise<string | Refusal<'BUSY_TRY_AGAIN'>>;
  /**
   * Whether a PIN opens a workspace. `hash` null, where there is nothing to compare with, takes just as long.
   * @param guess `may`: called when the check's turn has come; an answer other than null is the result. `wrong`: called
   *   with a wrong PIN, before the next check's turn
   */
  check<Codes extends Refusal>(
    workspaceId: string,
    pin: string,
    hash: string | null,
    guess: { may: () => Promise<Codes | null>; wrong?: () => Promise<void> },
  ): Promise<boolean | Codes | Refusal<'BUSY_TRY_AGAIN'>>;
  /** Refuses the checks that wait, and all later ones. Waits for the checks under way. */
  close(): Promise<void>;
}

export interface PinOptions {
  /** SALT_STRING */
  salt: string;
  delimiter: string;
  /** bcrypt's cost: the time doubles with each. */
  cost: number;
  /** How many checks run at once, each in a thread. */
  atOnce: number;
  /** How many checks may wait for their turn. */
  waiting: number;
  /** Gets how long each check took, with the time that it waited. */
  durations?: Durations;
}

/**
 * PINs as bcrypt hashes of a keyed hash. bcrypt reads 72 bytes at most and stops at a zero byte; the keyed hash in
 * base64 has 44 characters whatever the length of the PIN, and binds it to its workspace.
 */
export function createPins({ salt, delimiter, cost, atOnce, waiting, durations }: PinOptions): Pins {
  const limit = pLimit(atOnce);
  let closed = false;
  const threads = new PinThreads();
  const underWay = new Set<Promise<unknown>>();

  const digest = (workspaceId: string, pin: string) =>
    createHmac('sha256', salt).update(`${workspaceId}${delimiter}${pin}`, 'utf8').digest('base64');

  async function inTurn<Result>(
    places: number,
    task: () => Promise<Result>,
  ): Promise<Result | Refusal<'BUSY_TRY_AGAIN'>> {
    if (limit.pendingCount >= places) return refuseBy('pin_checks_waiting', 'BUSY_TRY_AGAIN');
    return limit(async () => {
      if (closed) return refuse('BUSY_TRY_AGAIN');
      const result = task();
      underWay.add(result);
      return result.finally(() => underWay.delete(result));
    });
  }

  return {
    // Anybody can create workspaces: a crowd that does must leave room for people who attend one.
    hash: (workspaceId, pin) => inTurn(Math.ceil(waiting / 2), () => threads.hash(digest(workspaceId, pin), cost)),
    check(workspaceId, pin, hash, guess) {
      const since = performance.now();
      return inTurn(waiting, async () => {
        const refusal = await guess.may();
        if (refusal) return refusal;
        // bcrypt compares by hashing, so this takes as long as a comparison.
        const isRight =
          hash === null
            ? await threads.hash(digest(workspaceId, pin), cost).then(() => false)
            : await threads.compare(digest(workspaceId, pin), hash);
        durations?.add((performance.now() - since) / 1000);
        if (!isRight) await guess.wrong?.();
        return isRight;
      });
    },
    async close() {
      closed = true;
      await Promise.allSettled(underWay);
      await threads.close();
    },
  };
}
