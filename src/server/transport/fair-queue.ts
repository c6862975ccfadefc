import { CommandRate } from './command-rate.ts';

/** How a fair queue shares the event loop. Costs are in one unit, which the flows choose. */
export interface Sharing {
  /** The cost that a flow may spend in each round, and that may wait before the flow is paused. */
  readonly quantum: number;
  /** The cost that one turn of the event loop serves of the flows that wait. */
  readonly budget: number;
  /** The cost that one turn of the event loop takes at once, before any flow waits. */
  readonly atOnce: number;
  /** Items a second of a flow that count as sparse, and how many of them in a row. */
  readonly sparse: { readonly perSecond: number; readonly inARow: number };
}

/**
 * Shares the event loop among flows: deficit round robin (M. Shreedhar and G. Varghese, "Efficient Fair Queuing Using
 * Deficit Round Robin", 1995), in which sparse flows go first (as in RFC 8290 for packets).
 *
 * While no flow waits, items are taken as they come. Otherwise each waits for its flow's round. One turn of the event
 * loop serves as many flows as fit into its budget, so no flow holds up the loop, and many flows do not either. The
 * queue refuses nothing and loses nothing; a flow of which too much waits is paused.
 */
export class FairQueue<Item> {
  readonly sharing: Sharing;
  readonly now: () => number;
  readonly #schedule: (serve: () => void) => void;
  /**
   * The flows that wait, and since when (ms), in the order of their rounds: a Map iterates over what is added to its end,
   * too.
   */
  readonly #waiting = new Map<Flow<Item>, number>();
  #isScheduled = false;
  /** The cost of what was taken as it came since the last turn. Turns in which little came count together. */
  #takenAtOnce = 0;
  #turns = 0;

  /**
   * @param now the clock, in ms
   * @param schedule calls back once, when all that the present turn has begun is done
   */
  constructor(sharing: Sharing, now: () => number, schedule: (serve: () => void) => void) {
    this.sharing = sharing;
    this.now = now;
    this.#schedule = schedule;
  }

  /** How many turns of the event loop have passed in which more was done than a few cheap items. */
  get turns(): number {
    return this.#turns;
  }

