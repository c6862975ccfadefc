import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { Client, type Reachable } from '../fixtures.ts';

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
  /** How many TCP connections it carries. */
  readonly connections: number;
  /** Ends every connection, with a FIN or a RST; later ones pass. */
  cut(how: 'FIN' | 'RST'): void;
  /**
   * From now on nothing passes on the connections that there are, in one direction or (half-open) both, and nothing is
   * closed; what is sent waits, as TCP repeats it. Later connections pass.
   */
  stall(direction?: Direction): void;
  /** What waited passes, and everything after it. */
  flow(): void;
  /** Bytes of packets are lost, as far as TCP shows it: connections stall for a moment, and some are reset. */
  lose(random: () => number): void;
}

/** One direction of one connection. */
class Stream {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #pace: Pace | undefined;
  #isStalled = false;
  #isTravelling = false;

  constructor(from: Socket, to: Socket, pace: Pace | undefined) {
    this.#from = from;
    this.#to = to;
    this.#pace = pace;
    from.on('data', (bytes) => {
      if (pace) this.#travel(bytes, pace);
      else if (!to.write(bytes)) this.#pause(to);
    });
    from.on('close', () => {
      if (!this.#isStalled) setTimeout(() => to.destroySoon(), pace?.latencyMs ?? 0);
    });
    from.on('error', () => {});
  }

  stall(): void {
    this.#isStalled = true;
    this.#from.pause();
  }

  flow(): void {
    this.#isStalled = false;
    if (!this.#isTravelling) this.#from.resume();
    if (this.#from.destroyed) this.#to.destroySoon();
  }

  #pause(until: Socket): void {
    this.#from.pause();
    until.once('drain', () => {
      if (!this.#isStalled) this.#from.resume();
    });
  }

  /** Piece after piece, none before the one before it has left; the line takes its time for each. */
  #travel(bytes: Buffer, { bytesPerSecond, latencyMs }: Pace): void {
    this.#isTravelling = true;
    this.#from.pause();
    const piece = bytes.subarray(0, PACKET);
    const rest = bytes.subarray(PACKET);
    setTimeout(
      () => {
        setTimeout(() => this.#to.write(piece), latencyMs);
        this.#isTravelling = false;
        if (rest.length > 0 && this.#pace) this.#travel(rest, this.#pace);
        else if (!this.#isStalled) this.#from.resume();
      },
      (piece.length / bytesPerSecond) * 1000,
    );
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
  let disturbing: NodeJS.Timeout | undefined;
  const listener = createServer({ noDelay: true }, (client) => {
    const server = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
    const streams = { up: new Stream(client, server, pace), down: new Stream(server, client, pace) };
    const link = { client, server, streams };
    links.add(link);
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
    get connections() {
      return links.size;
    },
    cut(how) {
      for (const link of links) {
        if (how === 'RST') reset(link);
        else for (const socket of [link.client, link.server]) socket.destroy();
      }
    },
    stall(direction) {
      for (const { streams } of links) {
        for (const each of direction ? [direction] : directions) streams[each].stall();
      }
    },
    flow() {
      clearTimeout(disturbing);
      for (const { streams } of links) for (const each of directions) streams[each].flow();
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
