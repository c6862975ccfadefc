import { Counts } from '../limits/counts.ts';
import { type Refusal, refuse } from '../protocol/errors.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Of each kind, of which at least half are remembered. bcrypt at its default cost lets about 40 PINs be tried in a
 * second, so that to have a count forgotten takes 20 minutes of all that the server can check.
 */
const MOST_COUNTS = 100_000;

export interface AttemptLimits {
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
  /** Counts an invitation that is none, and tells whether the address may go on with them; null means yes. */
  brokenLink(address: string): Promise<Refusal<'RATE_LIMITED'> | null>;
}

/** @param now the clock, in ms since the epoch */
export function createAttempts(limits: AttemptLimits, now: () => number): Attempts {
  const perAddress = new Counts(MOST_COUNTS, HOUR, now);
  const lockouts = new Counts(MOST_COUNTS, DAY, now);
  const perWorkspace = new Counts(MOST_COUNTS, HOUR, now);
  const broken = new Counts(MOST_COUNTS, MINUTE, now);

  const place = (invitation: string, address: string) => `${invitation}|${address}`;
  const secondsTo = (time: number) => Math.max(1, Math.ceil((time - now()) / SECOND));

  return {
    async mayGuess(invitation, address) {
      const counts = [
        { used: perAddress.get(place(invitation, address)), allowed: limits.perAddress },
        { used: perWorkspace.get(invitation), allowed: limits.perWorkspaceAndHour },
      ];
      const waits = counts.flatMap(({ used, allowed }) =>
        used && used.count >= allowed ? [secondsTo(used.until)] : [],
      );
      return waits.length === 0 ? null : refuse('LOCKED_OUT', { retryAfter: Math.max(...waits) });
    },

    async wrongPin(invitation, address) {
      const key = place(invitation, address);
      perWorkspace.add(invitation);
      const { count } = perAddress.add(key);
      if (count < limits.perAddress) return;
      const { count: times } = lockouts.add(key);
      perAddress.begin(key, limits.perAddress, Math.min(HOUR, limits.lockoutSeconds * SECOND * 2 ** (times - 1)));
    },

    async rightPin(invitation, address) {
      perAddress.delete(place(invitation, address));
    },

    async brokenLink(address) {
      const { count, until } = broken.add(address);
      if (count <= limits.brokenLinksPerMinute) return null;
      return refuse('RATE_LIMITED', { retryAfter: secondsTo(until) });
    },
  };
}
