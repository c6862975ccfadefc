import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { throttle } from '../collections/throttle.ts';
import type { AttemptOutcome, Deliveries, DueDelivery } from '../records/deliveries.ts';
import { StoreAway } from '../storage/store.ts';
import { type Attempted, EndpointQueue } from './endpoint-queue.ts';
import type { Endpoint, Endpoints } from './endpoints.ts';
import type { Lease } from './lease.ts';
import { bodyOf } from './message.ts';
import { Outcomes } from './outcomes.ts';
import { delayAfter } from './schedule.ts';
import type { AttemptResult, Sender } from './sender.ts';
import { signatureHeaders } from './signature.ts';

/** How often this node looks for events that other nodes have taken, and for endpoints that changed, ms. */
const LOOK_MS = 1000;

/** How often old deliveries are removed, and how old the oldest open one is, ms. */
const CLEAN_MS = 3_600_000;
const AGE_MS = 5000;

/** Deliveries that are over stay for so long, ms. */
const KEPT_MS = 30 * 24 * 3_600_000;

/** One statement removes no more rows than this. */
const ROWS_AT_ONCE = 1000;

/** Attempts that are under way at the end have so long, ms. Those that are cut off are made again by the next process. */
const LAST_ATTEMPTS_MS = 1000;

const FAILED = 'Webhooks: something failed that is tried again.';

/** What was sent since the start of this node. */
export interface DeliveryCounts {
  delivered: number;
  /** Attempts that failed. */
  failed: number;
  /** Deliveries that are tried no more. */
  dead: number;
}

interface DispatcherOptions {
  readonly endpoints: Endpoints;
  readonly deliveries: Deliveries;
  readonly sender: Sender;
  readonly lease: Lease;
  /** The clock of all nodes, in ms since the epoch. */
  readonly now: () => number;
  /** The clock on the wall, in ms since the epoch: receivers compare it with theirs. */
  readonly wallClock: () => number;
  readonly log: Logger;
}

/**
 * Sends what the records have for the endpoints: at least once, and in order. Of several nodes, the one with the lease
 * sends. What a node has sent when it is killed, but not noted yet, the next one sends again.
 */
