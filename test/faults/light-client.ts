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

/** The connection was lost before the command was acknowledged. */
export class ConnectionLost extends Error {}

/** A client that keeps no notices, and gives up on answers when its connection is lost: thousands of them can come and go. */
export class LightClient {
  readonly #socket: AnySocket;
  /** Rejects each command that awaits its answer. */
  readonly #asked = new Set<() => void>();

  private constructor(socket: AnySocket) {
    this.#socket = socket;
    socket.on('disconnect', () => {
      for (const giveUp of this.#asked) giveUp();
    });
  }

  /** @param address the client's address in `x-forwarded-for`, for a server that trusts its proxy */
  static connect(url: string, { version, transports }: Generation, address = '192.0.2.1'): Promise<LightClient> {
    const extraHeaders = { 'x-forwarded-for': address };
    const options = {
      transports: [...transports],
      forceNew: true,
      reconnection: false,
      extraHeaders,
      transportOptions: { polling: { extraHeaders }, websocket: { extraHeaders } },
    };
    const socket = (version === 4 ? connectV4(url, options) : connectV2(url, options)) as unknown as AnySocket;
    const client = new LightClient(socket);
    return new Promise((resolve, reject) => {
      socket.on('connect', () => resolve(client));
      // A server that has waited too long for a busy machine closes the connection before it is one of Socket.IO.
      for (const failure of ['connect_error', 'error', 'disconnect']) {
        socket.on(failure, (error: unknown) => reject(new ConnectionLost('It could not connect.', { cause: error })));
      }
    });
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /** Sends a command and waits for its ack. @throws ConnectionLost */
  ask<Name extends CommandName>(name: Name, payload: CommandPayload<Name>): Promise<Reply<Name>> {
    return this.askRaw(name, payload) as Promise<Reply<Name>>;
  }

  /** Sends any event and waits for the ack. @throws ConnectionLost */
  askRaw(...event: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(new ConnectionLost('The connection was lost.'));
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

  /** Ends the TCP connection of a WebSocket without a close frame. (Polling has no lasting connection to end.) */
  vanish(): void {
    const { ws } = this.#socket.io.engine.transport;
    if (ws) ws.terminate();
    else this.close();
  }
}
