import { CommandRate } from './command-rate.ts';

/** How a fair queue shares the event loop. Costs are in one unit, which the flows choose. */
export interface Sharing {
  /** The cost that a flow may spend in each round. */
  readonly quantum: number;
  /** The cost that may wait of a flow before it is paused, and that is taken as it comes without the end of a turn. */
  readonly slack: number;
  /** The cost that one turn of the event loop serves of the flows that wait, unless one of them needs a whole round. */
  readonly budget: number;
  /** The cost that one turn of the event loop takes as it comes. */
  readonly atOnce: number;
  /** Items a second of a flow that count as sparse, and how many of them in a row. */
  readonly sparse: { readonly perSecond: number; readonly inARow: number };
}

/**
 * Shares the event loop among flows: deficit round robin (M. Shreedhar and G. Varghese, "Efficient Fair Queuing Using
 * Deficit Round Robin", 1995), in which sparse flows go first (as in RFC 8290 for packets).
 *
 * While all that waits fits into one turn of the event loop, items are taken as they come: each flow that waits gets its
 * round in that turn, too. Otherwise each item waits for its flow's round. One turn serves as many flows as fit into its
 * budget, and ends with the first one that needs a whole round, so no flow holds up the loop, and many flows do not
 * either. The queue refuses nothing and loses nothing; a flow of which too much waits is paused.
 *
 * The budget should be at least what one turn takes as it comes. Then the queue has no second state to stay in: what
 * senders keep on their way in calm also fits into one turn when a flood has made all of it wait.
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
  /** The cost of all that waits, as estimated. */
  #backlog = 0;
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

  /** Whether an item may be taken as it comes: what waits fits into the next turn, or its flow is sparse. */
  admits(sparse: CommandRate): boolean {
    if (this.#takenAtOnce >= this.sharing.atOnce) return false;
    return !this.#isCongested || sparse.has(this.now());
  }

  /** Counts what was taken as it came. */
  count(cost: number, sparse: CommandRate): void {
    this.#takenAtOnce += cost;
    if (this.#isCongested) sparse.count(this.now());
    // The end of a turn costs about as much as one cheap item.
    if (this.#takenAtOnce >= this.sharing.slack) this.#scheduleTurn();
  }

  /** Counts the cost of what begins to wait, or, where it is negative, waits no more. */
  countWaiting(cost: number): void {
    this.#backlog += cost;
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

  get #isCongested(): boolean {
    return this.#waiting.size > 0 && this.#backlog > this.sharing.budget;
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
      const cost = flow.serve();
      if (flow.isReady) this.#add(flow);
      left -= cost;
      if (left <= 0 || cost >= this.sharing.quantum) break;
    }
    if (this.#waiting.size > 0) this.#scheduleTurn();
  };
}

/** An item that waits, with its cost as estimated. */
interface Waiting<Item> {
  readonly item: Item;
  readonly cost: number;
}

/** What waits of nearly all flows, nearly always: one array for all takes less memory. */
const NONE: never[] = [];

/** The items of one sender, in their order. */
export abstract class Flow<Item> {
  readonly #queue: FairQueue<Item>;
  readonly #sparse: CommandRate;
  #items: Waiting<Item>[] = NONE;
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

  /** Whether the sender was asked to wait, because too much of it waits. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Takes an item at once, or keeps it until the flow's round. */
  offer(item: Item): void {
    const isAdmitted = this.#isAdmitted;
    if (isAdmitted && this.#items.length === 0) {
      this.count(this.take(item));
      return;
    }
    this.#keep(item);
    if (isAdmitted) this.count(this.#takeOldest());
    if (this.isReady) this.#queue.wait(this);
  }

  /** Whether the next item would be taken as it comes. The flow may then take it in another way, and has to count it. */
  protected get isClear(): boolean {
    return this.#items.length === 0 && this.#isAdmitted;
  }

  /** Counts what was taken as it came. */
  protected count(cost: number): void {
    this.#queue.count(cost, this.#sparse);
  }

  get #isAdmitted(): boolean {
    return !this.isFull && this.#queue.admits(this.#sparse);
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
    while (this.#items.length > 0 && !this.isFull && this.#next.cost <= this.#deficit) {
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

  /** The sender is gone: drops what waits. */
  end(): void {
    this.#drop();
  }

  get #next(): Waiting<Item> {
    return this.#items[this.#taken] as Waiting<Item>;
  }

  #keep(item: Item): void {
    const waiting = { item, cost: this.estimate(item) };
    if (this.#items === NONE) this.#items = [waiting];
    else this.#items.push(waiting);
    this.#countWaiting(waiting.cost);
    if (this.#backlog <= this.#queue.sharing.slack) return;
    if (!this.#isPaused) this.#queue.countWaiting(this.#queue.sharing.quantum);
    this.#isPaused = true;
    // Again, too, if it is paused already: the sender may have got another way to send.
    this.pause();
  }

  #takeOldest(): number {
    const { item, cost } = this.#next;
    this.#countWaiting(-cost);
    this.#taken += 1;
    if (this.#taken === this.#items.length) this.#drop();
    return this.take(item);
  }

  #drop(): void {
    this.#items = NONE;
    this.#taken = 0;
    this.#countWaiting(-this.#backlog);
  }

  #countWaiting(cost: number): void {
    this.#backlog += cost;
    this.#queue.countWaiting(cost);
  }

  #readOn(): number {
    const { quantum } = this.#queue.sharing;
    this.#isPaused = false;
    this.#queue.countWaiting(-quantum);
    this.resume();
    return quantum;
  }
}
