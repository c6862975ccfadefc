import type { Server } from 'socket.io';
import type { Connection } from './connection.ts';
import { ConnectionField } from './connection-field.ts';
import { EARLY_BYTES, type EarlyReader } from './early-frames.ts';
import { awaitsSignOfLife, connectionOf, type EngineConnection, type EngineRequest, webSocketOf } from './engine.ts';
import { FairQueue, Flow, type Sharing } from './fair-queue.ts';
import { GuardedWebSocket } from './web-socket.ts';

/**
 * The unit of cost is a relay that takes the fast path, some 10 µs. Any other command costs at least a round. Relays of
 * hundreds of connections fit into one turn: calls are made of them, and one that has to wait costs a fifth more.
 */
const QUANTUM = 256;

/** @see FairQueue. A tab that joins a call sends some 64 messages in a row, and much less than 250 a second. */
export const sharing: Sharing = {
  quantum: QUANTUM,
  slack: 32,
  budget: 4 * QUANTUM,
  atOnce: 4 * QUANTUM,
  sparse: { perSecond: 250, inARow: 64 },
};

const KILOBYTE = 1024;
const sizeOf = (data: unknown) => (typeof data === 'string' ? data.length / KILOBYTE : 0);
const costOfRelay = (data: unknown) => 1 + sizeOf(data);
const costOfOther = (data: unknown) =>
  typeof data === 'string' && ARRIVAL.test(data) ? ARRIVAL_COST : QUANTUM * (1 + sizeOf(data) / 8);

