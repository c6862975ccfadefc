import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairQueue, Flow, type Sharing } from '../../../src/server/transport/fair-queue.ts';
import { sharing as sharingOfConnections } from '../../../src/server/transport/fair-reading.ts';

const sharing: Sharing = { quantum: 10, slack: 10, budget: 20, atOnce: 40, sparse: { perSecond: 10, inARow: 5 } };

/** No item costs more than this. */
const LARGEST = 35;

interface Item {
  readonly number: number;
  readonly cost: number;
  /** Its real cost. */
  readonly actual: number;
}

/** A queue whose turns and clock the test moves on. */
class World {
  now = 0;
  readonly queue: FairQueue<Item>;
  readonly flows: Sender[];
  /** The taken items, in order. */
  readonly taken: { readonly sender: Sender; readonly item: Item }[] = [];
  #scheduled: (() => void)[] = [];

  constructor(flows: number, changes: Partial<Sharing> = {}) {
    this.queue = new FairQueue(
      { ...sharing, ...changes },
      () => this.now,
      (serve) => this.#scheduled.push(serve),
    );
    this.flows = Array.from({ length: flows }, () => new Sender(this));
  }

  get isIdle(): boolean {
    return this.#scheduled.length === 0;
  }

  /** One turn of the event loop. @returns the cost of what was taken */
  turn(): number {
    const due = this.#scheduled;
    expect(due.length).toBeLessThanOrEqual(1);
    this.#scheduled = [];
    const before = this.taken.length;
    for (const serve of due) serve();
    return costOf(this.taken.slice(before).map(({ item }) => item));
  }

  pass(ms: number): void {
    this.now += ms;
  }

  /** Turns until nothing is left to do. */
  settle(): void {
    for (let turns = 0; !this.isIdle; turns += 1) {
      expect(turns).toBeLessThan(10_000);
      this.turn();
    }
  }
}

class Sender extends Flow<Item> {
  readonly #world: World;
  #sent = 0;
  #served = 0;
  full = false;
  over = false;
  paused = false;
  /** How often it was paused, and how often resumed. */
  pauses = 0;
  resumes = 0;

  constructor(world: World) {
    super(world.queue);
    this.#world = world;
  }

  send(cost: number, actual = cost): void {
    this.#sent += 1;
    this.offer({ number: this.#sent, cost, actual });
  }

  /** Sends so much that later items wait. */
  flood(items: number, cost = 1): void {
    for (let n = 0; n < items; n += 1) this.send(cost);
  }

  get taken(): Item[] {
    return this.#world.taken.filter(({ sender }) => sender === this).map(({ item }) => item);
  }

  get sent(): number {
    return this.#sent;
  }

  get isServed(): boolean {
    return this.#served === this.#sent;
  }

  protected override estimate({ cost }: Item): number {
    return cost;
  }

  protected override take(item: Item): number {
    expect(this.full).toBe(false);
    this.#served += 1;
    this.#world.taken.push({ sender: this, item });
    return item.actual;
  }

  protected override get isFull(): boolean {
    return this.full;
  }

  protected override get isOver(): boolean {
    return this.over;
  }

  protected override pause(): void {
    this.paused = true;
    this.pauses += 1;
  }

  protected override resume(): void {
    expect(this.paused).toBe(true);
    this.paused = false;
    this.resumes += 1;
  }
}

function costOf(items: readonly Item[]): number {
  return items.reduce((sum, { actual }) => sum + actual, 0);
}

const FLOWS = 4;
const flow = fc.nat({ max: FLOWS - 1 });
const cost = fc.integer({ min: 1, max: LARGEST });

type Step = (world: World) => void;
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(flow, cost, cost).map(([n, estimate, actual]): Step => sends(n, estimate, actual)),
    },
    { weight: 2, arbitrary: fc.constant<Step>((world) => world.turn()) },
    {
      weight: 1,
      arbitrary: fc.nat({ max: 500 }).map(
        (ms): Step =>
          (world) =>
            world.pass(ms),
      ),
    },
    {
      weight: 1,
      arbitrary: flow.map(
        (n): Step =>
          (world) =>
            fills(world.flows[n]),
      ),
    },
    {
      weight: 1,
      arbitrary: flow.map(
        (n): Step =>
          (world) =>
            empties(world.flows[n]),
      ),
    },
  ),
  { maxLength: 200 },
);

