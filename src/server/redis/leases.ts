import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { leaseOf } from '../cluster.ts';
import { StoreError } from '../storage/store.ts';
import type { RedisLink } from './link.ts';

/** How long ended leases are remembered, ms: so that seats of a node that died yesterday are known to be lost since then. */
const MEMORY_MS = 7 * 24 * 3_600_000;

/** How often Redis is tried while it is away, ms. */
const TRY_MS = 250;

/** Clocks are read over a network: what differs by less than this, ms, is not worth a correction. */
const TOLERANCE_MS = 5;

interface LeaseEvents {
  /** Others lost their lease. */
  onLost(): void;
  /** The lease of this node ran out although it lives: others may have taken its seats for lost. */
  onLapsed(): void;
}

/**
 * Each node has a lease in Redis and renews it; a node whose lease has run out is lost. And since Redis tells its time
 * with it, all nodes have one clock.
 *
 * Nobody is judged by a lease that could not be renewed, because Redis was away: after that, and after the start, a whole
 * lease goes by before this node calls another one lost.
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
  /** Nodes that stand in documents but have no lease, and since when that is known. */
  readonly #strangers = new Map<string, number>();
  #lost: ReadonlySet<string> = new Set();
  #offset = 0;
  #begunAt = 0;
  #renewedAt = Number.NEGATIVE_INFINITY;
  /** Which lease that was. */
  #renewed = '';
  /** Until then nobody is called lost. */
  #judgesFrom = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
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

  now(): number {
    return Date.now() + this.#offset;
  }

  /** Takes the lease, and renews it from then on. @throws StoreError where Redis is not there */
  async begin(): Promise<void> {
    await this.#renew();
    this.#begunAt = this.now();
    this.#schedule(this.#leaseMs / 5);
  }

  /** When a lease was lost, by its name, ms since the epoch; null where it goes on, or nothing is known against it. */
  lostAt(name: string): number | null {
    if (name === this.#name) return null;
    if (this.#ends.has(name)) return this.#lost.has(name) ? (this.#ends.get(name) ?? null) : null;
    const since = this.#strangers.get(name);
    if (since === undefined) this.#strangers.set(name, this.now());
    return since !== undefined && this.#lost.has(name) ? since : null;
  }

  /** Renews it now, or as soon as Redis is there. */
  async renewSoon(): Promise<void> {
    while (!this.#closed && !(await this.#tryToRenew())) await sleep(TRY_MS, null, { ref: false });
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
      return true;
    } catch (error) {
      if (!(error instanceof StoreError)) this.#log.error({ err: error }, 'a lease was not renewed');
      return false;
    }
  }

  async #renew(): Promise<void> {
    const name = this.#name;
    const sent = Date.now();
    const [redisTime, former, leases] = await this.#redis.try((client) =>
      client.meshLease(this.#key, name, this.#leaseMs, MEMORY_MS),
    );
    if (this.#closed || name !== this.#name) return;
    const received = Date.now();
    this.#setClock(redisTime, sent, received);
    this.#ends = new Map(leases.flatMap((each, at) => (at % 2 ? [] : [[each, Number(leases[at + 1])] as const])));
    const isFirst = name !== this.#renewed;
    const isLate = received - this.#renewedAt > this.#leaseMs;
    // When the way to Redis stood still, former renewals have come there just before this one, and hide the gap.
    const hasLapsed = !isFirst && (isLate || former === '' || Number(former) <= redisTime);
    if (isLate) this.#judgesFrom = sent + this.#leaseMs;
    this.#renewedAt = Math.max(sent, this.#renewedAt);
    this.#renewed = name;
    this.#judge(redisTime, sent);
    if (hasLapsed) await this.#beginAnew();
  }

  /**
   * A lease that ran out has ended for good, and there is another one: the others learn only with their next renewal
   * that this node lives, and must not take seats for lost that were taken here since.
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

  #judge(redisTime: number, sent: number): void {
    if (sent < this.#judgesFrom) return;
    const ended = [...this.#ends]
      .filter(([name, end]) => name !== this.#name && end <= redisTime)
      .map(([name]) => name);
    // A node that came after the last renewal stands in this one, if it lives.
    const gone = [...this.#strangers].filter(([node, since]) => !this.#ends.has(node) && since < sent + this.#offset);
    for (const node of this.#strangers.keys()) if (this.#ends.has(node)) this.#strangers.delete(node);
    const former = this.#lost;
    this.#lost = new Set([...ended, ...gone.map(([node]) => node)]);
    const lost = [...this.#lost].filter((node) => !former.has(node));
    if (lost.length === 0) return;
    // Those that were gone before this one began are no news.
    const news = lost.filter((node) => (this.#ends.get(node) ?? redisTime) > this.#begunAt);
    if (news.length > 0) this.#log.info({ nodes: news }, 'Nodes are gone.');
    this.#events.onLost();
  }
}
