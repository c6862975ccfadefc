import type { Socket } from 'socket.io';
import type { Access } from '../../protocol/commands.ts';
import { type Refusal, refuse } from '../../protocol/errors.ts';
import type { Claims } from '../auth/tokens.ts';
import { type Change, find, inSequence, unchanged } from '../domain/change.ts';
import { authorise } from '../domain/policy.ts';
import { bind, destroy, drop, leave } from '../domain/seat.ts';
import { nextDeadline, settle } from '../domain/settle.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Services } from '../services.ts';
import { StoreAway, UncertainSwap } from '../storage/store.ts';
import { type Made, update } from '../storage/update.ts';
import { type Connection, isLegacy } from '../transport/connection.ts';
import { seatRoom, seatsOf } from '../transport/seat-rooms.ts';
import { Deadlines } from './deadlines.ts';
import type { Delivery, Whereabouts } from './delivery.ts';

/** How long to wait before telling the store again what nobody waits for, in ms. */
const RETRY_MS = 1000;

const HOLDS_NO_MORE = 'This server holds as many workspaces as it can. Try again later.';

export type Decide<Codes extends Refusal> = (workspace: Workspace, now: number) => Change | Codes;

/** Who takes a seat by a change. */
export interface Claimant {
  readonly socket: Socket;
  readonly attendee: string;
}

/** The one way in which workspaces change: decide, store, and only then tell everybody. */
export class Commits {
  readonly #delivery: Delivery;
  readonly #services: Services;
  readonly #deadlines: Deadlines;
  readonly #graceMs: number;
  #isLeaving = false;
  #closed = false;

  constructor(services: Services, delivery: Delivery) {
    this.#delivery = delivery;
    this.#services = services;
    this.#graceMs = services.config.settings.seat_grace_seconds * 1000;
    this.#deadlines = new Deadlines((workspaceId) => this.settle(workspaceId), services.now);
  }