function sends(n: number, estimate: number, actual: number): Step {
  return (world) => world.flows[n]?.send(estimate, actual);
}

function fills(sender?: Sender): void {
  if (sender) sender.full = true;
}

function empties(sender?: Sender): void {
  if (!sender) return;
  sender.full = false;
  sender.wake();
}

describe('Whatever is sent, and whenever', () => {
  it('nothing is lost, nothing is taken twice, and each flow keeps its order', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const world = new World(FLOWS);
        for (const step of all) step(world);
        for (const sender of world.flows) empties(sender);
        world.settle();
        for (const sender of world.flows) {
          expect(sender.taken.map(({ number }) => number)).toEqual(
            Array.from({ length: sender.sent }, (_, n) => n + 1),
          );
          expect(sender.paused).toBe(false);
        }
      }),
    );
  });

  it('one turn takes no more than its budget and one flow’s round', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const world = new World(FLOWS);
        for (const step of all) {
          const before = world.taken.length;
          const turns = world.queue.turns;
          step(world);
          if (world.queue.turns === turns) continue;
          const cost = costOf(world.taken.slice(before).map(({ item }) => item));
          // The last flow may begin its round while a little of the budget is left, and its last item may cost more than
          // its estimate.
          expect(cost).toBeLessThan(sharing.budget + sharing.quantum + LARGEST + LARGEST);
        }
      }),
    );
  });

  it('one turn takes no more as it comes than its bound and one item', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const world = new World(FLOWS);
        let [atOnce, turns] = [0, 0];
        for (const step of all) {
          const before = world.taken.length;
          step(world);
          if (world.queue.turns !== turns) [atOnce, turns] = [0, world.queue.turns];
          else atOnce += costOf(world.taken.slice(before).map(({ item }) => item));
          expect(atOnce).toBeLessThan(sharing.atOnce + LARGEST);
        }
      }),
    );
  });
});

it('Flows that wait get equal parts, within the bound of deficit round robin, whatever their items cost', () => {
  fc.assert(
    fc.property(fc.array(cost, { minLength: 2, maxLength: 8 }), fc.integer({ min: 1, max: 60 }), (costs, turns) => {
      // Nothing goes ahead, so that all that is taken is taken in rounds.
      const world = new World(costs.length, { atOnce: 0 });
      for (const [n, each] of costs.entries()) world.flows[n]?.flood(2 * turns * sharing.budget, each);
      for (let n = 0; n < turns; n += 1) world.turn();
      const got = world.flows.map(({ taken }) => costOf(taken));
      // Shreedhar and Varghese: over any time, two flows with work differ by less than a quantum and two largest items;
      // one of them may have had one round more.
      const bound = 2 * sharing.quantum + 2 * LARGEST;
      expect(Math.max(...got) - Math.min(...got)).toBeLessThan(bound);
    }),
    { numRuns: 50 },
  );
});

describe('A sparse flow', () => {
  function flooded(): { world: World; flood: Sender; calm: Sender } {
    const world = new World(2);
    const [flood, calm] = world.flows as [Sender, Sender];
    flood.flood(1000);
    // The flood has used up what may be taken as it comes in this turn.
    world.turn();
    return { world, flood, calm };
  }

  it('goes ahead of flows that wait', () => {
    const { world, calm } = flooded();
    calm.send(1);
    expect(world.taken.at(-1)?.sender).toBe(calm);
  });

  it('waits for its round as soon as it is sparse no more, and is sparse again after a while', () => {
    const { world, calm } = flooded();
    calm.flood(8);
    expect(calm.taken).toHaveLength(sharing.sparse.inARow);
    world.turn();
    world.turn();
    expect(calm.taken).toHaveLength(8);
    world.pass(1000);
    calm.send(1);
    expect(calm.taken).toHaveLength(9);
  });
});

