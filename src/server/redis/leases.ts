import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { leaseOf, nodeOfLease } from '../cluster.ts';
import { StoreAway, StoreError } from '../storage/store.ts';
import type { RedisLink } from './link.ts';

/** Redis remembers ended leases for so long, ms: so every node knows since when the seats of a dead node are lost. */
const MEMORY_MS = 7 * 24 * 3_600_000;

/** The pause between two attempts while Redis is away, ms. */
const TRY_MS = 250;

/** A node reads the clock over a network: a difference below this, ms, is not worth a correction. */
const TOLERANCE_MS = 5;

interface LeaseEvents {
  /** Other nodes lost their leases. */
  onLost(): void;
  /** The lease of this node ran out although the node lives: others may have taken its seats for lost. */
  onLapsed(): void;
}

/**
 * Each node has a lease in Redis and renews it; a node whose lease has run out is lost. Redis answers each renewal with
 * its time, so all nodes have one clock.
 *
 * A node may have failed to renew its lease only because Redis was away. So after such an absence, and after its own
 * start, this node waits for a whole lease before it calls another node lost.
 */
export class Leases {
  readonly #redis: RedisLink;
  readonly #key: string;
  readonly #node: string;
  /** The name of its present lease. */
  #name: string;
  /** How many of its leases have run out. */
  #lapses = 0;
  readonly #leaseMs: number;
  readonly #events: LeaseEvents;
  readonly #log: Logger;
  /** When each lease ends, or ended. */
  #ends: ReadonlyMap<string, number> = new Map();
  /** Leases that stand in documents but not in Redis, and since when this node knows, ms since the epoch. */
  readonly #strangers = new Map<string, number>();
  #lost: ReadonlySet<string> = new Set();
  /** From `performance.now()` to the time of Redis, ms: a step of this machine's clock changes nothing. */
  #offset = 0;
  #begunAt = 0;
  /** When it began the last renewal that succeeded, by `performance.now()`, ms. */
  #renewedAt = Number.NEGATIVE_INFINITY;
  /** The name of the lease that it renewed then. */
  #renewed = '';
  #isRefused = false;
  #refusedAt = Number.NEGATIVE_INFINITY;
  /** Before this time, by `performance.now()`, ms, this node calls no other one lost. */
  #judgesFrom = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  /** A renewal that callers wait for. */
  #renewal: Promise<boolean> | null = null;
  #closed = false;

  constructor(
    { redis, key, node, leaseMs, log }: { redis: RedisLink; key: string; node: string; leaseMs: number; log: Logger },
    events: LeaseEvents,
  ) {
    this.#redis = redis;
    this.#key = key;
    this.#node = node;
    this.#name = node;
    this.#leaseMs = leaseMs;
    this.#events = events;
    this.#log = log;
  }

  get name(): string {
    return this.#name;
  }

  /** When the present lease ends by the clock of Redis, ms since the epoch, as far as this node has renewed it. */
  get endsAt(): number {
    return this.#ends.get(this.#name) ?? 0;
  }

  /** Whether Redis is there and refused to renew the lease last, as with a full disk. It stores nothing else then. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** When Redis refused that last, by `performance.now()`, ms. */
  get refusedAt(): number {
    return this.#refusedAt;
  }

  now(): number {
    return Math.floor(performance.now() + this.#offset);
  }

  /**
   * Takes the lease, and renews it from then on.
   * @param patienceMs how long Redis may be too busy for that: it may be starting too
   * @throws StoreError where Redis does not answer
   */
  async begin(patienceMs: number): Promise<void> {
    const begun = performance.now();
    for (;;) {
      try {
        await this.#renew();
        break;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        if (performance.now() - begun > patienceMs) {
          throw new StoreError(`Redis is too busy for this node (${error.message}). Start it again later.`);
        }
        await sleep(TRY_MS);
      }
    }
    this.#begunAt = this.now();
    this.#schedule(this.#leaseMs / 5);
  }

  /**
   * When a lease was lost, by its name, ms since the epoch; null where it goes on, or this node does not know better.
   */
  lostAt(name: string): number | null {
    if (name === this.#name) return null;
    if (this.#ends.has(name)) return this.#lost.has(name) ? (this.#ends.get(name) ?? null) : null;
    const since = this.#strangers.get(name);
    if (since === undefined) this.#strangers.set(name, this.now());
    return since !== undefined && this.#lost.has(name) ? since : null;
  }

  /** The nodes that live, this one among them, as far as the last renewal says. */
  get living(): string[] {
    const now = this.now();
    return [...this.#ends].filter(([, end]) => end > now).map(([name]) => nodeOfLease(name));
  }

  /** Renews the lease now, or as soon as Redis answers. */
  async renewSoon(): Promise<void> {
    while (!this.#closed && !(await this.#tryToRenew())) await sleep(TRY_MS, null, { ref: false });
  }

  /** Renews the lease now, if Redis answers. Never rejects. */
  async renew(): Promise<void> {
    this.#renewal ??= this.#tryToRenew().finally(() => {
      this.#renewal = null;
    });
    await this.#renewal;
  }

  /** Ends the lease: from now on this node is lost. */
  async end(): Promise<void> {
    this.close();
    await this.#redis.ask((client) => client.meshLeave(this.#key, this.#name));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #schedule(ms: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(async () => {
      const isRenewed = await this.#tryToRenew();
      this.#schedule(isRenewed ? this.#leaseMs / 5 : Math.min(TRY_MS, this.#leaseMs / 5));
    }, ms).unref();
  }

  async #tryToRenew(): Promise<boolean> {
    try {
      await this.#renew();
      this.#isRefused = false;
      return true;
    } catch (error) {
      if (!(error instanceof StoreError)) this.#log.error({ err: error }, 'a lease was not renewed');
      else if (!(error instanceof StoreAway)) this.#noteRefusal();
      return false;
    }
  }

