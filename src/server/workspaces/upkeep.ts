import type { Change } from '../domain/change.ts';
import { withHistory } from '../domain/history.ts';
import { idleDeadline, isIdle } from '../domain/idle.ts';
import { ringDeadline } from '../domain/invites.ts';
import { destroy } from '../domain/seat.ts';
import { type Absence, callDeadline, nextDeadline } from '../domain/settle.ts';
import { canAdmit } from '../domain/waiting.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Services } from '../services.ts';
import { storedForm } from '../storage/update.ts';
import type { Hearing } from '../transport/hearing.ts';
import type { BackgroundCommits } from './background-commits.ts';
import { Deadlines } from './deadlines.ts';
import type { Delivery } from './delivery.ts';
import { Outbox } from './outbox.ts';
import { Overdue } from './overdue.ts';

/** So long after a deadline other nodes take it that the node which should have seen to it is dead, ms. */
const LATE_MS = 5000;

/** As `LATE_MS`, for the end of a call or of a ring: people look at the clock, or hear it ring. */
const LATE_END_MS = 1000;

/** The pause before the store is asked again, ms. */
const RETRY_MS = 1000;

/** So long somebody waits for the records to have what this node has done, ms. */
const RECORDED_WITHIN_MS = 400;

interface UpkeepParts {
  readonly delivery: Delivery;
  readonly hearing: Hearing;
  readonly absence: Absence;
  readonly background: BackgroundCommits;
}

/**
 * Sees to workspaces between the changes that clients make: does what time decides when it is due, hands events on to the
 * records, and closes workspaces that are idle.
 */
export class Upkeep {
  readonly #services: Services;
  readonly #delivery: Delivery;
  readonly #hearing: Hearing;
  readonly #absence: Absence;
  readonly #background: BackgroundCommits;
  readonly #deadlines: Deadlines;
  readonly #graceMs: number;
  readonly #mostSeats: number;
  readonly #idleMs: number;
  /** Null where there are no records, and nobody needs events. */
  readonly #outbox: Outbox | null;
  #overdue: Overdue | null = null;