  /**
   * Changes a workspace.
   * @param decide what to do with it; what time has decided is done before
   * @param claimant who takes a seat by it, if anybody does
   * @param afterwards runs at once when the change is stored, before anybody else is told: here the sender gets its
   *   answer, so that no notice can come before it
   * @throws StoreError when it could not be stored; nothing has changed then
   */
  async change<Codes extends Refusal>(
    workspaceId: string,
    decide: Decide<Codes>,
    claimant: Claimant | null,
    afterwards: (workspace: Workspace) => void,
  ): Promise<null | Codes | Refusal<'WORKSPACE_GONE' | 'BUSY_TRY_AGAIN' | 'NOT_SEATED'>> {
    const { store, now, cluster } = this.#services;
    const seated = await this.#expect(workspaceId, claimant);
    let isSuperseded = false;
    try {
      const done = await update<Codes | Refusal<'NOT_SEATED'>>(
        store,
        workspaceId,
        (workspace) => {
          const present = now();
          return inSequence<Codes | Refusal<'NOT_SEATED'>>(workspace, [
            (current) => settle(current, this.#graceMs, present, cluster),
            (current) => {
              isSuperseded = claimant !== null && this.#isSuperseded(claimant, current);
              return isSuperseded ? refuse('NOT_SEATED') : decide(current, present);
            },
          ]);
        },
        (made) => this.#publishLate(workspaceId, made, claimant),
      );
      if (done.change === undefined) {
        // What it sent before it hears of the newer one must not take the seat back from it.
        if (claimant && isSuperseded) this.#delivery.supersede(claimant.socket);
        return done.refusal;
      }
      this.#publish(workspaceId, done, claimant, afterwards);
      return null;
    } finally {
      seated();
    }
  }

  /** Begins a workspace, if there is room for one. @throws StoreError, and Error should its id exist already */
  async create(
    change: Change,
    claimant: Claimant,
    afterwards: (workspace: Workspace) => void,
  ): Promise<null | Refusal<'BUSY_TRY_AGAIN'>> {
    const { next } = change;
    if (!next) throw new Error('a workspace that begins cannot be gone');
    const seated = await this.#expect(next.id, claimant);
    try {
      const { config, store } = this.#services;
      // Nothing is awaited between this and the swap, so that a crowd of newcomers does not get past it.
      if (store.size >= config.settings.max_workspaces) return refuse('BUSY_TRY_AGAIN', {}, HOLDS_NO_MORE);
      if (!(await store.swap(next.id, null, next))) throw new Error('the id is taken');
      this.#publish(next.id, { before: next, change }, claimant, afterwards);
      store.told?.(next.id, next.rev);
      return null;
    } catch (error) {
      if (error instanceof UncertainSwap) void this.#createLate(next.id, error.outcome);
      throw error;
    } finally {
      seated();
    }
  }

  /** What a seat decides: its connection holds the seat from now on, and its access must suffice. */
  asSeat<Codes extends Refusal>(
    { attendee }: Claims,
    connection: Connection,
    access: Access,
    decide: Decide<Codes>,
  ): Decide<Codes | Refusal<'NOT_SEATED' | 'OWNER_ONLY' | 'NO_CALL' | 'NOT_ON_CALL'>> {
    // Coming back may be done without a seat by the owner; its transition takes care of the connection itself.
    if (access === 'returning') return decide;
    const { callControl } = this.#services.config.settings;
    const via = this.#via(connection.socket);
    return (workspace, now) =>
      inSequence<Codes | Refusal<'NOT_SEATED' | 'OWNER_ONLY' | 'NO_CALL' | 'NOT_ON_CALL'>>(workspace, [
        (current) => bind(current, attendee, via, now),
        (current) => authorise(current, attendee, access, callControl) ?? unchanged(current),
        (current) => decide(current, now),
      ]);
  }

  /** Does what time, or the loss of a node, has decided about a workspace. Resolves when that was tried once. */
  settle(workspaceId: string): Promise<void> {
    return this.#unattended(workspaceId, unchanged);
  }

  /**
   * Says again that a connection holds its seat, in case the other nodes took it for lost, or will; one that is over ends,
   * and whose seat a newer one has taken meanwhile is told so.
   * @throws StoreError
   */
  async confirm({ socket, attendee }: Claimant, workspaceId: string): Promise<void> {
    if (this.#delivery.isOutdated(socket)) this.#delivery.rename(socket);
    const decide: Decide<Refusal<'NOT_SEATED'>> = (workspace, now) => bind(workspace, attendee, this.#via(socket), now);
    const refusal = await this.change(workspaceId, decide, { socket, attendee }, () => {});
    if (refusal && refusal.refused !== 'BUSY_TRY_AGAIN') this.#delivery.end(workspaceId, attendee, null);
  }

  /** The connection is going away: its seats are kept for their grace time. */
  onDisconnecting(socket: Socket): void {
    if (this.#isLeaving) return;
    for (const { workspace, attendee } of seatsOf(socket)) this.#drop(workspace, attendee, socket);
  }

  /** From now on nothing is stored about connections that go away: they go because the server does. */
  leave(): void {
    this.#isLeaving = true;
  }

  /** No more alarms either. */
  close(): void {
    this.#isLeaving = true;
    this.#closed = true;
    this.#deadlines.close();
  }

  async #expect(workspaceId: string, claimant: Claimant | null): Promise<() => void> {
    return claimant ? this.#delivery.expect(claimant.socket, workspaceId, claimant.attendee) : () => {};
  }

  #publish(
    workspaceId: string,
    { before, change }: Made,
    claimant: Claimant | null,
    afterwards: (workspace: Workspace) => void,
  ): void {
    const { next, effects, ended } = change;
    const latest = next ?? before;
    const former = (attendeeId: string) => find(before, attendeeId)?.connection ?? null;
    if (claimant) this.#hold(claimant, workspaceId, former(claimant.attendee));
    afterwards(latest);
    this.#delivery.notify(workspaceId, effects, (attendeeId) => this.#whereabouts(attendeeId, latest, before));
    for (const attendeeId of ended) this.#delivery.end(workspaceId, attendeeId, former(attendeeId));
    if (next && next !== before) this.#services.store.told?.(workspaceId, next.rev);
    if (this.#closed) return;
    this.#deadlines.set(
      workspaceId,
      next ? nextDeadline(next, this.#graceMs, this.#services.cluster) : Number.POSITIVE_INFINITY,
    );
  }

  /**
   * A change turns out to have been made, although its sender was told to try again. The others hear of it now. The seat
   * is the sender's, unless it was taken again since; one that was new is given up: nobody knows of it.
   */
  #publishLate(workspaceId: string, made: Made, claimant: Claimant | null): void {
    if (this.#closed) return;
    const attendee = claimant?.attendee ?? '';
    const connection = made.change.next && find(made.change.next, attendee)?.connection;
    const isClaimants = (workspace: Workspace) => find(workspace, attendee)?.connection === connection;
    if (claimant && !find(made.before, attendee)) {
      this.#unattended(workspaceId, (workspace, now) =>
        isClaimants(workspace) && !this.#delivery.isHere(workspaceId, attendee)
          ? leave(workspace, attendee, now)
          : unchanged(workspace),
      );
      return;
    }
    this.#publish(workspaceId, made, null, () => {});
    const hold: Decide<Refusal<'NOT_SEATED'>> = (workspace) =>
      isClaimants(workspace) ? unchanged(workspace) : refuse('NOT_SEATED');
    if (claimant) this.#unattended(workspaceId, hold, claimant);
  }

  /** A workspace of which nobody was told, so nobody will ever come. */
  async #createLate(workspaceId: string, outcome: Promise<boolean>): Promise<void> {
    if (await outcome) await this.#unattended(workspaceId, destroy);
  }

  /** Where a seat is held according to the first of these documents that knows it. */
  #whereabouts(attendeeId: string, ...documents: readonly Workspace[]): Whereabouts {
    for (const document of documents) {
      const attendee = find(document, attendeeId);
      if (attendee) return this.#delivery.whereIs(attendee.connection);
    }
    return 'nowhere';
  }

