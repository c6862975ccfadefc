import type { IncomingMessage } from 'node:http';
import type { Server } from 'socket.io';
import { hasSeat } from '../delivery.ts';
import type { EngineConnection } from './engine.ts';

/** Counts the connections without a seat of each address, because anybody can open those. */
export class SeatlessConnections {
  readonly #limit: number;
  readonly #counts = new Map<string, number>();

  constructor(limitPerAddress: number) {
    this.#limit = limitPerAddress;
  }

  /** Whether an address may open another one. */
  admits(address: string): boolean {
    return (this.#counts.get(address) ?? 0) < this.#limit;
  }

  /** Counts connections from their handshake on: until they take a seat, again when it ends, and no more when closed. */
  watch(io: Server, addressOf: (request: IncomingMessage) => string): void {
    const releases = new WeakMap<object, () => void>();
    io.engine.on('connection', (connection: EngineConnection) => {
      const address = addressOf(connection.request);
      releases.set(connection, this.#enter(address));
      connection.once('close', () => releases.get(connection)?.());
    });
    const { adapter, sockets } = io.of('/');
    const recount = (_: string, socketId: string) => {
      const socket = sockets.get(socketId);
      if (!socket) return;
      releases.get(socket.conn)?.();
      if (!hasSeat(socket) && socket.conn.readyState === 'open')
        releases.set(socket.conn, this.#enter(addressOf(socket.request)));
    };
    adapter.on('join-room', recount);
    adapter.on('leave-room', recount);
  }

  /** @returns what to call when it counts no more; further calls do nothing */
  #enter(address: string): () => void {
    this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1);
    let counted = true;
    return () => {
      if (!counted) return;
      counted = false;
      const left = (this.#counts.get(address) ?? 0) - 1;
      if (left > 0) this.#counts.set(address, left);
      else this.#counts.delete(address);
    };
  }
}