export class Dispatcher {
  readonly counts: DeliveryCounts = { delivered: 0, failed: 0, dead: 0 };
  /** When the oldest delivery began that this node has to send, ms since the epoch; null where there is none. */
  oldestPendingAt: number | null = null;
  readonly #options: DispatcherOptions;
  readonly #outcomes: Outcomes;
  readonly #queues = new Map<string, { queue: EndpointQueue; endpoint: Endpoint }>();
  readonly #onFailure: (error: unknown) => void;
  readonly #closing = new AbortController();
  #running: Promise<void> | null = null;
  #cleanedAt = Number.NEGATIVE_INFINITY;
  #agedAt = Number.NEGATIVE_INFINITY;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    const tell = throttle((error: unknown) => options.log.error({ err: error }, FAILED));
    this.#onFailure = (error) => {
      // The records say themselves when they are away.
      if (!(error instanceof StoreAway)) tell(error);
    };
    this.#outcomes = new Outcomes((outcomes) => options.deliveries.note(outcomes), this.#onFailure);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Looks at once for deliveries that are due. */
  wake(): void {
    for (const { queue } of this.#queues.values()) queue.pump();
  }

  /** Looks at once which endpoints there are. */
  async refresh(): Promise<void> {
    await this.#look().catch(this.#onFailure);
  }

  /** Ends what is under way, or leaves it to another node. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    const queues = [...this.#queues.values()].map(({ queue }) => queue);
    for (const queue of queues) queue.stop();
    const areIdle = Promise.all(queues.map((queue) => queue.idle()));
    await Promise.race([areIdle, pause(LAST_ATTEMPTS_MS, null, { ref: false })]);
    this.#options.sender.close();
    await this.#outcomes.close();
    await areIdle;
    await this.#options.lease.release().catch(this.#onFailure);
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#look().catch(this.#onFailure);
      await pause(LOOK_MS, null, { signal, ref: false }).catch(() => {});
    }
  }

  async #look(): Promise<void> {
    const { endpoints, lease } = this.#options;
    const isHeld = await lease.renew();
    const wanted = isHeld ? (await endpoints.list()).filter(({ disabledAt }) => disabledAt === null) : [];
    this.#setLanes(wanted);
    if (!isHeld || this.#closing.signal.aborted) return this.#forgetAge();
    for (const { queue } of this.#queues.values()) queue.resume();
    await this.#measureAge();
    await this.#clean();
  }

  /** Has a queue for each of these endpoints, and no other. */
  #setLanes(endpoints: readonly Endpoint[]): void {
    const ids = new Set(endpoints.map(({ id }) => id));
    for (const [id, { queue }] of this.#queues) {
      if (ids.has(id)) continue;
      queue.stop();
      this.#queues.delete(id);
      this.#options.sender.forget(id);
    }
    for (const endpoint of endpoints) {
      const known = this.#queues.get(endpoint.id);
      if (known) known.endpoint = endpoint;
      else this.#queues.set(endpoint.id, { queue: this.#newQueue(endpoint.id), endpoint });
    }
  }

  #newQueue(id: string): EndpointQueue {
    const { deliveries, now } = this.#options;
    return new EndpointQueue(id, {
      deliveries,
      now,
      attempt: (delivery) => this.#attempt(id, delivery),
      onFailure: this.#onFailure,
    });
  }

  async #attempt(id: string, delivery: DueDelivery): Promise<Attempted | 'stopped'> {
    const { endpoints, lease, now, sender, wallClock } = this.#options;
    const endpoint = this.#queues.get(id)?.endpoint;
    // Read before each attempt, so that a secret that was changed signs no delivery after its end, and each from its beginning.
    const signing = endpoint && (await endpoints.signing(endpoint));
    if (!signing || !lease.isHeld) return 'stopped';
    const result = await this.#send(endpoint, signing, delivery, sender, wallClock);
    if (result === null) return 'stopped';
    const { error, status } = result;
    const at = now();
    const delay = error === null ? null : delayAfter(delivery.failures + 1, result.retryAfter);
    const nextAt = delay === null ? null : at + delay;
    if (error === null) this.counts.delivered += 1;
    else this.counts.failed += 1;
    if (error !== null && nextAt === null) this.counts.dead += 1;
    const disables = status === 410 ? { id, url: endpoint.url, isConfigured: endpoint.isConfigured } : null;
    const outcome: AttemptOutcome = { delivery, at, status, error, nextAt, disables };
    const noted = this.#outcomes.note(outcome);
    if (!disables) return { nextAt, noted };
    await noted;
    return 'stopped';
  }

  #send(
    endpoint: Endpoint,
    { url, secrets }: { url: string; secrets: readonly string[] },
    { event }: DueDelivery,
    sender: Sender,
    wallClock: () => number,
  ): Promise<AttemptResult | null> {
    if (event === null) return Promise.resolve(FORGOTTEN);
    const body = bodyOf(event);
    const headers = signatureHeaders({ id: event.id, sentAt: wallClock(), body }, secrets);
    return sender.send({ id: endpoint.id, url, mustBePublic: !endpoint.isConfigured }, { ...headers }, body);
  }

  async #measureAge(): Promise<void> {
    if (performance.now() - this.#agedAt < AGE_MS) return;
    this.#agedAt = performance.now();
    const ages = await Promise.all([...this.#queues.keys()].map((id) => this.#options.deliveries.oldestOpen(id)));
    const known = ages.filter((each) => each !== null);
    this.oldestPendingAt = known.length === 0 ? null : Math.min(...known);
  }

  #forgetAge(): void {
    this.#agedAt = Number.NEGATIVE_INFINITY;
    this.oldestPendingAt = null;
  }

  async #clean(): Promise<void> {
    if (performance.now() - this.#cleanedAt < CLEAN_MS) return;
    const { deliveries, endpoints, now } = this.#options;
    const before = now() - KEPT_MS;
    const removed = await deliveries.removeEnded(before, ROWS_AT_ONCE);
    if (removed === ROWS_AT_ONCE) return;
    const known = (await endpoints.list()).map(({ id }) => id);
    await deliveries.removeAbandoned(known, before, ROWS_AT_ONCE);
    this.#cleanedAt = performance.now();
  }
}

/** The records keep events for longer than deliveries are tried, unless an operator has set a shorter time. */
const FORGOTTEN: AttemptResult = {
  status: null,
  error: 'The records have forgotten the event.',
  retryAfter: null,
};
