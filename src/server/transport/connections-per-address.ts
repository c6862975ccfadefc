import type { Server } from 'socket.io';
import type { EngineConnection } from './engine.ts';
import { hasSeat } from './seat-rooms.ts';

/** Counts the connections without a seat of each address, because anybody can open those. */
export class ConnectionsPerAddress {
  readonly #limit: number;
  readonly #counts = new Map<string, number>();
  /** The connections that are counted, each with its address. */
  readonly #counted = new Map<EngineConnection, string>();

  constructor(limitPerAddress: number) {
    this.#limit = limitPerAddress;
  }

  /** Whether an address may open another one. */
  admits(address: string): boolean {
    return (this.#counts.get(address) ?? 0) < this.#limit;
  }

  /** Counts connections from their handshake on: until they take a seat, again when it ends, and no more when closed. */
  watch(io: Server, addressOf: (connection: EngineConnection) => string): void {
    const leave = (connection: EngineConnection) => this.#leave(connection);
    function onClose(this: EngineConnection): void {
      leave(this);
    }
    io.engine.on('connection', (connection: EngineConnection) => {
      this.#enter(connection, addressOf(connection));
      connection.on('close', onClose);
    });
    const { adapter, sockets } = io.of('/');
    const recount = (_: string, socketId: string) => {
      const socket = sockets.get(socketId);
      if (!socket) return;
      if (hasSeat(socket) || socket.conn.readyState !== 'open') this.#leave(socket.conn);
      else this.#enter(socket.conn, addressOf(socket.conn));
    };
    adapter.on('join-room', recount);
    adapter.on('leave-room', recount);
  }

  #enter(connection: EngineConnection, address: string): void {
    if (this.#counted.has(connection)) return;
    this.#counted.set(connection, address);
    this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1);
  }

  #leave(connection: EngineConnection): void {
    const address = this.#counted.get(connection);
    if (address === undefined) return;
    this.#counted.delete(connection);
    const left = (this.#counts.get(address) ?? 0) - 1;
    if (left > 0) this.#counts.set(address, left);
    else this.#counts.delete(address);
  }
}
