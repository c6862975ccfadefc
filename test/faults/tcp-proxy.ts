import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { Client, type Reachable } from '../support/fixtures.ts';

/** `down`: from the server to its client. */
export type Direction = 'up' | 'down';
const directions: readonly Direction[] = ['up', 'down'];

export interface Pace {
  bytesPerSecond: number;
  latencyMs: number;
}

/** The bytes of a TCP packet on an ordinary line; a proxy with a pace passes so many at a time. */
const PACKET = 1400;

/** A TCP proxy before a server, which fails the ways a network fails. */
export interface TcpProxy extends Reachable {
  /** The server's URL, through this proxy. */
  url: string;
  /** Ends every connection with a FIN or a RST, and resets each later one at once. */
  cut(how: 'FIN' | 'RST'): void;
  /**
   * Holds all bytes back, in one direction or (half-open) both, without closing anything. They pass after `resume`, as TCP
   * repeats them.
   */
  stall(direction?: Direction): void;
  /** Resolves once a client has sent these words; from then on the proxy holds back what the server sends. */
  stallAfter(words: string): Promise<void>;
  /** Lets the bytes that waited pass, and everything after them; takes connections again. */
  resume(): void;
  /** Drops everything on the present connections for good, without closing them; later connections work. */
  blackhole(): void;
  /** Loses packets, as far as TCP shows that: connections stall for a moment, and some are reset. Ends with `resume`. */
  loseBytes(random: () => number): void;
}

/** One direction of one connection. */
class Stream {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #pace: Pace | undefined;
  readonly #onPassed: (bytes: Buffer) => void;
  #isStalled = false;
  #isBlackhole = false;
  #onResume = () => {};

  /** @param onPassed called with all bytes that have passed */
  constructor(from: Socket, to: Socket, pace: Pace | undefined, onPassed: (bytes: Buffer) => void) {
    this.#from = from;
    this.#to = to;
    this.#pace = pace;
    this.#onPassed = onPassed;
    from.on('error', () => {});
    void this.#carry();
  }

  stall(): void {
    this.#isStalled = true;
  }

  resume(): void {
    if (this.#isBlackhole) return;
    this.#isStalled = false;
    this.#onResume();
  }

  blackhole(): void {
    this.#isBlackhole = true;
    this.stall();
  }

  /** Passes packet after packet, and at last the end. While it does not read, TCP makes the sender wait. */
  async #carry(): Promise<void> {
    try {
      for await (const bytes of this.#from as AsyncIterable<Buffer>) {
        for (let at = 0; at < bytes.length; at += PACKET) await this.#pass(bytes.subarray(at, at + PACKET));
        this.#onPassed(bytes);
      }
    } catch {
      // A reset ends it too.
    }
    await this.#resumed();
    setTimeout(() => this.#to.destroySoon(), this.#pace?.latencyMs ?? 0);
  }

  async #pass(piece: Buffer): Promise<void> {
    await this.#resumed();
    if (this.#pace) {
      await sleep((piece.length / this.#pace.bytesPerSecond) * 1000);
      setTimeout(() => this.#to.write(piece), this.#pace.latencyMs);
    } else if (!this.#to.write(piece) && !this.#to.destroyed) {
      await Promise.race([once(this.#to, 'drain'), once(this.#to, 'close')]);
    }
  }

  async #resumed(): Promise<void> {
    while (this.#isStalled) {
      await new Promise<void>((resolve) => {
        this.#onResume = resolve;
      });
    }
  }
}

interface Link {
  client: Socket;
  server: Socket;
  streams: Record<Direction, Stream>;
}

/** @param target the URL of a server on this machine */
export async function startTcpProxy(target: string, pace?: Pace): Promise<TcpProxy> {
  const { port } = new URL(target);
  const links = new Set<Link>();
  const stalled = new Set<Direction>();
  let isCut = false;
  let disturbing: NodeJS.Timeout | undefined;
  let onPassed = (_bytes: Buffer) => {};
  const listener = createServer({ noDelay: true }, (client) => {
    if (isCut) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
    const streams = {
      up: new Stream(client, server, pace, (bytes) => onPassed(bytes)),
      down: new Stream(server, client, pace, () => {}),
    };
    const link = { client, server, streams };
    links.add(link);
    for (const each of stalled) streams[each].stall();
    let open = 2;
    for (const socket of [client, server]) {
      socket.on('close', () => {
        open -= 1;
        if (open === 0) links.delete(link);
      });
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');

  const reset = ({ client, server }: Link) => {
    for (const socket of [client, server]) socket.resetAndDestroy();
  };
  const proxy: TcpProxy = {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    connect: (options) => Client.connect(proxy.url, options),
    cut(how) {
      isCut = true;
      for (const link of links) {
        if (how === 'RST') reset(link);
        else for (const socket of [link.client, link.server]) socket.destroy();
      }
    },
    stall(direction) {
      for (const each of direction ? [direction] : directions) {
        stalled.add(each);
        for (const { streams } of links) streams[each].stall();
      }
    },
    stallAfter: (words) =>
      new Promise((resolve) => {
        onPassed = (bytes) => {
          if (!bytes.includes(words)) return;
          onPassed = () => {};
          proxy.stall('down');
          resolve();
        };
      }),
    resume() {
      clearTimeout(disturbing);
      isCut = false;
      stalled.clear();
      for (const { streams } of links) for (const each of directions) streams[each].resume();
    },
    blackhole() {
      for (const link of links) for (const each of directions) link.streams[each].blackhole();
    },
    loseBytes(random) {
      clearTimeout(disturbing);
      for (const link of links) {
        const chance = random();
        if (chance < 0.1) reset(link);
        else if (chance < 0.4) for (const each of directions) link.streams[each].stall();
        else for (const each of directions) link.streams[each].resume();
      }
      disturbing = setTimeout(() => proxy.loseBytes(random), 50 + random() * 150);
    },
  };
  onTestFinished(() => {
    clearTimeout(disturbing);
    for (const link of links) reset(link);
    listener.close();
  });
  return proxy;
}
