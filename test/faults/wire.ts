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

/** A piece this long travels at once: a packet of TCP on an ordinary line. */
const PACKET = 1400;

/** A network of one client's own between it and the server. */
export interface Wire extends Reachable {
  /** The server, through this wire. */
  url: string;
  /** Ends every connection with a FIN or a RST, and later ones at once. */
  cut(how: 'FIN' | 'RST'): void;
  /**
   * From now on nothing passes, in one direction or (half-open) both, and nothing is closed; what is sent waits, as TCP
   * repeats it.
   */
  stall(direction?: Direction): void;
  /** Resolves once these words have gone up; from then on nothing comes down. */
  stallAfter(words: string): Promise<void>;
  /** What waited passes, and everything after it. */
  flow(): void;
  /** Nothing passes over the connections that are there, ever, and nothing tells so; later ones are not concerned. */
  forget(): void;
  /** Bytes of packets are lost, as far as TCP shows it: connections stall for a moment, and some are reset. */
  lose(random: () => number): void;
}

/** One direction of one connection. */
class Stream {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #pace: Pace | undefined;
  readonly #onPassed: (bytes: Buffer) => void;
  #isStalled = false;
  #isForgotten = false;
  #onFlow = () => {};

  /** @param onPassed told of what has passed */
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

  flow(): void {
    if (this.#isForgotten) return;
    this.#isStalled = false;
    this.#onFlow();
  }

  forget(): void {
    this.#isForgotten = true;
    this.stall();
  }

  /** Piece after piece, and at last the end. What it does not read here waits with its sender, as TCP has it. */
  async #carry(): Promise<void> {
    try {
      for await (const bytes of this.#from as AsyncIterable<Buffer>) {
        for (let at = 0; at < bytes.length; at += PACKET) await this.#pass(bytes.subarray(at, at + PACKET));
        this.#onPassed(bytes);
      }
    } catch {
      // A reset ends it too.
    }
    await this.#flowing();
    setTimeout(() => this.#to.destroySoon(), this.#pace?.latencyMs ?? 0);
  }

  async #pass(piece: Buffer): Promise<void> {
    await this.#flowing();
    if (this.#pace) {
      await sleep((piece.length / this.#pace.bytesPerSecond) * 1000);
      setTimeout(() => this.#to.write(piece), this.#pace.latencyMs);
    } else if (!this.#to.write(piece) && !this.#to.destroyed) {
      await Promise.race([once(this.#to, 'drain'), once(this.#to, 'close')]);
    }
  }

  async #flowing(): Promise<void> {
    while (this.#isStalled) {
      await new Promise<void>((resolve) => {
        this.#onFlow = resolve;
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
export async function layWire(target: string, pace?: Pace): Promise<Wire> {
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
  const wire: Wire = {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    connect: (options) => Client.connect(wire.url, options),
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
          wire.stall('down');
          resolve();
        };
      }),
    flow() {
      clearTimeout(disturbing);
      isCut = false;
      stalled.clear();
      for (const { streams } of links) for (const each of directions) streams[each].flow();
    },
    forget() {
      for (const link of links) for (const each of directions) link.streams[each].forget();
    },
    lose(random) {
      clearTimeout(disturbing);
      for (const link of links) {
        const chance = random();
        if (chance < 0.1) reset(link);
        else if (chance < 0.4) for (const each of directions) link.streams[each].stall();
        else for (const each of directions) link.streams[each].flow();
      }
      disturbing = setTimeout(() => wire.lose(random), 50 + random() * 150);
    },
  };
  onTestFinished(() => {
    clearTimeout(disturbing);
    for (const link of links) reset(link);
    listener.close();
  });
  return wire;
}
