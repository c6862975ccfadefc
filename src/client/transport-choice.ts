import { readStored, type StoragePlace, writeStored } from './storage.ts';

/**
 * How a connection begins. 'websocket': with WebSocket, or by polling where WebSocket is refused. 'upgrade': by polling,
 * until WebSocket has carried a message there and back. 'polling': by polling alone.
 */
type Beginning = 'websocket' | 'upgrade' | 'polling';

/** A way around WebSocket, and the time until which it is remembered, in ms since the epoch. */
interface Memory {
  readonly beginning: Beginning;
  readonly until: number;
}

/** A way around WebSocket is remembered for this many ms: one day. After that WebSocket gets another chance. */
const REMEMBERED_FOR = 24 * 60 * 60_000;
/** A WebSocket that carried messages for this many ms works; one that falls silent sooner does not. */
const PROVEN_AFTER = 90_000;
/** An attempt has this many ms. A network that has carried a WebSocket before gets longer: its server may be busy. */
const LIMITS = { untried: 6_000, proven: 12_000, polling: 20_000 };

/**
 * Chooses between WebSocket and polling. Some proxies accept a WebSocket and carry nothing, so that it neither works nor
 * fails. Silence may also mean a busy server or a lost network, so it leads only to a way on which WebSocket takes over
 * again by itself, and only polling that works is remembered.
 */
export class TransportChoice {
  readonly #place: StoragePlace | null;
  readonly #key: string;
  #remembered: Memory | null;
  /** The beginning of the next attempt, if it differs from the usual one. */
  #next: Beginning | null = null;
  #current: Beginning = 'websocket';
  #isProven = false;

  /** @param place remembers the way around WebSocket; null: nothing outlives the page. @param server its origin */
  constructor(place: StoragePlace | null, server: string) {
    this.#place = place;
    this.#key = `mesh-workspaces.transport.${server}`;
    this.#remembered = toMemory(readStored(place, this.#key));
  }

  /** Begins an attempt. @returns the transports of Engine.IO in their order, and the ms that the attempt has */
  begin(): { transports: string[]; limitMs: number } {
    this.#current = this.#next ?? this.#usual;
    this.#next = null;
    if (this.#current === 'polling') return { transports: ['polling'], limitMs: LIMITS.polling };
    if (this.#current === 'upgrade') return { transports: ['polling', 'websocket'], limitMs: LIMITS.polling };
    return { transports: ['websocket', 'polling'], limitMs: this.#isProven ? LIMITS.proven : LIMITS.untried };
  }

  /** The attempt led to no connection. @param isSilent whether it neither worked nor failed within its time */
  failed(isSilent: boolean): void {
    if (this.#current !== 'websocket') this.#next = 'websocket';
    else if (isSilent) this.#next = 'upgrade';
  }

  /** The attempt led to a connection. @param isWebSocket whether over WebSocket */
  connected(isWebSocket: boolean): void {
    this.#isProven ||= isWebSocket;
    const usual = this.#usual;
    if (this.#current === 'websocket' || this.#current === usual) return;
    this.#remembered = { beginning: this.#current, until: Date.now() + REMEMBERED_FOR };
    // A laptop that was closed right after it connected looks like silence too. So WebSocket gets another chance on the
    // next page, and only if it falls silent again there, not for the rest of the day.
    const isFirst = this.#current === 'polling' && usual === 'websocket';
    writeStored(this.#place, this.#key, isFirst ? { ...this.#remembered, beginning: 'upgrade' } : this.#remembered);
  }

  /**
   * A connection over WebSocket is lost.
   * @param isSilent whether it fell silent, @param lasted for how many ms messages went over WebSocket
   */
  lostWebSocket(isSilent: boolean, lasted: number): void {
    if (lasted >= PROVEN_AFTER) this.#forget();
    else if (isSilent) this.#next = 'polling';
  }

  get #usual(): Beginning {
    const left = (this.#remembered?.until ?? 0) - Date.now();
    // A clock that is set back makes the memory no longer.
    if (left <= 0 || left > REMEMBERED_FOR) this.#remembered = null;
    return this.#remembered?.beginning ?? 'websocket';
  }

  #forget(): void {
    this.#remembered = null;
    writeStored(this.#place, this.#key, null);
  }
}

function toMemory(stored: unknown): Memory | null {
  const { beginning, until }: Partial<Record<keyof Memory, unknown>> = stored ?? {};
  const isKnown = beginning === 'upgrade' || beginning === 'polling';
  return isKnown && typeof until === 'number' ? { beginning, until } : null;
}