  #isSuperseded({ socket, attendee }: Claimant, workspace: Workspace): boolean {
    const holder = find(workspace, attendee)?.connection ?? null;
    return this.#delivery.isSuperseded(socket, workspace.id, attendee, holder);
  }

  #via(socket: Socket): { connection: string; legacy: boolean } {
    return { connection: this.#delivery.nameOf(socket), legacy: isLegacy(socket) };
  }

  /** Gives a connection its seat; one that has gone away meanwhile leaves it to its grace time. */
  #hold({ socket, attendee }: Claimant, workspaceId: string, former: string | null): void {
    if (!socket.connected) {
      this.#drop(workspaceId, attendee, socket);
      // Who had it before may still be there, and takes it again.
      if (this.#delivery.whereIs(former) === 'elsewhere')
        this.#services.cluster.missedIn(seatRoom(workspaceId, attendee));
      return;
    }
    this.#delivery.hold(socket, workspaceId, attendee, former);
    // The lease ran out while that was stored.
    if (this.#delivery.isOutdated(socket))
      this.confirm({ socket, attendee }, workspaceId).catch(() => socket.conn.close());
  }

  #drop(workspaceId: string, attendeeId: string, socket: Socket): void {
    this.#unattended(workspaceId, (workspace, now) => {
      const present = this.#delivery.holder(workspaceId, attendeeId);
      const holder = present !== null && present.id !== socket.id ? this.#via(present) : null;
      return drop(workspace, attendeeId, this.#delivery.nameOf(socket), now, { holder });
    });
  }

  /** A change that nobody waits for: when the store cannot take it, it is tried again until it can. */
  async #unattended(
    workspaceId: string,
    decide: Decide<Refusal<'NOT_SEATED'>>,
    claimant: Claimant | null = null,
  ): Promise<void> {
    if (this.#closed) return;
    try {
      const refusal = await this.change(workspaceId, decide, claimant, () => {});
      if (refusal?.refused !== 'BUSY_TRY_AGAIN') return;
    } catch (error) {
      const level = error instanceof StoreAway ? 'debug' : 'error';
      this.#services.log[level]({ err: error, workspace: workspaceId }, 'could not store what happened; trying again');
    }
    setTimeout(() => this.#unattended(workspaceId, decide, claimant), RETRY_MS).unref();
  }
}
