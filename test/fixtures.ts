import { io as connectV4, type Socket as SocketV4 } from 'socket.io-client';
import connectV2 from 'socket.io-client-v2';
import { onTestFinished } from 'vitest';
import { loadConfig } from '../src/load-config.ts';
import type { WireError } from '../src/protocol/errors.ts';
import type { CommandName, CommandPayload, NoticeName, NoticePayload, Reply } from '../src/protocol/types.ts';
import { type RunningServer, start } from '../src/server.ts';
import { createServices, type Services } from '../src/services.ts';

/** The generations of clients that are in the field, over both transports. */
export const generations = [
  { name: 'Socket.IO 4 over WebSocket', version: 4, transports: ['websocket'] },
  { name: 'Socket.IO 4 over polling', version: 4, transports: ['polling'] },
  { name: 'Socket.IO 2 over WebSocket', version: 2, transports: ['websocket'] },
  { name: 'Socket.IO 2 over polling', version: 2, transports: ['polling'] },
] as const;
export type Generation = (typeof generations)[number];
const [newest] = generations;

type Environment = Record<string, string>;

/** Quick PIN checks, any free port, no lines in between the results. */
const testEnvironment: Environment = { PORT: '0', LOG_LEVEL: 'silent', BCRYPT_COST: '4' };

/** A server that clients can connect to, wherever it runs. */
export interface Reachable {
  /** Connects a client, which is closed when the test is over. */
  connect(options?: ConnectOptions): Promise<Client>;
}

export interface TestServer extends RunningServer, Reachable {
  services: Services;
}

export interface ConnectOptions {
  generation?: Generation;
  origin?: string;
  headers?: Record<string, string>;
}

/**
 * A real server on a free port, stopped when the test is over.
 * @param env what the environment of the server would hold
 * @param replace services of the test's own, such as a clock
 */
export async function startServer(env: Environment = {}, replace: Partial<Services> = {}): Promise<TestServer> {
  const services = { ...(await createServices(loadConfig({ ...testEnvironment, ...env }))), ...replace };
  const server = await start(services);
  let closed: Promise<void> | null = null;
  const close = () => {
    closed ??= server.close();
    return closed;
  };
  onTestFinished(close);
  return { ...server, close, services, connect: (options) => Client.connect(server.url, options) };
}

interface AnySocket {
  id?: string | undefined;
  connected: boolean;
  emit(name: string, ...args: unknown[]): unknown;
  on(name: string, listener: (...args: never[]) => void): unknown;
  close(): unknown;
}

/** A client as anybody would write one, that remembers every notice it was sent. */
export class Client {
  readonly socket: AnySocket;
  readonly received: { notice: string; payload: unknown }[] = [];
  /** All that ever came, in its order: notices, and the replies of acks under the name of the command. */
  readonly everything: { notice: string; payload: unknown }[] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(socket: AnySocket) {
    this.socket = socket;
  }

