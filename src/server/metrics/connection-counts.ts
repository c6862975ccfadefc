import type { Server } from 'socket.io';
import type { EngineConnection } from '../transport/engine.ts';
import { isSeatRoom } from '../transport/seat-rooms.ts';
import { isPlaceRoom } from '../transport/waiting-rooms.ts';

const TRANSPORTS = ['websocket', 'polling'];

/** The versions of Engine.IO. */
const PROTOCOLS = [4, 3];

/** Counts the connections of this node, and the seats that they hold, as they come and go. */
export class ConnectionCounts {
  readonly #connections = new Map<string, { readonly labels: readonly [string, string]; count: number }>();
  #seats = 0;
  #waiting = 0;

  constructor() {
    for (const transport of TRANSPORTS) for (const protocol of PROTOCOLS) this.#add(transport, protocol, 0);
  }

  /** Begins to count. The adapter of the nodes has to be there, and no connection yet. */
  watch(io: Server): void {
    const add = (connection: EngineConnection, transport: string, change: 1 | -1) =>
      this.#add(transport, connection.protocol, change);
    // All connections share these functions, which know them by `this`.
    function onUpgrade(this: EngineConnection): void {
      add(this, 'polling', -1);
      add(this, 'websocket', 1);
    }
    function onClose(this: EngineConnection): void {
      add(this, this.transport.name, -1);
    }
    io.engine.on('connection', (connection: EngineConnection) => {
      add(connection, connection.transport.name, 1);
      connection.on('upgrade', onUpgrade).on('close', onClose);
    });
    const { adapter } = io.of('/');
    adapter.on('create-room', (room: string) => this.#count(room, 1));
    adapter.on('delete-room', (room: string) => this.#count(room, -1));
  }

  /** How many connections there are, by transport and version of Engine.IO. */
  *connections(): Iterable<readonly [readonly [transport: string, protocol: string], number]> {
    for (const { labels, count } of this.#connections.values()) yield [labels, count];
  }

  get total(): number {
    let total = 0;
    for (const [, count] of this.connections()) total += count;
    return total;
  }

  /** How many seats connections of this node hold. */
  get seats(): number {
    return this.#seats;
  }

  /** How many places in waiting rooms they hold. */
  get waiting(): number {
    return this.#waiting;
  }

  #count(room: string, change: 1 | -1): void {
    if (isSeatRoom(room)) this.#seats += change;
    else if (isPlaceRoom(room)) this.#waiting += change;
  }

  #add(transport: string, protocol: number, change: number): void {
    const key = `${transport} ${protocol}`;
    const counted = this.#connections.get(key) ?? { labels: [transport, String(protocol)] as const, count: 0 };
    counted.count += change;
    this.#connections.set(key, counted);
  }
}