  constructor(services: Services, { delivery, hearing, absence, background }: UpkeepParts) {
    const { settings } = services.config;
    this.#services = services;
    this.#delivery = delivery;
    this.#hearing = hearing;
    this.#absence = absence;
    this.#background = background;
    this.#graceMs = settings.seat_grace_seconds * 1000;
    this.#mostSeats = settings.max_capacity_of_workspace;
    this.#idleMs = settings.workspace_idle_hours * 3_600_000;
    this.#deadlines = new Deadlines((workspaceId) => void this.#lookUntilDone(workspaceId), services.now);
    this.#outbox =
      services.records && new Outbox(services.records, (workspaces) => void this.#onHandedOn(workspaces), services.log);
  }

  /** Begins with what a former process has left: deadlines, and events that were not handed on. */
  begin(): void {
    for (const workspace of this.#services.store.atStart()) {
      if (workspace.closed === null) this.#deadlines.set(workspace.id, this.#nextDeadline(workspace));
      if (this.#outbox) this.#outbox.note(workspace);
    }
    const { deadlines } = this.#services.store;
    if (deadlines) this.#overdue = new Overdue(deadlines, (id) => this.#lookAgain(id));
  }

  /** Adds what happened as events to a change of a workspace; null before it was created. @param now ms since the epoch */
  withHistory(before: Workspace | null, change: Change, now: number): Change {
    return withHistory(before, change, this.#outbox && (before ? this.#outbox.handedOn(before.id) : 0), now);
  }

  /**
   * When another node has to look at a workspace, should this one be dead by then: ms since the epoch; Infinity where there
   * is no other node. Where there are no records, only the end of a call must not wait until somebody comes.
   */
  deadlineOf(stored: Workspace | null): number {
    if (!stored || !this.#services.store.deadlines) return Number.POSITIVE_INFINITY;
    const callEnd = callDeadline(stored) + LATE_END_MS;
    if (!this.#outbox) return callEnd;
    const events = stored.outbox.length > 0 ? this.#services.now() : Number.POSITIVE_INFINITY;
    const deadline = stored.closed === null ? this.#nextDeadline(stored) : Number.POSITIVE_INFINITY;
    return Math.min(Math.min(deadline, events) + LATE_MS, callEnd, ringDeadline(stored) + LATE_END_MS);
  }

  /**
   * A change was published: the next look at the workspace is set, and its events are handed on.
   * @param next the workspace as it is now; null where it is closed
   * @param stored the document that the store keeps of it; null where it keeps none
   */
  note(workspaceId: string, next: Workspace | null, stored: Workspace | null): void {
    if (this.#background.isClosed) return;
    this.#deadlines.set(
      workspaceId,
      next ? this.#hearing.notBefore(this.#nextDeadline(next)) : Number.POSITIVE_INFINITY,
    );
    if (stored) this.#outbox?.note(stored);
  }

  /**
   * Resolves when the records have all events of this node's changes so far, so that a list there shows them; or after a
   * moment, where the records are slow or away.
   */
  async recorded(): Promise<void> {
    await this.#outbox?.caughtUp(RECORDED_WITHIN_MS);
  }

  /** Ends deadlines; resolves when the events that wait are handed on. @param patienceMs at the longest */
  async close(patienceMs: number): Promise<void> {
    this.#deadlines.close();
    this.#overdue?.close();
    await this.#outbox?.close(patienceMs);
  }

  async #lookUntilDone(workspaceId: string): Promise<void> {
    try {
      await this.#lookAgain(workspaceId);
    } catch {
      if (!this.#background.isClosed) this.#deadlines.set(workspaceId, this.#services.now() + RETRY_MS);
    }
  }

  /**
   * Does what time has decided about a workspace, hands on its events, and closes it where it is idle. The store deletes
   * idle workspaces itself where there are no records.
   */
  async #lookAgain(workspaceId: string): Promise<void> {
    await this.#background.settle(workspaceId);
    const { store, now } = this.#services;
    if (!this.#outbox && !store.deadlines) return;
    const workspace = await store.read(workspaceId);
    if (workspace && this.#outbox) {
      if (workspace.closed === null && isIdle(workspace, now(), this.#idleMs)) return this.#closeIdle(workspace);
      if (workspace.outbox.length > 0) return this.#outbox.note(workspace);
      if (workspace.closed !== null) await store.swap(workspaceId, workspace.rev, null);
    }
    await store.deadlines?.set(new Map([[workspaceId, this.deadlineOf(workspace)]]));
  }

  async #closeIdle(workspace: Workspace): Promise<void> {
    const change = this.withHistory(workspace, destroy(workspace, 'idle'), this.#services.now());
    const stored = storedForm(change);
    if (!stored || !(await this.#services.store.swap(workspace.id, workspace.rev, stored))) return;
    if (change.userEffects) this.#delivery.notifyUsers(change.userEffects);
    this.#outbox?.note(stored);
  }

  /** The records have the events of these documents: one that is closed is not needed any more. */
  async #onHandedOn(workspaces: readonly Workspace[]): Promise<void> {
    const { store } = this.#services;
    const closed = workspaces.filter((workspace) => workspace.closed !== null);
    const deadlines = workspaces.map((workspace) => {
      const handedOn = workspace.closed === null ? { ...workspace, outbox: [] } : null;
      return [workspace.id, this.deadlineOf(handedOn)] as const;
    });
    // Should this fail, somebody looks at them again.
    await Promise.allSettled([
      ...closed.map(({ id, rev }) => store.swap(id, rev, null)),
      store.deadlines?.set(new Map(deadlines)),
    ]);
  }

  /** When time decides something about a workspace next, in ms since the epoch; Infinity: never. */
  #nextDeadline(workspace: Workspace): number {
    const deadline = canAdmit(workspace, this.#mostSeats)
      ? this.#services.now()
      : nextDeadline(workspace, this.#graceMs, this.#absence);
    return this.#outbox ? Math.min(deadline, idleDeadline(workspace, this.#idleMs)) : deadline;
  }
}
