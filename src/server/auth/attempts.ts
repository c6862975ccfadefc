import { type Limit, type Refusal, refuseBy } from '../../protocol/errors.ts';
import type { Count, CounterOf } from '../collections/counters.ts';
import { minuteLimit, secondsTo } from './minute-limit.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Each counter holds no more counts than this, and never drops the latest half. bcrypt at its default cost checks about
 * 40 PINs a second, so an attacker needs all checks of 20 minutes to push one count out.
 */
const MOST_COUNTS = 100_000;

interface AttemptLimits {
  /** Wrong PINs from one address before it is locked out of a workspace. */
  perAddress: number;
  /** Seconds of the first lock-out; each further one within a day is twice as long, up to an hour. */
  lockoutSeconds: number;
  /** Wrong PINs for one workspace in an hour, whatever the number of addresses. */
  perWorkspaceAndHour: number;
  /** Broken links from one address in a minute: they cost as much to refuse as a wrong PIN. */
  brokenLinksPerMinute: number;
}

/** Counts wrong PINs, so that guessing does not pay. Owners come back with their access token and never need it. */
export interface Attempts {
  /** Whether an address may try the PIN of an invitation now; null means yes. */
  mayGuess(invitation: string, address: string): Promise<Refusal<'LOCKED_OUT'> | null>;
  wrongPin(invitation: string, address: string): Promise<void>;
  rightPin(invitation: string, address: string): Promise<void>;
  /** Counts a broken invitation. @returns null where the address may go on with them */
  brokenLink(address: string): Promise<Refusal<'RATE_LIMITED'> | null>;
}

/**
 * @param counterOf makes the counters, in this process or in Redis
 * @param now the clock, in ms since the epoch
 */
export function createAttempts(limits: AttemptLimits, counterOf: CounterOf, now: () => number): Attempts {
  const perAddress = counterOf('wrong-pins', MOST_COUNTS, HOUR);
  const lockouts = counterOf('lockouts', MOST_COUNTS, DAY);
  const perWorkspace = counterOf('wrong-pins-of-all', MOST_COUNTS, HOUR);
  const brokenLink = minuteLimit(
    { name: 'broken-links', limit: 'broken_links_per_minute', perMinute: limits.brokenLinksPerMinute },
    counterOf,
    now,
  );

  const place = (invitation: string, address: string) => `${invitation}|${address}`;

  return {
    async mayGuess(invitation, address) {
      const [ofAddress, ofWorkspace] = await Promise.all([
        perAddress.get(place(invitation, address)),
        perWorkspace.get(invitation),
      ]);
      const counts: { limit: Limit; used: Count | null; allowed: number }[] = [
        { limit: 'pin_attempts', used: ofAddress, allowed: limits.perAddress },
        { limit: 'pin_attempts_per_hour', used: ofWorkspace, allowed: limits.perWorkspaceAndHour },
      ];
      const waits = counts.flatMap(({ limit, used, allowed }) =>
        used && used.count >= allowed ? [{ limit, seconds: secondsTo(used.until, now()) }] : [],
      );
      const [longest] = waits.sort((one, other) => other.seconds - one.seconds);
      return longest ? refuseBy(longest.limit, 'LOCKED_OUT', { retryAfter: longest.seconds }) : null;
    },

    async wrongPin(invitation, address) {
      const key = place(invitation, address);
      const [{ count }] = await Promise.all([perAddress.add(key), perWorkspace.add(invitation)]);
      if (count < limits.perAddress) return;
      const { count: times } = await lockouts.add(key);
      await perAddress.begin(key, limits.perAddress, Math.min(HOUR, limits.lockoutSeconds * SECOND * 2 ** (times - 1)));
    },

    async rightPin(invitation, address) {
      await perAddress.delete(place(invitation, address));
    },

    brokenLink,
  };
}
