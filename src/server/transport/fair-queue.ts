import type { Server } from 'socket.io';
import { CommandRate } from './command-rate.ts';
import type { Connection } from './connection.ts';
import { connectionOf, type EngineConnection, type EngineRequest, webSocketOf } from './engine.ts';

/**
 * What a turn gives, as a number of relays that take the fast path: they are what calls are made of, and cost least.
 * Anything else costs at least a turn.
 */
const QUANTUM = 32;

/** What is taken as it comes in one turn of the event loop, from whomever, as a number of relays. */
const AT_ONCE = 128;

const KILOBYTE = 1024;
const sizeOf = (data: unknown) => (typeof data === 'string' ? data.length / KILOBYTE : 0);
const weightOfRelay = (data: unknown) => 1 + sizeOf(data);
const weightOfAnythingElse = (data: unknown) => QUANTUM * (1 + sizeOf(data) / 8);

/** What a message will weigh, as far as can be told before it is taken. */
const RELAY = /^2\d*\["(?:icecandidate|negotiation)"/;
const weightOf = (data: unknown) =>
  typeof data === 'string' && RELAY.test(data) ? weightOfRelay(data) : weightOfAnythingElse(data);

/** Messages a second that a connection may send and go ahead of those who wait, and how many of them in a row. */
const AHEAD_PER_SECOND = 250;
const AHEAD_IN_A_ROW = 64;

/**
 * Takes what connections send in fair turns: deficit round robin, in which those who send little go first, as RFC 8290
 * has it for packets. Each turn is one of the event loop, so however much some send, from one connection or from many,
 * it holds up nobody's call. Who floods is read more slowly, and TCP slows the sender down. Nothing is refused here,
 * and nothing lost.
 */
export class FairQueue {
  readonly now: () => number;
  readonly fastPath: (connection: Connection, data: unknown) => boolean;
  readonly #flows = new WeakMap<EngineConnection, Flow>();
  /** Those who wait, in the order of their turns: a Set goes through what is added to its end, too. */
  readonly #waiting = new Set<Flow>();
  #isArmed = false;
  /** What was taken as it came since the last turn; of turns in which little came, together. */
  #takenAtOnce = 0;
  /** How many turns there have been. */
  #count = 0;

  /**
   * @param now the clock, in ms
   * @param fastPath takes what a client has sent past Socket.IO, or returns false
   */
  constructor(now: () => number, fastPath: (connection: Connection, data: unknown) => boolean) {
    this.now = now;
    this.fastPath = fastPath;
  }

  /** Puts itself between each connection of Engine.IO and Socket.IO. */
  watch(io: Server): void {
    // A polling client is read request by request.
    io.engine.use((request: EngineRequest, _: unknown, next: () => void) => {
      const connection = request.method === 'POST' ? connectionOf(io, request) : undefined;
      const flow = connection && this.#flows.get(connection);
      if (flow) flow.whenRead(next);
      else next();
    });
    io.engine.on('connection', (connection: EngineConnection) => {
      const [receive] = connection.listeners('data') as [(data: unknown) => void];
      this.#flows.set(connection, new Flow(connection, receive, this));
      connection.removeListener('data', receive);
      connection.on('data', take).on('close', leave);
    });
    // The same for all connections, which takes less memory.
    const flows = this.#flows;
    function take(this: EngineConnection, data: unknown): void {
      flows.get(this)?.take(data);
    }
    // Engine.IO keeps some connections for a while after their end, and must not keep Socket.IO's part with them.
    function leave(this: EngineConnection): void {
      flows.delete(this);
    }
  }

  /** Lets a connection wait for its commands: while the queue is full, nothing more of it is taken. */
  follow(connection: Connection): void {
    const flow = this.#flows.get(connection.socket.conn);
    if (!flow) return;
    flow.client = connection;
    connection.queue.onRoom = () => flow.wake();
  }

  /** How many turns of the event loop there have been in which more was done than a few relays. */
  get count(): number {
    return this.#count;
  }

  /** Whether something may be taken as it comes: nobody waits, or who sent it sends little (`ahead`). */
  admits(ahead: CommandRate): boolean {
    if (this.#takenAtOnce >= AT_ONCE) return false;
    return this.#waiting.size === 0 || ahead.take(this.now()) === 0;
  }

  /** Something was taken as it came. */
  took(weight: number): void {
    this.#takenAtOnce += weight;
    // A few relays are not worth a look at the end of the turn: that would cost as much as one of them.
    if (this.#takenAtOnce >= QUANTUM) this.#arm();
  }

  /** Lets a connection have its turn, after everybody who waits already. */
  wait(flow: Flow): void {
    this.#waiting.add(flow);
    this.#arm();
  }

  #arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    setImmediate(this.#onTurn);
  }

  readonly #onTurn = () => {
    this.#isArmed = false;
    this.#takenAtOnce = 0;
    this.#count += 1;
    for (const flow of this.#waiting) {
      this.#waiting.delete(flow);
      const isTaken = flow.next();
      if (flow.isWaiting) this.#waiting.add(flow);
      // Node does all that follows from it, promises too, before the next turn.
      if (isTaken) break;
    }
    if (this.#waiting.size > 0) this.#arm();
  };
}

/** What nearly all have waiting, nearly always: one for all, which takes less memory. */
const NONE: unknown[] = [];

/** What one connection has sent and waits for its turn. */
class Flow {
  readonly #connection: EngineConnection;
  readonly #receive: (data: unknown) => void;
  readonly #queue: FairQueue;
  readonly #ahead = new CommandRate(AHEAD_PER_SECOND, AHEAD_IN_A_ROW);
  #messages: unknown[] = NONE;
  #isPaused = false;
  /** A polling request that waits to be read. */
  #request: (() => void) | null = null;
  /** How many of #messages were taken. */
  #taken = 0;
  /** The weight that its turns have given it, and that it has not used. */
  #credit = 0;
  /** As soon as it has connected with Socket.IO. */
  client: Connection | null = null;
  /** The turn in which something was last handed to Socket.IO, which has done with it when that turn is over. */
  #handedIn = -1;

  constructor(connection: EngineConnection, receive: (data: unknown) => void, queue: FairQueue) {
    this.#connection = connection;
    this.#receive = receive;
    this.#queue = queue;
  }

  /** Whether there is something to take, or to read, and may be now. */
  get isWaiting(): boolean {
    return this.#isPaused && !this.client?.queue.isFull;
  }

  /** Takes what came at once, or keeps it until its turn. */
  take(data: unknown): void {
    const goesAhead = !this.client?.queue.isFull && this.#queue.admits(this.#ahead);
    if (goesAhead && !this.#isPaused) {
      this.#queue.took(this.#handOn(data));
      return;
    }
    this.#keep(data);
    if (goesAhead) this.#queue.took(this.#takeOldest());
    else if (this.isWaiting) this.#queue.wait(this);
  }

  /**
   * Takes as much as one turn gives. To be read on is a turn of its own: else all that flood would be read at once
   * whenever their turns end together.
   * @returns whether there was anything to do
   */
  next(): boolean {
    if (this.#connection.readyState !== 'open') this.#messages = NONE;
    if (this.#messages.length === 0) return this.#readOn();
    this.#credit += QUANTUM;
    let isAnything = false;
    while (this.#messages.length > 0 && !this.client?.queue.isFull) {
      // Only who has saved up for it may take it: so what is small goes before what is large of others.
      if (weightOf(this.#messages[this.#taken]) > this.#credit) break;
      this.#ahead.count(this.#queue.now());
      this.#credit -= this.#takeOldest();
      isAnything = true;
    }
    return isAnything;
  }

  /** Reads a polling request as soon as nothing that came before it waits. Of two at once Engine.IO takes neither. */
  whenRead(read: () => void): void {
    if (this.#isPaused && !this.#request) this.#request = read;
    else read();
  }

  /** There is room in the queue again. */
  wake(): void {
    if (this.isWaiting) this.#queue.wait(this);
  }

  #keep(data: unknown): void {
    if (!this.#isPaused) webSocketOf(this.#connection.transport)?.pause();
    this.#isPaused = true;
    if (this.#messages === NONE) this.#messages = [data];
    else this.#messages.push(data);
  }

  /** @returns its weight */
  #takeOldest(): number {
    const data = this.#messages[this.#taken];
    this.#taken += 1;
    if (this.#taken === this.#messages.length) {
      this.#messages = NONE;
      this.#taken = 0;
    }
    return this.#handOn(data);
  }

  /** Hands a message on, past Socket.IO if nothing that came before it is still on its way there. @returns its weight */
  #handOn(data: unknown): number {
    const { client } = this;
    const mayGoPast = client !== null && this.#handedIn !== this.#queue.count;
    if (mayGoPast && this.#queue.fastPath(client, data)) return weightOfRelay(data);
    this.#handedIn = this.#queue.count;
    this.#receive(data);
    return weightOfAnythingElse(data);
  }

  #readOn(): true {
    this.#taken = 0;
    // A relay that did not take the shortcut has weighed more than was saved up for it.
    this.#credit = Math.min(0, this.#credit);
    this.#isPaused = false;
    webSocketOf(this.#connection.transport)?.resume();
    const request = this.#request;
    this.#request = null;
    request?.();
    return true;
  }
}
