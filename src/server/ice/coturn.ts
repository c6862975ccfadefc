import { createHmac } from 'node:crypto';
import { type IceProvider, toIceServers } from './provider.ts';

/** @see coturnProvider */
interface CoturnOptions {
  /** The relay's addresses, `turn:` or `turns:` (RFC 7065). */
  urls: readonly string[];
  /** coturn's `static-auth-secret`. */
  secret: string;
  /**
   * How long credentials are good for, in seconds. coturn asks for them when a relay is allocated: calls outlive them.
   */
  ttlSeconds: number;
  /** The time in milliseconds since 1970. */
  now: () => number;
  /** Empty or left out: the relays themselves, which answer STUN too. */
  stunUrls?: readonly string[] | undefined;
}

/**
 * A coturn of one's own, started with `use-auth-secret`. The server computes credentials from a secret that both sides
 * know, so it sends no request and nothing can fail (draft-uberti-behave-turn-rest-00).
 *
 * The user name is the second in which it expires, and the attendee for whom it was made, so that the relay's log shows
 * which attendee used it.
 */
export function coturnProvider({ urls, secret, ttlSeconds, now, stunUrls }: CoturnOptions): IceProvider {
  const stun = () => toIceServers([{ urls: stunUrls?.length ? stunUrls : stunOf(urls) }]);
  return {
    stun,
    servers: async (attendeeId) => {
      const username = `${Math.floor(now() / 1000) + ttlSeconds}:${attendeeId}`;
      const credential = createHmac('sha1', secret).update(username).digest('base64');
      return [...stun(), ...toIceServers([{ urls, username, credential }])];
    },
  };
}

/** `turns:` is left out: its port expects TLS, and browsers ask STUN in the clear. */
function stunOf(urls: readonly string[]): string[] {
  const hosts = urls.flatMap((url) => /^turn:([^?]+)/i.exec(url)?.[1] ?? []);
  return [...new Set(hosts)].map((host) => `stun:${host}`);
}
