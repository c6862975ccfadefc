import { io as connectV4 } from 'socket.io-client';
import connectV2 from 'socket.io-client-v2';
import type { CommandName, CommandPayload, Reply } from '../../src/protocol/types.ts';
import type { Generation } from '../support/fixtures.ts';

interface AnySocket {
  connected: boolean;
  emit(name: string, ...args: unknown[]): unknown;
  on(name: string, listener: (...args: never[]) => void): unknown;
  close(): unknown;
  io: { engine: { transport: { ws?: { terminate(): void } } } };
}

/** The connection was lost: what was to be done over it is not done. */
export class Gone extends Error {}

/** A client that remembers nothing and waits for no answer once its connection is gone, so that thousands can come and go. */
export class Visitor {
  readonly #socket: AnySocket;
  /** How to give up on what was asked. */
  readonly #asked = new Set<() => void>();

  private constructor(socket: AnySocket) {
    this.#socket = socket;
    socket.on('disconnect', () => {
      for (const giveUp of this.#asked) giveUp();
    });
  }

  /** @param address where it comes from, for a server that trusts its proxy */
  static connect(url: string, { version, transports }: Generation, address = '192.0.2.1'): Promise<Visitor> {
    const extraHeaders = { 'x-forwarded-for': address };
    const options = {
      transports: [...transports],
      forceNew: true,
      reconnection: false,
      extraHeaders,
      transportOptions: { polling: { extraHeaders }, websocket: { extraHeaders } },
    };
    const socket = (version === 4 ? connectV4(url, options) : connectV2(url, options)) as unknown as AnySocket;
    const visitor = new Visitor(socket);
    return new Promise((resolve, reject) => {
      socket.on('connect', () => resolve(visitor));
      for (const failure of ['connect_error', 'error']) {
        socket.on(failure, (error: unknown) => reject(new Gone('It could not connect.', { cause: error })));
      }
    });
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /** Sends a command and waits for its ack. @throws Gone */
  ask<Name extends CommandName>(name: Name, payload: CommandPayload<Name>): Promise<Reply<Name>> {
    return this.askRaw(name, payload) as Promise<Reply<Name>>;
  }

  /** Sends anything at all and waits for the ack. @throws Gone */
  askRaw(...event: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(new Gone('The connection was lost.'));
      if (!this.connected) return giveUp();
      this.#asked.add(giveUp);
      const [name, ...payloads] = event;
      this.#socket.emit(name as string, ...payloads, (reply: unknown) => {
        this.#asked.delete(giveUp);
        resolve(reply);
      });
    });
  }

  /** Sends an event without an ack. */
  send(...event: unknown[]): void {
    const [name, ...payloads] = event;
    this.#socket.emit(name as string, ...payloads);
  }

  close(): void {
    this.#socket.close();
  }

  /** Ends the TCP connection of a WebSocket without goodbye. (Those of polling end after every request anyway.) */
  vanish(): void {
    const { ws } = this.#socket.io.engine.transport;
    if (ws) ws.terminate();
    else this.close();
  }
}
