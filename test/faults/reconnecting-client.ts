import { io as connectV4 } from 'socket.io-client';
import connectV2 from 'socket.io-client-v2';
import { onTestFinished } from 'vitest';
import type { CommandName, CommandPayload, Reply } from '../../src/protocol/types.ts';
import type { Generation, Seat } from '../support/fixtures.ts';

/** The client repeats a command that has had no answer for so long, ms. */
const UNANSWERED_MS = 3000;

interface AnySocket {
  connected: boolean;
  emit(name: string, ...args: unknown[]): unknown;
  on(name: string, listener: (...args: never[]) => void): unknown;
  close(): unknown;
}

/** A client with a seat that connects again whenever it loses its connection, and then re-attends. */
export class ReconnectingClient {
  readonly seat: Pick<Seat, 'id' | 'proof'>;
  readonly #socket: AnySocket;
  /** The number of connections so far. */
  connections = 0;

  constructor(url: string, { version, transports }: Generation, seat: Pick<Seat, 'id' | 'proof'>) {
    this.seat = seat;
    const options = {
      transports: [...transports],
      forceNew: true,
      reconnectionDelay: 50,
      reconnectionDelayMax: 200,
      timeout: UNANSWERED_MS,
    };
    const socket: AnySocket = version === 4 ? connectV4(url, options) : connectV2(url, options);
    this.#socket = socket;
    socket.on('connect', () => {
      this.connections += 1;
      socket.emit('re-attend', { ...seat.proof, session: `page of ${seat.id}` });
    });
    // It connects again after an error, so the error itself needs no handling.
    socket.on('error', () => {});
    onTestFinished(() => {
      socket.close();
    });
  }

  get isConnected(): boolean {
    return this.#socket.connected;
  }

  send<Name extends CommandName>(name: Name, payload: CommandPayload<Name>): void {
    if (this.#socket.connected) this.#socket.emit(name, payload);
  }

  /** Repeats a command until there is an answer. */
  async ask<Name extends CommandName>(name: Name, payload: CommandPayload<Name>): Promise<Reply<Name>> {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const reply = await new Promise<Reply<Name> | null>((resolve) => {
        setTimeout(() => resolve(null), UNANSWERED_MS);
        this.#socket.emit(name, payload, resolve);
      });
      if (reply) return reply;
    }
    throw new Error(`${name} was never answered`);
  }
}
