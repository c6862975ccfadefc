import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { ClusterEvents } from '../cluster.ts';
import type { Services } from '../services.ts';
import { StoreError } from '../storage/store.ts';
import { isLegacy } from '../transport/connection.ts';
import { seatsOf } from '../transport/seat-rooms.ts';
import type { Commits } from './commits.ts';
import type { Delivery, HeldSeat } from './delivery.ts';

/** How many workspaces are looked at at the same time. */
const AT_ONCE = 20;

/** So many clients are sent away at a time, and then there is a pause, in ms: they do not all come back at once. */
const AT_A_TIME = 50;
const PAUSE_MS = 100;

/** How many parts of the time in which workspaces are forgotten go by between two rounds that keep them. */
const KEPT_OFTEN = 2;

/** setInterval takes no more than this many ms (a 32-bit integer). */
const LONGEST_INTERVAL = 2 ** 31 - 1;

/** Goes through the seats that are held here: when nodes were lost, when notices may have been missed, and regularly. */
export class Reconciliation implements ClusterEvents {
  readonly #services: Services;
  readonly #delivery: Delivery;
  readonly #commits: Commits;
  readonly #keeping: NodeJS.Timeout;
  #going = new AbortController();
  /** When everybody was asked last to come back, ms since the epoch. */
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(services: Services, delivery: Delivery, commits: Commits) {
    this.#services = services;
    this.#delivery = delivery;
    this.#commits = commits;
    const idleMs = services.config.settings.workspace_idle_hours * 3_600_000;
    this.#keeping = setInterval(() => this.#keep(), Math.min(LONGEST_INTERVAL, idleMs / KEPT_OFTEN)).unref();
  }

  /** Seats of nodes that are gone are lost; whoever is with them in a workspace is told by those who are with them. */
  onLost(): void {
    const limit = pLimit(AT_ONCE);
    for (const workspace of this.#workspaces()) void limit(() => this.#commits.settle(workspace));
  }

  /**
   * After a gap only the document is the truth, and clients read it when they come back. So their connections are closed,
   * and they come back at once; their media do not depend on it. Clients of Engine.IO 3 would not read anything: their
   * connections stay, and it is the document that is told of them.
   */
  onMissed(): void {
    this.#going.abort();
    this.#going = new AbortController();
    this.#askedAt = this.#services.now();
    const seats = this.#delivery.seats();
    this.#services.log.info({ seats: seats.length }, 'Notices may have been missed: clients are asked to come back.');
    this.#renew(shuffled(seats), this.#going.signal).catch((error: unknown) => {
      if (!this.#going.signal.aborted) this.#services.log.error({ err: error }, 'a round was not finished');
    });
  }

  onMissedIn(rooms: readonly string[], at: number): void {
    // Everybody has been asked since then, or is about to be.
    if (at <= this.#askedAt) return;
    for (const socket of rooms.flatMap((each) => this.#delivery.holdersOf(each))) {
      if (isLegacy(socket)) for (const seat of seatsOf(socket)) void this.#confirm({ ...seat, socket });
      else socket.conn.close();
    }
  }

  /** Sends everybody away, in order: they find another node. @param ms in which all have to be gone */
  async dismiss(ms: number): Promise<void> {
    const seats = this.#delivery.seats();
    const atATime = Math.max(AT_A_TIME, Math.ceil((seats.length * PAUSE_MS) / ms));
    for (let at = 0; at < seats.length; at += atATime) {
      for (const { socket } of seats.slice(at, at + atATime)) socket.conn.close();
      await sleep(PAUSE_MS);
    }
  }

  close(): void {
    clearInterval(this.#keeping);
    this.#going.abort();
  }

  async #renew(seats: readonly HeldSeat[], signal: AbortSignal): Promise<void> {
    const limit = pLimit(AT_ONCE);
    for (const [index, { socket, workspace, attendee }] of seats.entries()) {
      if (index % AT_A_TIME === 0) await sleep(PAUSE_MS, null, { signal, ref: false });
      if (!socket.connected) continue;
      if (isLegacy(socket)) void limit(() => this.#confirm({ socket, workspace, attendee }));
      else socket.conn.close();
    }
  }

  async #confirm({ socket, workspace, attendee }: HeldSeat): Promise<void> {
    try {
      await this.#commits.confirm({ socket, attendee }, workspace);
    } catch (error) {
      if (!(error instanceof StoreError)) this.#services.log.error({ err: error }, 'a seat was not confirmed');
      // The others will take it for lost; then it must not be held here any longer.
      socket.conn.close();
    }
  }

  async #keep(): Promise<void> {
    try {
      await this.#services.store.keep(this.#workspaces());
    } catch (error) {
      // The next round comes long before anything is forgotten.
      this.#services.log.warn({ err: error }, 'workspaces were not kept');
    }
  }

  #workspaces(): string[] {
    return [...new Set(this.#delivery.seats().map(({ workspace }) => workspace))];
  }
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