  static async connect(url: string, { generation = newest, origin, headers }: ConnectOptions = {}): Promise<Client> {
    const extraHeaders = { ...headers, ...(origin === undefined ? {} : { origin }) };
    const options = {
      transports: [...generation.transports],
      forceNew: true,
      reconnection: false,
      extraHeaders,
      transportOptions: { polling: { extraHeaders }, websocket: { extraHeaders } },
    };
    const socket: AnySocket = generation.version === 4 ? connectV4(url, options) : connectV2(url, options);
    const client = new Client(socket);
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
    this.socket.on('disconnect', () => remember('(disconnected)', undefined));
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

  /** As `ask`, where only a yes will do. */
  async must<Name extends CommandName>(name: Name, payload: CommandPayload<Name>): Promise<Reply<Name> & { ok: true }> {
    const reply = await this.ask(name, payload);
    if (!reply.ok) throw new Error(`${name} was refused: ${JSON.stringify(reply.error)}`);
    return reply;
  }

  /** As `ask`, where only a no will do. */
  async refused<Name extends CommandName>(name: Name, payload: CommandPayload<Name>): Promise<WireError> {
    const reply = await this.ask(name, payload);
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
  }

  close(): void {
    this.socket.close();
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

/** Somebody seated: a client, and what it sends with every command. */
export interface Seat {
  client: Client;
  id: string;
  accessToken: string;
  /** `W, A, T` of the protocol. */
  proof: { workspace: { id: string }; attendee: { id: string }; accessToken: string };
  /** `W, T` and the ids of a relay to somebody. */
  to(target: Seat): {
    workspace: { id: string };
    attendee: { id: string };
    broadcaster: { id: string };
    accessToken: string;
  };
}

export interface Owner extends Seat {
  /** The invitation. */
  token: string;
  workspaceId: string;
}

function seat(client: Client, workspaceId: string, id: string, accessToken: string): Seat {
  const workspace = { id: workspaceId };
  return {
    client,
    id,
    accessToken,
    proof: { workspace, attendee: { id }, accessToken },
    to: (target) => ({ workspace, attendee: { id: target.id }, broadcaster: { id }, accessToken }),
  };
}

/** Creates a workspace and forgets the notices that came with it. */
export async function createWorkspace(
  server: Reachable,
  { pin, name, client, ...options }: ConnectOptions & { pin?: string; name?: string; client?: Client } = {},
): Promise<Owner> {
  const owner = client ?? (await server.connect(options));
  const { workspace, attendee, accessToken } = await owner.must('create', {
    workspace: { name: 'Room', ...(pin === undefined ? {} : { pin }) },
    attendee: { name: name ?? 'Owner' },
  });
  await owner.notice('iceservers');
  return {
    ...seat(owner, workspace.id, attendee.id, accessToken),
    token: workspace.token,
    workspaceId: workspace.id,
  };
}

/** Takes a seat and forgets the notices that came with it, also those of the people who are there. */
export async function attend(
  server: Reachable,
  owner: Owner,
  { pin, name, session, client, ...options }: ConnectOptions & AttendOptions = {},
): Promise<Seat> {
  const guest = client ?? (await server.connect(options));
  const { attendee, accessToken, attendees } = await guest.must('attend', {
    workspace: { token: owner.token, ...(pin === undefined ? {} : { pin }) },
    attendee: { name: name ?? 'Guest' },
    ...(session === undefined ? {} : { session }),
  });
  await guest.notice('iceservers');
  if (attendees[owner.id]?.connected) await owner.client.notice('attend', ({ id }) => id === attendee.id);
  return seat(guest, owner.workspaceId, attendee.id, accessToken);
}

interface AttendOptions {
  pin?: string;
  name?: string;
  session?: string;
  client?: Client;
}

/** Comes back to a seat with another connection. */
export async function reattend(
  server: Reachable,
  { proof }: Seat,
  { session, ...options }: ConnectOptions & { session?: string } = {},
): Promise<Seat> {
  const client = await server.connect(options);
  const { accessToken } = await client.must('re-attend', { ...proof, ...(session === undefined ? {} : { session }) });
  await client.notice('iceservers');
  return seat(client, proof.workspace.id, proof.attendee.id, accessToken);
}

export const offer = { type: 'offer', sdp: 'v=0\r\n' } as const;
export const answer = { type: 'answer', sdp: 'v=0\r\n' } as const;
export const candidate = {
  candidate: 'candidate:1 1 udp 2122260223 192.0.2.1 54400 typ host',
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: 'abcd',
};

/** The owner rings somebody, who answers. @returns the call */
export async function connectCall(owner: Seat, callee: Seat, call = { id: 'call-1' }): Promise<{ id: string }> {
  await owner.client.must('ring', { ...owner.proof, callee: { id: callee.id }, offer, call });
  await callee.client.notice('ring');
  await callee.client.must('answer', { ...callee.proof, caller: { id: owner.id }, answer, call });
  await owner.client.notice('answer');
  await callee.client.notice('call-joined');
  await owner.client.notice('call-joined', ({ attendee }) => attendee.id === callee.id);
  return call;
}
