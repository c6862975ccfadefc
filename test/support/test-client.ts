import { io as connectV4, type Socket as SocketV4 } from 'socket.io-client';
import connectV2 from 'socket.io-client-v2';
import { onTestFinished } from 'vitest';
import type { WireError } from '../../src/protocol/errors.ts';
import type { CommandName, CommandPayload, NoticeName, NoticePayload, Reply } from '../../src/protocol/types.ts';

/** The generations of clients that are in the field, over both transports. */
export const generations = [
  { name: 'Socket.IO 4 over WebSocket', version: 4, transports: ['websocket'] },
  { name: 'Socket.IO 4 over polling', version: 4, transports: ['polling'] },
  { name: 'Socket.IO 2 over WebSocket', version: 2, transports: ['websocket'] },
  { name: 'Socket.IO 2 over polling', version: 2, transports: ['polling'] },
] as const;
export type Generation = (typeof generations)[number];
const [newest] = generations;

/** A server that clients can connect to, wherever it runs. */
export interface Reachable {
  /** Connects a client, which is closed when the test is over. */
  connect(options?: ConnectOptions): Promise<Client>;
}

export interface ConnectOptions {
  generation?: Generation;
  origin?: string;
  headers?: Record<string, string>;
}

interface AnySocket {
  id?: string | undefined;
  connected: boolean;
  emit(name: string, ...args: unknown[]): unknown;
  on(name: string, listener: (...args: never[]) => void): unknown;
  close(): unknown;
}

/** null where one process is alone. */
type Arrival = (() => Promise<void>) | null;

/** A client as anybody would write one, that remembers every notice it was sent. */
export class Client {
  readonly socket: AnySocket;
  readonly received: { notice: string; payload: unknown }[] = [];
  /** All that ever came, in its order: notices, and the replies of acks under the name of the command. */
  readonly everything: { notice: string; payload: unknown }[] = [];
  readonly #waiting = new Set<() => void>();
  /** Ends the wait of each command under way. */
  readonly #asking = new Set<() => void>();
  readonly #arrival: Arrival;

  private constructor(socket: AnySocket, arrival: Arrival) {
    this.socket = socket;
    this.#arrival = arrival;
  }

  /**
   * @param arrival waits until what other processes of the server have told has come to the one that is connected to
   */
  static async connect(
    url: string,
    { generation = newest, origin, headers }: ConnectOptions = {},
    arrival: Arrival = null,
  ): Promise<Client> {
    const extraHeaders = { ...headers, ...(origin === undefined ? {} : { origin }) };
    const options = {
      transports: [...generation.transports],
      forceNew: true,
      reconnection: false,
      extraHeaders,
      transportOptions: { polling: { extraHeaders }, websocket: { extraHeaders } },
    };
    const socket: AnySocket = generation.version === 4 ? connectV4(url, options) : connectV2(url, options);
    const client = new Client(socket, arrival);
    client.#listen(generation);
    onTestFinished(() => {
      socket.close();
    });
    await new Promise<void>((resolve, reject) => {
      socket.on('connect', () => resolve());
      socket.on('connect_error', (error: Error) => reject(error));
      socket.on('error', (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))));
    });
    return client;
  }

  /** Both libraries, as all of their versions, hand every packet through `onevent`. */
  #listen({ version }: Generation): void {
    const remember = (notice: string, payload: unknown) => {
      this.received.push({ notice, payload });
      this.everything.push({ notice, payload });
      for (const wake of this.#waiting) wake();
    };
    if (version === 4) (this.socket as SocketV4).onAny(remember);
    else {
      const socket = this.socket as unknown as { onevent(packet: { data: [string, unknown] }): void };
      const original = socket.onevent;
      socket.onevent = function (this: typeof socket, packet) {
        remember(packet.data[0], packet.data[1]);
        original.call(this, packet);
      };
    }
    this.socket.on('disconnect', () => {
      remember('(disconnected)', undefined);
      for (const fail of this.#asking) fail();
      this.#asking.clear();
    });
  }

  /** Sends a command and waits for its ack. */
  ask<Name extends CommandName>(name: Name, payload: CommandPayload<Name>): Promise<Reply<Name>> {
    return this.askRaw(name, payload) as Promise<Reply<Name>>;
  }

  /** Sends anything at all and waits for the ack. */
  askRaw(name: string, ...args: unknown[]): Promise<unknown> {
    return new Promise((resolve) =>
      this.socket.emit(name, ...args, (reply: unknown) => {
        this.everything.push({ notice: `(${name})`, payload: reply });
        resolve(reply);
      }),
    );
  }

  /** As `ask`, where only a yes will do. Rejects where the connection ends first. */
  async must<Name extends CommandName>(name: Name, payload: CommandPayload<Name>): Promise<Reply<Name> & { ok: true }> {
    const reply = await this.#unlessEnded(name, this.ask(name, payload));
    if (!reply.ok) throw new Error(`${name} was refused: ${JSON.stringify(reply.error)}`);
    return reply;
  }

  /** As `ask`, where only a no will do. Rejects where the connection ends first. */
  async refused<Name extends CommandName>(name: Name, payload: CommandPayload<Name>): Promise<WireError> {
    const reply = await this.#unlessEnded(name, this.ask(name, payload));
    if (reply.ok) throw new Error(`${name} was not refused`);
    return reply.error;
  }

  /** Sends a command as clients of the first generation do: without an ack. */
  send(name: string, ...args: unknown[]): void {
    this.socket.emit(name, ...args);
  }

  /** Waits for the next notice of a name (one that came already counts once) and takes it off the list. */
  async notice<Name extends NoticeName | '(disconnected)'>(
    name: Name,
    where: (payload: NoticePayloadOf<Name>) => boolean = () => true,
  ): Promise<NoticePayloadOf<Name>> {
    for (;;) {
      const index = this.received.findIndex(
        ({ notice, payload }) => notice === name && where(payload as NoticePayloadOf<Name>),
      );
      if (index >= 0) return this.received.splice(index, 1)[0]?.payload as NoticePayloadOf<Name>;
      await this.#somethingNew(`waiting for ${name}`);
    }
  }

  /** Names of the notices that came and were not taken, in their order. */
  get heard(): string[] {
    return this.received.map(({ notice }) => notice);
  }

  /**
   * Waits until everything that the server has sent so far is here: what it sends to one connection stays in order,
   * so the answer to a question comes after all of it.
   */
  async settled(): Promise<void> {
    await this.askRaw('iceservers', {});
    if (!this.#arrival) return;
    await this.#arrival();
    await this.askRaw('iceservers', {});
  }

  close(): void {
    this.socket.close();
  }

  /** The answer to a command; rejects when the connection ends, because no answer comes then. */
  #unlessEnded<Answer>(name: string, answer: Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const fail = () => reject(new Error(`${name} was not answered: the connection ended`));
      if (!this.socket.connected) return fail();
      this.#asking.add(fail);
      answer.then((value) => {
        this.#asking.delete(fail);
        resolve(value);
      });
    });
  }

  #somethingNew(what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(wake);
        reject(new Error(`${what}: nothing in 10 s; heard ${this.heard.join(', ') || 'nothing'}`));
      }, 10_000);
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }
}

type NoticePayloadOf<Name extends string> = Name extends NoticeName ? NoticePayload<Name> : undefined;
