import { io, type Socket } from 'socket.io-client';
import type {
  ClientToServer,
  CommandName,
  CommandOutput,
  CommandPayload,
  NoticeName,
  NoticePayload,
  OtherOutput,
  OtherReply,
  Reply,
  ServerToClient,
} from '../protocol/types.ts';
import { Attempts } from './attempts.ts';
import { CommandError } from './errors.ts';
import type { ServerAddress } from './server-address.ts';
import type { StoragePlace } from './storage.ts';
import { TransportChoice } from './transport-choice.ts';

/** A command waits this many ms for its ack. PIN checks queue up on the server when many people join at once. */
const ANSWER_TIMEOUT = 20_000;

/** The delay before the first try to reconnect, in ms; it doubles with every try, up to 5 s. */
const RECONNECT_DELAY = 500;

/** The Socket.IO connection: commands as promises, notices by name. It reconnects by itself, with back-off. */
export class Signaling {
  readonly #socket: Socket<ServerToClient, ClientToServer>;
  readonly #attempts: Attempts;
  #reconnecting: ReturnType<typeof setTimeout> | undefined;

  /** @param place remembers where WebSocket does not work; null: nothing outlives the page */
  constructor({ origin, path }: ServerAddress, place: StoragePlace | null) {
    this.#socket = io(origin, {
      path,
      // Two clients on one page must not share a connection.
      forceNew: true,
      reconnectionDelay: RECONNECT_DELAY,
      reconnectionDelayMax: 5_000,
      tryAllTransports: true,
      autoConnect: false,
    });
    this.#attempts = new Attempts(this.#socket.io, new TransportChoice(place, origin));
    this.onConnect(() => this.#attempts.connected());
    this.#connect();
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /**
   * Sends a command and waits for its ack. Without a connection it fails at once: a command must not take effect later
   * than the person meant it.
   * @param read gets the answer before any notice that the server sent after it: several may come at once, and what follows
   *   an `await` is later than all of them
   * @throws CommandError with the code of the server's refusal, or NO_ANSWER
   */
  async ask<Name extends CommandName>(
    name: Name,
    payload: CommandPayload<Name>,
    read?: (output: CommandOutput<Name> | OtherOutput<Name>) => void,
  ): Promise<CommandOutput<Name> | OtherOutput<Name>> {
    if (!this.connected) throw new CommandError('NO_ANSWER');
    const reply = await new Promise<Reply<Name> | OtherReply<Name>>((resolve, reject) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        reject(new CommandError('NO_ANSWER'));
      }, ANSWER_TIMEOUT);
      const settle = (reply: Reply<Name> | OtherReply<Name>) => {
        if (isLate) return;
        clearTimeout(timer);
        resolve(reply);
        if (reply.ok) read?.(reply);
      };
      (this.#socket as Socket).emit(name, payload, settle);
    });
    if (!reply.ok) throw new CommandError(reply.error);
    return reply;
  }

  /**
   * Sends a command without waiting. The side that waits for the effect of a lost relay sends it again, so no ack is
   * needed, which would be one more message for each.
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
      // After a disconnect by the server Socket.IO stays away; this client comes back until `close`.
      if (reason === 'io server disconnect' && this.#socket.active === false) this.#reconnect();
    });
  }

  #reconnect(): void {
    this.#reconnecting = setTimeout(() => this.#connect(), RECONNECT_DELAY);
  }

  #connect(): void {
    this.#attempts.begin();
    this.#socket.connect();
  }

  /** Ends the connection for good. */
  close(): void {
    clearTimeout(this.#reconnecting);
    this.#attempts.close();
    this.#socket.disconnect();
    this.#socket.removeAllListeners();
  }
}