/** The two packets of somebody who comes back: CONNECT, and a command that waits for its turn elsewhere. Thousands come at once. */
const ARRIVAL = /^(?:0|2\d*\["re-attend")/;
const ARRIVAL_COST = QUANTUM / 16;

const RELAY = /^2\d*\["(?:icecandidate|negotiation)"/;

/** The first bytes of an event: the types of packet of Engine.IO and Socket.IO. */
const [MESSAGE, EVENT] = [...Buffer.from('42')];

/** The way of one client past Socket.IO. */
export interface FastPath {
  /**
   * @param packet of Socket.IO; it may be decoded as Latin-1, where it is not in ASCII
   * @returns whether it has taken the packet; otherwise it has done nothing
   */
  take(packet: string): boolean;
}

/**
 * Reads connections in fair turns, between Engine.IO and Socket.IO. A connection that floods is read more slowly, and TCP
 * slows its sender down.
 */
export class FairReading {
  readonly #queue: FairQueue<unknown>;

  /** @param now the clock, in ms */
  constructor(now: () => number) {
    // Node does all that a turn has begun, promises too, before the next turn.
    this.#queue = new FairQueue(sharing, now, setImmediate);
  }

  /** Puts itself between each connection of Engine.IO and Socket.IO. */
  watch(io: Server): void {
    // A polling client is read request by request.
    io.engine.use((request: EngineRequest, _: unknown, next: () => void) => {
      const connection = request.method === 'POST' ? connectionOf(io, request) : undefined;
      const flow = connection && flows.get(connection);
      if (flow) flow.whenRead(next);
      else next();
    });
    io.engine.on('connection', (connection: EngineConnection) => {
      const [receive] = connection.listeners('data') as [(data: unknown) => void];
      flows.set(connection, new ConnectionFlow(connection, receive, this.#queue));
      connection.removeListener('data', receive);
      connection.on('data', offer).on('upgrade', readEarly).on('close', leave);
    });
  }

  /** How long the first connection has waited for its turn, ms; 0 where none waits. */
  get oldestMs(): number {
    return this.#queue.oldestMs;
  }

  /** Whether something that a client has sent waits to be read: its flow is paused, or has items. */
  hasUnread(connection: EngineConnection): boolean {
    return flows.get(connection)?.hasUnread ?? false;
  }

  /** The client of a connection; null before it has connected with Socket.IO. */
  clientOf(connection: EngineConnection): Connection | null {
    return flows.get(connection)?.client ?? null;
  }

  /**
   * Lets a connection wait for its commands: while their queue is full, nothing more of it is taken.
   * @param fastPath null where all of its packets go through Socket.IO
   */
  follow(connection: Connection, fastPath: FastPath | null): void {
    const { conn } = connection.socket;
    const flow = flows.get(conn);
    if (!flow) return;
    flow.follow(connection, fastPath);
    connection.queue.onRoom = () => flow.wake();
    readEarly.call(conn);
  }
}

/** None before the handshake is over, and after the end. */
const flows = new ConnectionField<ConnectionFlow | null>(null);

// All connections share these functions, which know them by `this`. That takes less memory.
function offer(this: EngineConnection, data: unknown): void {
  flows.get(this)?.offer(data);
}

/** The flow reads the messages of the WebSocket that the connection has now. */
function readEarly(this: EngineConnection): void {
  const webSocket = webSocketOf(this.transport);
  const flow = flows.get(this);
  if (webSocket instanceof GuardedWebSocket && flow?.hasFastPath) webSocket.reader = flow;
}

/** Engine.IO keeps some connections for a while after their end, and must not keep Socket.IO's part with them. */
function leave(this: EngineConnection): void {
  flows.get(this)?.end();
  flows.set(this, null);
  const webSocket = webSocketOf(this.transport);
  if (webSocket instanceof GuardedWebSocket) webSocket.reader = null;
}

/** The messages that one connection has sent. */
class ConnectionFlow extends Flow<unknown> implements EarlyReader {
  readonly #connection: EngineConnection;
  readonly #receive: (data: unknown) => void;
  readonly #queue: FairQueue<unknown>;
  /** A polling request that waits to be read. */
  #request: (() => void) | null = null;
  /** As soon as it has connected with Socket.IO. */
  #client: Connection | null = null;
  #fastPath: FastPath | null = null;
  /** The turn in which something was last handed to Socket.IO, which has done with it when that turn is over. */
  #handedIn = -1;

  constructor(connection: EngineConnection, receive: (data: unknown) => void, queue: FairQueue<unknown>) {
    super(queue);
    this.#connection = connection;
    this.#receive = receive;
    this.#queue = queue;
  }

  get client(): Connection | null {
    return this.#client;
  }

  follow(client: Connection, fastPath: FastPath | null): void {
    this.#client = client;
    this.#fastPath = fastPath;
  }

  get hasFastPath(): boolean {
    return this.#fastPath !== null;
  }

  /** Takes a message past Engine.IO, too, if it would be taken as it comes and can take the fast path. */
  takeEarly(message: Buffer): boolean {
    if (message[1] !== EVENT || message[0] !== MESSAGE || message.length > EARLY_BYTES) return false;
    if (!this.#mayGoPast || this.isOver || !this.isClear || awaitsSignOfLife(this.#connection)) return false;
    const packet = message.toString('latin1', 1);
    if (!this.#fastPath?.take(packet)) return false;
    this.count(costOfRelay(packet));
    return true;
  }

  /** Reads a polling request as soon as the flow is not paused. Of two at once Engine.IO takes neither. */
  whenRead(read: () => void): void {
    if (this.isPaused && !this.#request) this.#request = read;
    else read();
  }

  protected override estimate(data: unknown): number {
    return typeof data === 'string' && RELAY.test(data) ? costOfRelay(data) : costOfOther(data);
  }

  /** Hands data on, past Socket.IO if nothing that came before it is still on its way there. */
  protected override take(data: unknown): number {
    if (this.#mayGoPast && typeof data === 'string' && this.#fastPath?.take(data)) return costOfRelay(data);
    this.#handedIn = this.#queue.turns;
    this.#receive(data);
    return costOfOther(data);
  }

  get hasUnread(): boolean {
    return this.isReady || this.isFull;
  }

  /** Whether nothing that came before is still on its way through Socket.IO. */
  get #mayGoPast(): boolean {
    return this.#handedIn !== this.#queue.turns;
  }

  protected override get isFull(): boolean {
    return this.#client?.queue.isFull ?? false;
  }

  protected override get isOver(): boolean {
    return this.#connection.readyState !== 'open';
  }

  protected override pause(): void {
    webSocketOf(this.#connection.transport)?.pause();
  }

  protected override resume(): void {
    webSocketOf(this.#connection.transport)?.resume();
    const request = this.#request;
    this.#request = null;
    request?.();
  }
}