  #noteRefusal(): void {
    if (!this.#isRefused) this.#log.error('Redis refuses to write. It is tried again until it does.');
    this.#isRefused = true;
    this.#refusedAt = performance.now();
  }

  async #renew(): Promise<void> {
    const name = this.#name;
    const begun = performance.now();
    const [redisTime, former, leases] = await this.#redis.try((client) =>
      client.meshLease(this.#key, name, this.#leaseMs, MEMORY_MS),
    );
    if (this.#closed || name !== this.#name) return;
    this.#setClock(redisTime, begun, performance.now());
    this.#ends = new Map(leases.flatMap((each, at) => (at % 2 ? [] : [[each, Number(leases[at + 1])] as const])));
    const isFirst = name !== this.#renewed;
    const isLate = performance.now() - this.#renewedAt > this.#leaseMs;
    // When the connection with Redis stood still, former renewals reach Redis just before this one, and hide the gap.
    const hasLapsed = !isFirst && (isLate || former === '' || Number(former) <= redisTime);
    if (isLate) this.#judgesFrom = begun + this.#leaseMs;
    this.#renewedAt = Math.max(begun, this.#renewedAt);
    this.#renewed = name;
    this.#judge(redisTime, begun);
    if (hasLapsed) await this.#beginAnew();
  }

  /**
   * A lease that ran out has ended for good, and this node takes another one: the other nodes learn only with their
   * next renewal that this node lives, and must not take seats for lost that were taken here since.
   */
  async #beginAnew(): Promise<void> {
    const former = this.#name;
    this.#lapses += 1;
    this.#name = leaseOf(this.#node, this.#lapses);
    this.#log.warn('The lease of this node had run out: it was not able to renew it.');
    this.#events.onLapsed();
    await this.#redis.try((client) => client.meshLeave(this.#key, former));
    await this.#renew();
  }

  #setClock(redisTime: number, sent: number, received: number): void {
    const offset = redisTime - (sent + received) / 2;
    if (Math.abs(offset - this.#offset) > (received - sent) / 2 + TOLERANCE_MS) this.#offset = Math.round(offset);
  }

  #judge(redisTime: number, begun: number): void {
    if (begun < this.#judgesFrom) return;
    const ended = [...this.#ends]
      .filter(([name, end]) => name !== this.#name && end <= redisTime)
      .map(([name]) => name);
    // A node that came after the last renewal is in the answer to this one, if it lives.
    const gone = [...this.#strangers].filter(([node, since]) => !this.#ends.has(node) && since < begun + this.#offset);
    for (const node of this.#strangers.keys()) if (this.#ends.has(node)) this.#strangers.delete(node);
    const former = this.#lost;
    this.#lost = new Set([...ended, ...gone.map(([node]) => node)]);
    const lost = [...this.#lost].filter((node) => !former.has(node));
    if (lost.length === 0) return;
    // Nodes that were gone before this one began are no news, and neither is a former lease of a node that lives.
    const living = new Set(this.living);
    const news = lost.filter((name) => (this.#ends.get(name) ?? redisTime) > this.#begunAt);
    const nodes = news.map(nodeOfLease).filter((node) => !living.has(node));
    if (nodes.length > 0) this.#log.info({ nodes }, 'Nodes are gone.');
    this.#events.onLost();
  }
}
