import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { Server } from 'socket.io';
import type { EngineRequest } from './engine.ts';

/** How long one turn of the event loop may make handshakes, ms. */
const BUDGET_MS = 16;

/** So many handshakes within so many ms are a herd. */
const HERD = 10;
const HERD_MS = 200;

/** Handshakes that have waited for longer than this, ms, share their turns with the newest ones. */
const IN_ORDER_MS = 1000;

interface Handshake {
  readonly since: number;
  readonly socket: Duplex;
  readonly begin: () => void;
}

/**
 * Makes the handshakes of new connections, some in each turn of the event loop. Thousands come at once when a server
 * was away. In one turn, they would hold up everybody who is connected, and the kernel would drop those that come
 * meanwhile; those would then wait for the back-off of TCP.
 *
 * While the wait is short, handshakes are made in their order. Otherwise the newest and the oldest take turns: so somebody who
 * comes late does not wait for a whole herd, and nobody waits for ever.
 */
export class Handshakes {
  readonly #now: () => number;
  #waiting: Handshake[] = [];
  /** How many of #waiting, from the first on, have begun. */
  #begun = 0;
  #isServing = false;
  #isNewestNext = false;
  /** When the last handshakes began, ms: as many as make a herd. */
  readonly #times: number[] = [];

  /** @param now a clock that never steps, ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** How long the first has waited, ms; 0 where nobody waits. */
  get oldestMs(): number {
    const oldest = this.#waiting[this.#begun];
    return oldest ? this.#now() - oldest.since : 0;
  }

  /**
   * Whether a herd comes at present. The event loop accepts one TCP connection a turn (libuv since 1.45), so those who have
   * not been accepted yet wait for as long as its turns are, and nobody knows how many they are.
   */
  get isHerd(): boolean {
    return this.#times.length === HERD && this.#now() - (this.#times[0] as number) <= HERD_MS;
  }

  /** Has the handshakes of Engine.IO wait for their turn. */
  watch(io: Server): void {
    io.engine.use((request: EngineRequest, _: unknown, next: () => void) => {
      if (request._query.sid) next();
      else this.add(request, next);
    });
  }

  /** @param begin begins the handshake, and ends it before the callbacks of process.nextTick() */
  add({ socket }: Pick<IncomingMessage, 'socket'>, begin: () => void): void {
    // Between the parser of HTTP and the WebSocket nobody listens, and an error without a listener ends the process.
    if (socket.listenerCount('error') === 0) socket.on('error', ignore);
    this.#waiting.push({ since: this.#now(), socket, begin });
    if (!this.#isServing) void this.#serve();
  }

  async #serve(): Promise<void> {
    this.#isServing = true;
    while (this.#waiting.length > 0) {
      const end = this.#now() + BUDGET_MS;
      while (this.#waiting.length > 0 && this.#now() < end) {
        const { socket, begin } = this.#take();
        socket.off('error', ignore);
        // Its client may have given up.
        if (socket.destroyed) continue;
        this.#times.push(this.#now());
        if (this.#times.length > HERD) this.#times.shift();
        begin();
        await new Promise<void>((resolve) => process.nextTick(resolve));
      }
      await setImmediate();
    }
    this.#isServing = false;
  }

  #take(): Handshake {
    this.#isNewestNext = !this.#isNewestNext && this.oldestMs > IN_ORDER_MS;
    const taken = (this.#isNewestNext ? this.#waiting.pop() : this.#waiting[this.#begun++]) as Handshake;
    if (this.#begun > this.#waiting.length / 2) {
      this.#waiting.splice(0, this.#begun);
      this.#begun = 0;
    }
    return taken;
  }
}

function ignore(): void {}