  /** Whether an item may be taken as it comes: no flow waits, or its flow is sparse. */
  admits(sparse: CommandRate): boolean {
    if (this.#takenAtOnce >= this.sharing.atOnce) return false;
    return this.#waiting.size === 0 || sparse.take(this.now()) === 0;
  }

  /** Counts what was taken as it came. */
  count(cost: number): void {
    this.#takenAtOnce += cost;
    // The end of a turn costs about as much as one cheap item, so a few of those do without.
    if (this.#takenAtOnce >= this.sharing.quantum) this.#scheduleTurn();
  }

  /** Gives a flow its round, after all flows that wait already. */
  wait(flow: Flow<Item>): void {
    this.#add(flow);
    this.#scheduleTurn();
  }

  /**
   * How long the first has waited for its round, ms; 0 where none waits. Flows that are paused do not count: a sender that
   * floods waits for itself.
   */
  get oldestMs(): number {
    for (const [flow, since] of this.#waiting) if (!flow.isPaused) return this.now() - since;
    return 0;
  }

  #add(flow: Flow<Item>): void {
    if (!this.#waiting.has(flow)) this.#waiting.set(flow, this.now());
  }

  #scheduleTurn(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule(this.#onTurn);
  }

  readonly #onTurn = () => {
    this.#isScheduled = false;
    this.#takenAtOnce = 0;
    this.#turns += 1;
    let left = this.sharing.budget;
    for (const flow of this.#waiting.keys()) {
      this.#waiting.delete(flow);
      left -= flow.serve();
      if (flow.isReady) this.#add(flow);
      if (left <= 0) break;
    }
    if (this.#waiting.size > 0) this.#scheduleTurn();
  };
}

/** The backlog of nearly all flows, nearly always: one array for all takes less memory. */
const NONE: never[] = [];

/** The items of one sender, in their order. */
export abstract class Flow<Item> {
  readonly #queue: FairQueue<Item>;
  readonly #sparse: CommandRate;
  #items: Item[] = NONE;
  /** How many of #items were taken. */
  #taken = 0;
  /** The cost of the items that wait, as estimated. */
  #backlog = 0;
  /** The deficit: the cost that the rounds have granted and no item has used yet. */
  #deficit = 0;
  #isPaused = false;

  constructor(queue: FairQueue<Item>) {
    this.#queue = queue;
    const { perSecond, inARow } = queue.sharing.sparse;
    this.#sparse = new CommandRate(perSecond, inARow);
  }

  /** The cost of an item, as far as it is known before the item is taken. */
  protected abstract estimate(item: Item): number;
  /** Takes an item. @returns what it has cost */
  protected abstract take(item: Item): number;
  /** Whether no item can be taken now. When that is over, the flow has to be woken. */
  protected abstract get isFull(): boolean;
  /** Whether the sender is gone, and what it has sent counts no more. */
  protected abstract get isOver(): boolean;
  /** Asks the sender to wait. Some items may come nevertheless. */
  protected abstract pause(): void;
  protected abstract resume(): void;

  /** Whether there is something to do for the flow, and it can be done now. */
  get isReady(): boolean {
    return (this.#items.length > 0 || this.#isPaused) && !this.isFull;
  }

  /** Whether the sender was asked to wait, because more of it waits than a round grants. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Takes an item at once, or keeps it until the flow's round. */
  offer(item: Item): void {
    const isAdmitted = !this.isFull && this.#queue.admits(this.#sparse);
    if (isAdmitted && this.#items.length === 0) {
      this.#queue.count(this.take(item));
      return;
    }
    this.#keep(item);
    if (isAdmitted) this.#queue.count(this.#takeOldest());
    if (this.isReady) this.#queue.wait(this);
  }

  /**
   * Does what one round gives. To be resumed is a round of its own, which costs a whole one: otherwise all senders that
   * flood would be read at once whenever their rounds end together.
   * @returns what it has cost
   */
  serve(): number {
    if (this.isOver) this.#drop();
    if (this.#items.length === 0) return this.#isPaused ? this.#readOn() : 0;
    const { sharing, now } = this.#queue;
    const time = now();
    let cost = 0;
    this.#deficit += sharing.quantum;
    // An item waits until the flow has saved up for it: so small items go before large ones of others.
    while (this.#items.length > 0 && !this.isFull && this.estimate(this.#next) <= this.#deficit) {
      this.#sparse.count(time);
      const spent = this.#takeOldest();
      this.#deficit -= spent;
      cost += spent;
    }
    // An item that cost more than its estimate is paid for later.
    if (this.#items.length === 0) this.#deficit = Math.min(0, this.#deficit);
    return cost;
  }

  /** The flow is full no more. */
  wake(): void {
    if (this.isReady) this.#queue.wait(this);
  }

  get #next(): Item {
    return this.#items[this.#taken] as Item;
  }

  #keep(item: Item): void {
    if (this.#items === NONE) this.#items = [item];
    else this.#items.push(item);
    this.#backlog += this.estimate(item);
    if (this.#backlog <= this.#queue.sharing.quantum) return;
    // Again, too, if it is paused already: the sender may have got another way to send.
    this.#isPaused = true;
    this.pause();
  }

  #takeOldest(): number {
    const item = this.#next;
    this.#backlog -= this.estimate(item);
    this.#taken += 1;
    if (this.#taken === this.#items.length) this.#drop();
    return this.take(item);
  }

  #drop(): void {
    this.#items = NONE;
    this.#taken = 0;
    this.#backlog = 0;
  }

  #readOn(): number {
    this.#isPaused = false;
    this.resume();
    return this.#queue.sharing.quantum;
  }
}
