import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Socket } from 'socket.io';
import type { ClusterEvents } from '../cluster.ts';
import type { Services } from '../services.ts';
import { StoreError } from '../storage/store.ts';
import { isLegacy } from '../transport/connection.ts';
import type { Hearing } from '../transport/hearing.ts';
import { seatsOf } from '../transport/seat-rooms.ts';
import type { Commits } from './commits.ts';
import type { SeatLocations } from './seat-locations.ts';
import type { UserConnections } from './user-connections.ts';

/** How many workspaces are read or changed at the same time. */
const CONCURRENCY = 20;

/** How many connections are closed before a pause, and the pause in ms, so that not all clients come back at once. */
const BATCH = 50;
const PAUSE_MS = 100;

/** The keep-alive runs this many times within the idle time after which the store forgets a workspace. */
const KEEP_ALIVES_PER_IDLE_TIME = 2;

/** The longest interval that setInterval takes, ms (a 32-bit integer). */
const MAX_INTERVAL_MS = 2 ** 31 - 1;

type Seat = ReturnType<typeof seatsOf>[number];

/** The parts of the server that reconciliation brings into agreement. */
interface Reconciled {
  readonly locations: SeatLocations;
  readonly userConnections: UserConnections;
  readonly commits: Commits;
  readonly hearing: Hearing;
}

/**
 * Brings the seats of this node and the stored documents into agreement: when another node is lost, when this node may
 * have missed notices, and at regular intervals.
 */
export class Reconciliation implements ClusterEvents {
  readonly #services: Services;
  readonly #locations: SeatLocations;
  readonly #userConnections: UserConnections;
  readonly #commits: Commits;
  readonly #hearing: Hearing;
  readonly #keepAlive: NodeJS.Timeout;
  #pass = new AbortController();
  /** When this node last asked all its clients to come back, ms since the epoch. */
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(services: Services, { locations, userConnections, commits, hearing }: Reconciled) {
    this.#services = services;
    this.#locations = locations;
    this.#userConnections = userConnections;
    this.#commits = commits;
    this.#hearing = hearing;
    const idleMs = services.config.settings.workspace_idle_hours * 3_600_000;
    const intervalMs = Math.min(MAX_INTERVAL_MS, idleMs / KEEP_ALIVES_PER_IDLE_TIME);
    this.#keepAlive = setInterval(() => this.#keepWorkspaces(), intervalMs).unref();
  }

  /** The seats of a lost node are lost. The nodes that hold other seats of the same workspaces store and announce it. */
  onLost(): void {
    const limit = pLimit(CONCURRENCY);
    for (const workspace of this.#workspaces()) void limit(() => this.#commits.background.settle(workspace));
  }

  /**
   * After a gap only the document is the truth, and a client reads it when it comes back. So this node closes the
   * connections of its clients, and they come back at once; their media do not depend on the connection. A client of
   * Engine.IO 3 would not read the document: its connection stays, and the node confirms its seat in the document.
   */
  onMissed(): void {
    this.#pass.abort();
    this.#pass = new AbortController();
    this.#askedAt = this.#services.now();
    const seated = [...this.#locations.seats(), ...this.#locations.places()].map(({ socket }) => socket);
    const sockets = [...new Set([...seated, ...this.#userConnections.sockets])];
    this.#services.log.info(
      { connections: sockets.length },
      'Notices may have been missed: clients are asked to come back.',
    );
    this.#reconcile(shuffled(sockets), this.#pass.signal).catch((error: unknown) => {
      if (!this.#pass.signal.aborted) this.#services.log.error({ err: error }, 'reconciliation stopped early');
    });
  }

  onUnheard(from: number, until: number): void {
    this.#hearing.add(from, until);
  }

  onMissedIn(rooms: readonly string[], at: number): void {
    // This node has asked all its clients since then.
    if (at <= this.#askedAt) return;
    for (const socket of rooms.flatMap((each) => this.#locations.holdersOf(each))) {
      if (isLegacy(socket)) for (const seat of seatsOf(socket)) void this.#confirm(socket, seat);
      else socket.conn.close();
    }
  }

  /** Closes all connections with seats, some at a time, so that the clients find other nodes. @param ms the time limit */
  async dismiss(ms: number): Promise<void> {
    const seats = [...this.#locations.seats(), ...this.#locations.places()];
    const batch = Math.max(BATCH, Math.ceil((seats.length * PAUSE_MS) / ms));
    for (let at = 0; at < seats.length; at += batch) {
      for (const { socket } of seats.slice(at, at + batch)) socket.conn.close();
      await sleep(PAUSE_MS);
    }
  }

  close(): void {
    clearInterval(this.#keepAlive);
    this.#pass.abort();
  }

  async #reconcile(sockets: readonly Socket[], signal: AbortSignal): Promise<void> {
    const limit = pLimit(CONCURRENCY);
    for (const [index, socket] of sockets.entries()) {
      if (index % BATCH === 0) await sleep(PAUSE_MS, null, { signal, ref: false });
      if (!socket.connected) continue;
      if (isLegacy(socket)) for (const seat of seatsOf(socket)) void limit(() => this.#confirm(socket, seat));
      else socket.conn.close();
    }
  }

  async #confirm(socket: Socket, { workspace, attendee }: Seat): Promise<void> {
    try {
      await this.#commits.confirm(socket, workspace, attendee);
    } catch (error) {
      if (!(error instanceof StoreError)) this.#services.log.error({ err: error }, 'a seat was not confirmed');
      // Other nodes will take the seat for lost, so this connection must not hold it any longer.
      socket.conn.close();
    }
  }

  async #keepWorkspaces(): Promise<void> {
    try {
      await this.#services.store.keep(this.#workspaces());
    } catch (error) {
      // The next keep-alive comes before the store forgets anything.
      this.#services.log.warn({ err: error }, 'workspaces were not kept');
    }
  }

  #workspaces(): string[] {
    const held = [...this.#locations.seats(), ...this.#locations.places()];
    return [...new Set(held.map(({ workspace }) => workspace))];
  }
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
