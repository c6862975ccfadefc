import type { Socket } from 'socket.io';
import { isRefusal, type Refusal } from '../../protocol/errors.ts';
import type { Claims, Tokens } from '../auth/tokens.ts';
import { SerialQueue } from '../collections/serial-queue.ts';
import type { SignedInUser } from '../users/user.ts';
import { CommandRate } from './command-rate.ts';

/** A client that reconnects with one token, and renews it at times, never has more than a few. */
const REMEMBERED_TOKENS = 8;

/** More than a mesh has people. */
const REMEMBERED_RECEIVERS = 50;

/** Engine.IO 3: a client of Socket.IO 2, which knows only the oldest notices. */
export function isLegacy(socket: Socket): boolean {
  return socket.conn.protocol === 3;
}

/** The connection of one client to Socket.IO, and what the server remembers of it while it lasts. */
export class Connection {
  readonly socket: Socket;
  readonly address: string;
  readonly legacy: boolean;
  readonly queue = new SerialQueue();
  readonly rate: CommandRate;
  /** The user who signed in; null for a guest. */
  user: SignedInUser | null = null;
  /** Whether a user ever signed in on it. */
  hasSignedIn = false;
  #alertedAt = Number.NEGATIVE_INFINITY;
  /** By which rules candidates were left out of what the client sent, by receiver; null for most connections. */
  #leftOut: Map<string, Set<string>> | null = null;
  /** Null for most connections, most of the time. */
  #verified: Map<string, Claims> | null = null;

  constructor(socket: Socket, address: string, commandsPerSecond: number) {
    this.socket = socket;
    this.address = address;
    this.legacy = isLegacy(socket);
    this.rate = new CommandRate(commandsPerSecond);
  }

  /** Whether it is time again to tell this client that it is too fast: once a second. */
  mayAlert(now: number): boolean {
    if (Math.abs(now - this.#alertedAt) < 1000) return false;
    this.#alertedAt = now;
    return true;
  }

  /** Candidates of this client were left out. @param to the attendee that does not get them @param rules by which */
  noteLeftOut(to: string, rules: readonly string[]): void {
    this.#leftOut ??= new Map();
    const known = this.#leftOut.get(to) ?? new Set();
    for (const rule of rules) known.add(rule);
    this.#leftOut.delete(to);
    this.#leftOut.set(to, known);
    const [oldest = to] = this.#leftOut.keys();
    if (this.#leftOut.size > REMEMBERED_RECEIVERS) this.#leftOut.delete(oldest);
  }

  /** The rules by which candidates were left out of what this client has sent to an attendee. */
  leftOutFor(to: string): string[] {
    return [...(this.#leftOut?.get(to) ?? [])];
  }

  /** The claims of an access token. Verifies its signature once a connection, and its expiry each time. */
  claims(token: string, tokens: Tokens, now: number): Claims | Refusal<'INVALID_TOKEN' | 'TOKEN_EXPIRED'> {
    const known = this.#verified?.get(token);
    if (known && known.expiresAt > now) return known;
    const claims = tokens.readAccess(token, now);
    if (isRefusal(claims)) return claims;
    if (!this.#verified || this.#verified.size >= REMEMBERED_TOKENS) this.#verified = new Map();
    this.#verified.set(token, claims);
    return claims;
  }

  /** The claims of a token that this connection has verified before; it may have expired since. */
  verified(token: unknown): Claims | undefined {
    return typeof token === 'string' ? this.#verified?.get(token) : undefined;
  }
}
