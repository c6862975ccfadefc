import type { Deliveries, DueDelivery } from '../records/deliveries.ts';

/** So many workspaces have a first attempt under way at an endpoint. */
const WORKSPACES_AT_ONCE = 8;

/** So many deliveries are tried again at the same time. They have places of their own, so that first attempts never wait for them. */
const RETRIES_AT_ONCE = 4;

/** Connections that an endpoint may have. */
export const CONNECTIONS = WORKSPACES_AT_ONCE + RETRIES_AT_ONCE;

/** Deliveries that are read at once. */
const PAGE = 100;

interface EndpointQueueOptions {
  readonly deliveries: Deliveries;
  /** ms since the epoch. */
  readonly now: () => number;
  /**
   * Makes one attempt, and notes how it ended.
   * @returns when the delivery is to be tried again, ms since the epoch, null where it is over; `stopped` where no attempt
   *   could be made now; `noted` resolves when the records have the outcome
   */
  readonly attempt: (delivery: DueDelivery) => Promise<Attempted | 'stopped'>;
  readonly onFailure: (error: unknown) => void;
}

export interface Attempted {
  readonly nextAt: number | null;
  readonly noted: Promise<void>;
}

/**
 * The deliveries of one endpoint. First attempts go out in their order within a workspace, for several workspaces at once;
 * one that fails lets the next one pass. No queue knows of another, so an endpoint that is slow delays no other.
 */
export class EndpointQueue {
  readonly #id: string;
  readonly #options: EndpointQueueOptions;
  readonly #workspaces = new Set<string>();
  readonly #retries = new Set<number>();
  #isPumping = false;
  #isWanted = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | null = null;
  #timerAt = Number.POSITIVE_INFINITY;
  #onIdle: (() => void) | null = null;

  constructor(id: string, options: EndpointQueueOptions) {
    this.#id = id;
    this.#options = options;
  }

  /** Starts what can be started. */
  pump(): void {
    this.#isWanted = true;
    if (this.#isPumping) return;
    this.#isPumping = true;
    this.#pumpAll()
      .catch(this.#options.onFailure)
      .finally(() => {
        this.#isPumping = false;
        this.#noticeIdle();
      });
  }

  /** Goes on after an attempt could not be made. */
  resume(): void {
    this.#isStopped = false;
    this.pump();
  }

  /** Starts nothing more, until `resume`. */
  stop(): void {
    this.#isStopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      this.#noticeIdle();
    });
  }

  async #pumpAll(): Promise<void> {
    while (this.#isWanted && !this.#isStopped) {
      this.#isWanted = false;
      await this.#startFirstAttempts();
      await this.#startRetries();
    }
  }

  async #startFirstAttempts(): Promise<void> {
    const { deliveries } = this.#options;
    while (this.#workspaces.size < WORKSPACES_AT_ONCE && !this.#isStopped) {
      const found = await deliveries.firstAttempts(this.#id, [...this.#workspaces], PAGE);
      for (const [workspaceId, ofOne] of byWorkspace(found)) {
        if (this.#workspaces.size === WORKSPACES_AT_ONCE || this.#isStopped) return;
        this.#workspaces.add(workspaceId);
        this.#run(ofOne).finally(() => {
          this.#workspaces.delete(workspaceId);
          this.pump();
        });
      }
      if (found.length < PAGE) return;
    }
  }

  async #startRetries(): Promise<void> {
    const { deliveries, now } = this.#options;
    const room = RETRIES_AT_ONCE - this.#retries.size;
    if (room === 0 || this.#isStopped) return;
    for (const delivery of await deliveries.retries(this.#id, [...this.#retries], now(), room)) {
      if (this.#isStopped) return;
      this.#retries.add(delivery.id);
      this.#run([delivery]).finally(() => {
        this.#retries.delete(delivery.id);
        this.pump();
      });
    }
  }

  /** Attempts one delivery after the other. */
  async #run(deliveries: readonly DueDelivery[]): Promise<void> {
    const noted: Promise<void>[] = [];
    try {
      for (const delivery of deliveries) {
        if (this.#isStopped) break;
        const attempted = await this.#options.attempt(delivery);
        if (attempted === 'stopped') {
          this.stop();
          break;
        }
        noted.push(attempted.noted);
        if (attempted.nextAt !== null) this.#wakeAt(attempted.nextAt);
      }
    } catch (error) {
      this.stop();
      this.#options.onFailure(error);
    }
    // Until the records have it, another look at them would find it once more.
    await Promise.all(noted);
  }

  #wakeAt(time: number): void {
    if (time >= this.#timerAt || this.#isStopped) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timerAt = time;
    this.#timer = setTimeout(() => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.pump();
    }, time - this.#options.now()).unref();
  }

  #noticeIdle(): void {
    if (!this.#isPumping && this.#workspaces.size + this.#retries.size === 0) this.#onIdle?.();
  }
}

function byWorkspace(deliveries: readonly DueDelivery[]): Map<string, DueDelivery[]> {
  const groups = new Map<string, DueDelivery[]>();
  for (const delivery of deliveries) {
    const group = groups.get(delivery.workspaceId);
    if (group) group.push(delivery);
    else groups.set(delivery.workspaceId, [delivery]);
  }
  return groups;
}
