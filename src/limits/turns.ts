import type { Server } from 'socket.io';
import type { Lane } from '../lane.ts';
import { connectionOf, type EngineConnection, type EngineRequest, webSocketOf } from './engine.ts';
import { CommandRate } from './rate.ts';

/**
 * What a turn gives, as a number of relays: they are what calls are made of, and cost little. Anything else counts for
 * a whole turn, and each kilobyte as one relay more.
 */
const QUANTUM = 8;
const RELAY = /^2\d*\["(?:icecandidate|negotiation)"/;
const weightOf = (data: unknown) =>
  typeof data === 'string' ? (RELAY.test(data) ? 1 : QUANTUM) + data.length / 1024 : QUANTUM;

/** What is taken as it comes in one turn of the event loop, from whomever, as a number of relays. */
const AT_ONCE = 32;

/** Messages a second that a connection may send and go ahead of those who wait, and how many of them in a row. */
const AHEAD_PER_SECOND = 250;
const AHEAD_IN_A_ROW = 64;

/**
 * Takes what connections send in fair turns: deficit round robin, in which those who send little go first, as RFC 8290
 * has it for packets. Each turn is one of the event loop, so however much some send, from one connection or from many,
 * it holds up nobody's call. Who floods is read more slowly, and TCP slows the sender down. Nothing is refused here,
 * and nothing lost.
 */
export class Turns {
  readonly now: () => number;
  readonly #flows = new WeakMap<EngineConnection, Flow>();
  /** Those who wait, in the order of their turns: a Set goes through what is added to its end, too. */
  readonly #waiting = new Set<Flow>();
  #isArmed = false;
  #takenAtOnce = 0;

  /** @param now the clock, in ms */
  constructor(now: () => number) {
    this.now = now;
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
      const flow = new Flow(connection, receive, this);
      this.#flows.set(connection, flow);
      connection.removeListener('data', receive);
      const take = (data: unknown) => flow.take(data);
      connection.on('data', take);
      // Engine.IO keeps some connections for a while after their end, and must not keep Socket.IO's part with them.
      connection.once('close', () => {
        connection.removeListener('data', take);
        this.#flows.delete(connection);
      });
    });
  }

  /** Lets a connection wait for its commands: while the lane is full, nothing more of it is taken. */
  follow(connection: EngineConnection, lane: Lane): void {
    const flow = this.#flows.get(connection);
    if (!flow) return;
    flow.lane = lane;
    lane.onRoom = () => flow.wake();
  }

  /** Whether something may be taken as it comes: nobody waits, or who sent it sends little (`ahead`). */
  admits(weight: number, ahead: CommandRate): boolean {
    if (this.#takenAtOnce >= AT_ONCE) return false;
    if (this.#waiting.size > 0 && ahead.take(this.now()) > 0) return false;
    this.#takenAtOnce += weight;
    this.#arm();
    return true;
  }

  /** Lets a connection have its turn, after everybody who waits already. */
  wait(flow: Flow): void {
    this.#waiting.add(flow);
    this.#arm();
  }

  #arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    setImmediate(() => this.#onTurn());
  }

  #onTurn(): void {
    this.#isArmed = false;
    this.#takenAtOnce = 0;
    for (const flow of this.#waiting) {
      this.#waiting.delete(flow);
      const isTaken = flow.next();
      if (flow.isWaiting) this.#waiting.add(flow);
      // Node does all that follows from it, promises too, before the next turn.
      if (isTaken) break;
    }
    if (this.#waiting.size > 0) this.#arm();
  }
}

/** What one connection has sent and waits for its turn. */
class Flow {
  readonly #connection: EngineConnection;
  readonly #receive: (data: unknown) => void;
  readonly #turns: Turns;
  readonly #ahead = new CommandRate(AHEAD_PER_SECOND, AHEAD_IN_A_ROW);
  #messages: unknown[] = [];
  #isPaused = false;
  /** A polling request that waits to be read. */
  #request: (() => void) | null = null;
  /** How many of #messages were taken. */
  #taken = 0;
  /** The weight that its turns have given it, and that it has not used. */
  #credit = 0;
  lane: Lane | null = null;

  constructor(connection: EngineConnection, receive: (data: unknown) => void, turns: Turns) {
    this.#connection = connection;
    this.#receive = receive;
    this.#turns = turns;
  }

  /** Whether there is something to take, or to read, and may be now. */
  get isWaiting(): boolean {
    return this.#isPaused && !this.lane?.isFull;
  }

  /** Takes what came at once, or keeps it until its turn. */
  take(data: unknown): void {
    const oldest = this.#messages.length > 0 ? this.#messages[this.#taken] : data;
    const goesAhead = !this.lane?.isFull && this.#turns.admits(weightOf(oldest), this.#ahead);
    if (goesAhead && !this.#isPaused) {
      this.#receive(data);
      return;
    }
    this.#keep(data);
    if (goesAhead) this.#takeOldest();
    else if (this.isWaiting) this.#turns.wait(this);
  }

  /**
   * Takes as much as one turn gives. To be read on is a turn of its own: else all that flood would be read at once
   * whenever their turns end together.
   * @returns whether there was anything to do
   */
  next(): boolean {
    if (this.#connection.readyState !== 'open') this.#messages = [];
    if (this.#messages.length === 0) return this.#readOn();
    this.#credit += QUANTUM;
    let isAnything = false;
    for (let weight = this.#weight; this.#messages.length > 0 && !this.lane?.isFull; weight = this.#weight) {
      if (weight > this.#credit) break;
      this.#credit -= weight;
      this.#ahead.count(this.#turns.now());
      this.#takeOldest();
      isAnything = true;
    }
    return isAnything;
  }

  /** Reads a polling request as soon as nothing that came before it waits. Of two at once Engine.IO takes neither. */
  whenRead(read: () => void): void {
    if (this.#isPaused && !this.#request) this.#request = read;
    else read();
  }

  /** There is room in the lane again. */
  wake(): void {
    if (this.isWaiting) this.#turns.wait(this);
  }

  #keep(data: unknown): void {
    if (!this.#isPaused) webSocketOf(this.#connection.transport)?.pause();
    this.#isPaused = true;
    this.#messages.push(data);
  }

  #takeOldest(): void {
    const data = this.#messages[this.#taken];
    this.#taken += 1;
    if (this.#taken === this.#messages.length) {
      this.#messages = [];
      this.#taken = 0;
    }
    this.#receive(data);
  }

  /** The weight of what is to be taken next. */
  get #weight(): number {
    return weightOf(this.#messages[this.#taken]);
  }

  #readOn(): true {
    this.#taken = 0;
    this.#credit = 0;
    this.#isPaused = false;
    webSocketOf(this.#connection.transport)?.resume();
    const request = this.#request;
    this.#request = null;
    request?.();
    return true;
  }
}
