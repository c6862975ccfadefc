import { io, type Socket } from 'socket.io-client';
import type {
  ClientToServer,
  CommandName,
  CommandOutput,
  CommandPayload,
  NoticeName,
  NoticePayload,
  Reply,
  ServerToClient,
} from '../protocol/types.ts';
import { CommandError } from './errors.ts';

/** How long a command waits for its answer, in ms. PIN checks queue up on the server when many join at once. */
const ANSWER_TIMEOUT = 20_000;

/** How long to wait before the first try to reconnect, in ms; then twice as long each time, up to five seconds. */
const RECONNECT_DELAY = 500;

/** The connection with the server: commands as promises, notices by name. It reconnects by itself, with back-off. */
export class Signaling {
  readonly #socket: Socket<ServerToClient, ClientToServer>;
  #reconnecting: ReturnType<typeof setTimeout> | undefined;

  /** @param url where the server is, @param path of Socket.IO there */
  constructor(url: string, path: string) {
    this.#socket = io(url, {
      path,
      // One connection a client: two clients on one page must not share one.
      forceNew: true,
      reconnectionDelay: RECONNECT_DELAY,
      reconnectionDelayMax: 5_000,
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
    });
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /**
   * Sends a command. Without a connection it fails at once: what is meant for now must not take effect later.
   * @throws CommandError what the server refused, or NO_ANSWER
   */
  async ask<Name extends CommandName>(name: Name, payload: CommandPayload<Name>): Promise<CommandOutput<Name>> {
    if (!this.connected) throw new CommandError('NO_ANSWER');
    const reply = await new Promise<Reply<Name>>((resolve, reject) => {
      const timer = setTimeout(() => reject(new CommandError('NO_ANSWER')), ANSWER_TIMEOUT);
      const settle = (reply: Reply<Name>) => {
        clearTimeout(timer);
        resolve(reply);
      };
      (this.#socket as Socket).emit(name, payload, settle);
    });
    if (!reply.ok) throw new CommandError(reply.error);
    return reply;
  }

  /**
   * Sends what needs no answer: a relay that gets lost is sent again by whoever waits for its effect. It asks for no ack
   * either, which would be a message more for each.
   */
  send<Name extends CommandName>(name: Name, payload: CommandPayload<Name>): void {
    if (this.connected) (this.#socket as Socket).emit(name, payload);
  }

  on<Name extends NoticeName>(name: Name, listener: (payload: NoticePayload<Name>) => void): void {
    (this.#socket as Socket).on(name as string, listener);
  }

  onConnect(listener: () => void): void {
    this.#socket.on('connect', listener);
  }

  onDisconnect(listener: () => void): void {
    this.#socket.on('disconnect', (reason) => {
      listener();
      // Socket.IO takes a server's disconnect for a goodbye; unless `close` was called, it is none.
      if (reason === 'io server disconnect' && this.#socket.active === false) this.#reconnect();
    });
  }

  #reconnect(): void {
    this.#reconnecting = setTimeout(() => this.#socket.connect(), RECONNECT_DELAY);
  }

  /** Ends the connection for good. */
  close(): void {
    clearTimeout(this.#reconnecting);
    this.#socket.disconnect();
    this.#socket.removeAllListeners();
  }
}
