import { RateLimiterMemory } from 'rate-limiter-flexible';
import { type Refusal, refuse } from '../protocol/errors.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;

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

export function createAttempts(limits: AttemptLimits): Attempts {
  const perAddress = new RateLimiterMemory({ keyPrefix: 'pin', points: limits.perAddress, duration: HOUR });
  const lockouts = new RateLimiterMemory({ keyPrefix: 'lockout', points: Number.MAX_SAFE_INTEGER, duration: DAY });
  const perWorkspace = new RateLimiterMemory({
    keyPrefix: 'workspace',
    points: limits.perWorkspaceAndHour,
    duration: HOUR,
  });
  const broken = new RateLimiterMemory({ keyPrefix: 'broken', points: limits.brokenLinksPerMinute, duration: 60 });

  const place = (invitation: string, address: string) => `${invitation}|${address}`;

  return {
    async mayGuess(invitation, address) {
      const counts = [
        { used: await perAddress.get(place(invitation, address)), allowed: limits.perAddress },
        { used: await perWorkspace.get(invitation), allowed: limits.perWorkspaceAndHour },
      ];
      const waits = counts.flatMap(({ used, allowed }) =>
        used && used.consumedPoints >= allowed ? [Math.ceil(used.msBeforeNext / 1000)] : [],
      );
      return waits.length === 0 ? null : refuse('LOCKED_OUT', { retryAfter: Math.max(1, ...waits) });
    },

    async wrongPin(invitation, address) {
      const key = place(invitation, address);
      await perWorkspace.penalty(invitation);
      const { consumedPoints } = await perAddress.penalty(key);
      if (consumedPoints < limits.perAddress) return;
      const { consumedPoints: times } = await lockouts.penalty(key);
      await perAddress.block(key, Math.min(HOUR, limits.lockoutSeconds * 2 ** (times - 1)));
    },

    async rightPin(invitation, address) {
      await perAddress.delete(place(invitation, address));
    },

    async brokenLink(address) {
      const { consumedPoints, msBeforeNext } = await broken.penalty(address);
      if (consumedPoints <= limits.brokenLinksPerMinute) return null;
      return refuse('RATE_LIMITED', { retryAfter: Math.max(1, Math.ceil(msBeforeNext / 1000)) });
    },
  };
}
