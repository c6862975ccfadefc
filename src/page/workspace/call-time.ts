import type { ClientEventOf } from '../../client/mesh-client.ts';
import type { CallState } from '../../client/state.ts';
import { strings } from '../strings.ts';

const SECOND = 1000;

/** A call that ends within this time, ms, says so all the time. */
const SOON_MS = 300 * SECOND;

/** For how long the participants have been connected, in seconds. @param now by the clock of the server, ms */
export function elapsed({ connectedAt }: CallState, now: number): number {
  // The first estimate of the server's clock may be behind.
  return connectedAt === null ? 0 : Math.max(0, Math.floor((now - connectedAt) / SECOND));
}

/** The seconds until the end of a call, rounded up: 0 is the end. @param now by the clock of the server, ms */
export function secondsUntil(endsAt: number, now: number): number {
  return Math.max(0, Math.ceil((endsAt - now) / SECOND));
}

/** Whether a call ends soon. @param now by the clock of the server, ms */
export function isEndingSoon({ endsAt }: CallState, now: number): boolean {
  return endsAt !== null && endsAt - now <= SOON_MS;
}

/** The sentence that says when a call ends now. @param now by the clock of the server, ms */
export function describeNewEnd({ endsAt, former }: Omit<ClientEventOf<'call-extended'>, 'type'>, now: number): string {
  const { unlimited, limited, extended, shortened } = strings.events;
  if (endsAt === null) return unlimited;
  const left = secondsUntil(endsAt, now);
  if (former === null) return limited(left);
  return endsAt < former ? shortened(left) : extended(left);
}
