import type { Server } from 'socket.io';
import { addressOfConnection, hostOf } from './address.ts';
import { ConnectionField } from './connection-field.ts';
import type { EngineConnection } from './engine.ts';
import { hasSeat } from './seat-rooms.ts';

/** Whether a connection is counted at present. */
const counted = new ConnectionField(false);

/** Counts the connections without a seat of each address, because anybody can open those. */
export class ConnectionsPerAddress {
  readonly #limit: number;
  readonly #counts = new Map<string, number>();

  constructor(limitPerAddress: number) {
    this.#limit = limitPerAddress;
  }

  /** Whether an address may open another one. */
  admits(address: string): boolean {
    return (this.#counts.get(hostOf(address)) ?? 0) < this.#limit;
  }

  /**
   * Counts each connection from its handshake until it takes a seat, and again from the end of its seat until it is
   * closed. The addresses of connections must be remembered before.
   */
  watch(io: Server): void {
    const leave = (connection: EngineConnection) => this.#leave(connection);
    function onClose(this: EngineConnection): void {
      leave(this);
    }
    io.engine.on('connection', (connection: EngineConnection) => {
      this.#enter(connection);
      connection.on('close', onClose);
    });
    const { adapter, sockets } = io.of('/');
    const recount = (_: string, socketId: string) => {
      const socket = sockets.get(socketId);
      if (!socket) return;
      if (hasSeat(socket) || socket.conn.readyState !== 'open') this.#leave(socket.conn);
      else this.#enter(socket.conn);
    };
    adapter.on('join-room', recount);
    adapter.on('leave-room', recount);
  }

  #enter(connection: EngineConnection): void {
    if (counted.get(connection)) return;
    counted.set(connection, true);
    const address = hostOf(addressOfConnection(connection));
    this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1);
  }

  #leave(connection: EngineConnection): void {
    if (!counted.get(connection)) return;
    counted.set(connection, false);
    const address = hostOf(addressOfConnection(connection));
    const left = (this.#counts.get(address) ?? 0) - 1;
    if (left > 0) this.#counts.set(address, left);
    else this.#counts.delete(address);
  }
}
