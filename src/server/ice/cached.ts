import type { IceServer } from './provider.ts';

/** Credentials and the time, in milliseconds since 1970, from which they are refused. */
export interface Lease {
  servers: IceServer[];
  expiresAt: number;
}

/** @see cached */
interface CacheOptions {
  /** The time in milliseconds since 1970. */
  now: () => number;
  /** How long before they expire credentials are renewed, in milliseconds; no more than half of their life. */
  marginMs: number;
  /**
   * How long credentials have to be good for, in milliseconds, no more than half of their life: for a caller of shorter ones a
   * renewal is waited for.
   */
  enoughMs?: number | undefined;
  /** How long a failure is remembered, in milliseconds. */
  retryAfterMs?: number | undefined;
}

/**
 * Shares one fetch among all callers. Shortly before credentials expire, it renews them in the background, and callers
 * still get the current ones. A caller waits only when no credentials are valid for long enough.
 *
 * It remembers a failure for a while, so that not every attend asks a broken account again. Callers see the failure
 * only once no credentials are valid.
 *
 * @throws the rejection of `fetch`, also for callers that come while it is remembered
 */
export function cached(
  fetch: () => Promise<Lease>,
  { now, marginMs, enoughMs = 0, retryAfterMs = 5000 }: CacheOptions,
): () => Promise<IceServer[]> {
  let current: (Lease & { renewAt: number; enoughUntil: number }) | undefined;
  let failure: { error: unknown; until: number } | undefined;
  let running: Promise<Lease> | undefined;

  const renew = async (): Promise<Lease> => {
    const start = now();
    try {
      const lease = await fetch();
      // A margin longer than the life itself would renew on every call.
      const last = (ms: number) => Math.max(lease.expiresAt - ms, (start + lease.expiresAt) / 2);
      current = { ...lease, renewAt: last(marginMs), enoughUntil: last(enoughMs) };
      failure = undefined;
      return lease;
    } catch (error) {
      failure = { error, until: now() + retryAfterMs };
      throw error;
    }
  };

  return async () => {
    const time = now();
    const valid = current !== undefined && time < current.expiresAt ? current : undefined;
    if (valid && time < valid.renewAt) return valid.servers;
    if (!running) {
      if (failure && time < failure.until) {
        if (valid) return valid.servers;
        throw failure.error;
      }
      running = renew().finally(() => {
        running = undefined;
      });
      // Perhaps no caller waits for it. A caller that does gets the rejection from the promise itself.
      running.catch(() => {});
    }
    if (!valid) return (await running).servers;
    return time <= valid.enoughUntil ? valid.servers : (await running.catch(() => valid)).servers;
  };
}
