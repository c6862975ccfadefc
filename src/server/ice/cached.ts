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
  /** How long a failure is remembered, in milliseconds. */
  retryAfterMs?: number | undefined;
}

/**
 * Shares one fetch among all who ask. Shortly before credentials expire they are renewed in the
 * background, while everybody still gets the current ones; only who finds nothing valid waits.
 *
 * A failure is remembered for a while, so that a broken account is not asked on every attend. It shows
 * only once there is nothing valid left to serve.
 *
 * @throws whatever `fetch` rejects with, also for those who ask while it is remembered
 */
export function cached(
  fetch: () => Promise<Lease>,
  { now, marginMs, retryAfterMs = 5000 }: CacheOptions,
): () => Promise<IceServer[]> {
  let current: (Lease & { renewAt: number }) | undefined;
  let failure: { error: unknown; until: number } | undefined;
  let running: Promise<Lease> | undefined;

  const renew = async (): Promise<Lease> => {
    const start = now();
    try {
      const lease = await fetch();
      // A margin longer than the life itself would renew on every call.
      current = { ...lease, renewAt: Math.max(lease.expiresAt - marginMs, (start + lease.expiresAt) / 2) };
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
      // Nobody may be waiting for it; whoever is gets the rejection from the promise itself.
      running.catch(() => {});
    }
    return valid ? valid.servers : (await running).servers;
  };
}