describe('A flow is', () => {
  it('not paused for what fits into one round', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), (rounds) => {
        const world = new World(5);
        for (let n = 0; n < rounds; n += 1) {
          for (const sender of world.flows) sender.flood(sharing.quantum);
          world.settle();
        }
        expect(world.flows.every(({ pauses }) => pauses === 0)).toBe(true);
      }),
    );
  });

  it('paused when more waits, and resumed once nothing does', () => {
    const world = new World(1);
    const [sender] = world.flows as [Sender];
    sender.flood(sharing.atOnce + sharing.quantum);
    expect(sender.paused).toBe(false);
    sender.send(1);
    expect(sender.paused).toBe(true);
    while (sender.taken.length < sender.sent) {
      expect(sender.paused).toBe(true);
      world.turn();
    }
    world.settle();
    expect(sender).toMatchObject({ paused: false, resumes: 1 });
  });

  it('resumed in a round of its own, so that floods are not all read at once', () => {
    const world = new World(10, { atOnce: 0 });
    for (const sender of world.flows) sender.flood(sharing.quantum + 1);
    for (const { paused } of world.flows) expect(paused).toBe(true);
    const inOneTurn: number[] = [];
    while (!world.isIdle) {
      const before = world.flows.filter(({ paused }) => paused).length;
      world.turn();
      inOneTurn.push(before - world.flows.filter(({ paused }) => paused).length);
    }
    expect(Math.max(...inOneTurn)).toBeLessThanOrEqual(sharing.budget / sharing.quantum);
  });

  it('paused again when it goes on by another way', () => {
    const world = new World(1);
    const [sender] = world.flows as [Sender];
    sender.flood(sharing.atOnce + sharing.quantum + 1);
    sender.paused = false;
    sender.send(1);
    expect(sender.paused).toBe(true);
    world.settle();
    expect(sender.paused).toBe(false);
  });
});

describe('When a flood is over', () => {
  /** A candidate with its header, beside a flood of which some waits. */
  const relay = 1.5;

  /** People who each send one relay when the one before was taken: how many of them have to wait for it in a turn. */
  function waitingIn(turns: number, people: number, flood: number): number[] {
    // Nobody is sparse, because sparse flows go first in any state.
    const world = new World(people + 1, { ...sharingOfConnections, sparse: { perSecond: 1, inARow: 1 } });
    const [flooding, ...talking] = world.flows as [Sender, ...Sender[]];
    flooding.flood(flood, relay);
    return Array.from({ length: turns }, () => {
      for (const sender of talking.filter(({ isServed }) => isServed)) sender.send(relay);
      const waiting = talking.filter(({ isServed }) => !isServed).length;
      world.turn();
      return waiting;
    });
  }

  it.each([4, 50, 100, 500])('the relays of %i people are taken as they come again', (people) => {
    const waiting = waitingIn(80, people, 2000);
    expect(Math.max(...waiting.slice(0, 5))).toBeGreaterThan(0);
    expect(waiting.slice(-30)).toEqual(Array(30).fill(0));
  });
});

it('While what waits fits into one turn, others go on as they come', () => {
  const world = new World(3);
  const [waiting, other] = world.flows as [Sender, Sender];
  waiting.flood(sharing.atOnce + 5);
  world.turn();
  waiting.flood(sharing.atOnce + 5);
  expect(waiting.taken.length).toBeLessThan(waiting.sent);
  world.turn();
  other.flood(8);
  expect(other.taken).toHaveLength(8);
});

it('A flow that is full waits, holds nobody up, and goes on when it is woken', () => {
  const world = new World(2);
  const [full, other] = world.flows as [Sender, Sender];
  full.full = true;
  full.flood(30);
  other.flood(5);
  world.settle();
  expect(full.taken).toEqual([]);
  expect(full.paused).toBe(true);
  expect(other.taken).toHaveLength(5);
  full.full = false;
  full.wake();
  world.settle();
  expect(full.taken).toHaveLength(30);
  expect(full.paused).toBe(false);
});

it('What a sender has sent that is gone is dropped, and its connection read to its end', () => {
  const world = new World(1, { atOnce: 0 });
  const [gone] = world.flows as [Sender];
  gone.flood(30);
  gone.over = true;
  world.settle();
  expect(gone.taken).toEqual([]);
  expect(gone.paused).toBe(false);
});

it('The longest wait is that of a sender with little to say: one that floods waits for itself', () => {
  const world = new World(3, { atOnce: 0 });
  const [flooder, first, second] = world.flows as [Sender, Sender, Sender];
  flooder.flood(100);
  world.pass(50);
  first.send(1);
  world.pass(100);
  second.send(1);
  world.pass(1);
  expect(world.queue.oldestMs).toBe(101);
  world.settle();
  expect(world.queue.oldestMs).toBe(0);
});
