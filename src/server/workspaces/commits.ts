import type { Socket } from 'socket.io';
import { type Refusal, refuse, refuseBy } from '../../protocol/errors.ts';
import { ringAgain } from '../domain/call.ts';
import { type Change, find, inSequence, unchanged } from '../domain/change.ts';
import { withoutFuture } from '../domain/clock-steps.ts';
import { aftermath } from '../domain/dial.ts';
import { authorise } from '../domain/policy.ts';
import { endWithCall } from '../domain/recording.ts';
import { bind, destroy, leave } from '../domain/seat.ts';
import { type Absence, settle } from '../domain/settle.ts';
import { admitInOrder, endPlaces, findWaiting } from '../domain/waiting.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Services } from '../services.ts';
import { UncertainSwap } from '../storage/store.ts';
import { type Made, storedForm, update } from '../storage/update.ts';
import { isLegacy } from '../transport/connection.ts';
import type { Hearing } from '../transport/hearing.ts';
import { seatRoom } from '../transport/seat-rooms.ts';
import { placeRoom } from '../transport/waiting-rooms.ts';
import { BackgroundCommits } from './background-commits.ts';
import { ChangeMeter } from './change-meter.ts';
import {
  type ChangeRefusal,
  type ChangeRequest,
  type Decide,
  type Holding,
  holdingOf,
  type SeatClaim,
} from './change-request.ts';
import type { Delivery } from './delivery.ts';
import { makeRoom } from './room.ts';
import type { SeatLocations, Whereabouts } from './seat-locations.ts';
import { Upkeep } from './upkeep.ts';

const AT_CAPACITY = 'This server holds as many workspaces as it can. Try again later.';

/** The one way in which workspaces change: decide, store, and only then tell everybody. */
export class Commits {
  /** Changes that no client waits for. */
  readonly background: BackgroundCommits;
  /** Deadlines, events for the records, and idle workspaces. */
  readonly upkeep: Upkeep;
  readonly meter: ChangeMeter;
  readonly #services: Services;
  readonly #locations: SeatLocations;
  readonly #delivery: Delivery;
  readonly #graceMs: number;
  readonly #ringMs: number;
  readonly #mostSeats: number;
  readonly #absence: Absence;

  constructor(services: Services, locations: SeatLocations, delivery: Delivery, hearing: Hearing) {
    this.#services = services;
    this.#locations = locations;
    this.#delivery = delivery;
    const { cluster, measurements } = services;
    this.meter = new ChangeMeter(measurements);
    this.#absence = {
      lostAt: (connection) => cluster.lostAt(connection),
      unheardMs: (since) => hearing.unheardMs(since),
      get backSince() {
        return cluster.backSince;
      },
    };
    this.#graceMs = services.config.settings.seat_grace_seconds * 1000;
    this.#mostSeats = services.config.settings.max_capacity_of_workspace;
    this.#ringMs = services.config.settings.ring_timeout_seconds * 1000;
    this.background = new BackgroundCommits(services, locations, (id, request) => this.change(id, request));
    this.upkeep = new Upkeep(services, { delivery, hearing, absence: this.#absence, background: this.background });
  }

  /**
   * Changes a workspace: settles it first (`domain/settle.ts`), then checks the seat and its access, then lets the
   * transition decide.
   * @returns null, or the refusal; then nothing has changed
   * @throws StoreError when the change could not be stored; then nothing has changed
   */
  async change<Codes extends Refusal>(
    workspaceId: string,
    { as, waits, decide, durability, reply }: ChangeRequest<Codes>,
  ): Promise<null | Codes | ChangeRefusal> {
    const { store, now } = this.#services;
    const holding = holdingOf(workspaceId, { as, ...(waits ? { waits } : {}) });
    const endWait = await this.#expect(holding);
    let isSuperseded = false;
    try {
      const done = await update<Codes | ChangeRefusal>(
        store,
        workspaceId,
        (workspace) => {
          const present = now();
          const decided = inSequence<Codes | ChangeRefusal>(workspace, [
            (current) => withoutFuture(current, this.#ringMs, present),
            (current) => settle(current, this.#graceMs, present, this.#absence),
            (current) => admitInOrder(current, this.#mostSeats, present),
            (current) => {
              isSuperseded = holding !== null && this.#isSuperseded(holding, current);
              return isSuperseded ? refuse('NOT_SEATED') : this.#decideAs(as, decide, current, present);
            },
            (current) => aftermath(workspace, current, present),
            (current) => endWithCall(current, present),
            (current) => ringAgain(workspace, current),
          ]);
          return 'refused' in decided ? decided : this.upkeep.withHistory(workspace, decided, present);
        },
        (made) => ({ durability, deadline: this.upkeep.deadlineOf(storedForm(made.change)) }),
        (made) => this.#publishLate(workspaceId, made, holding),
      );
      if (done.change === undefined) {
        // The connection sent this before it heard of the newer one, and must not take the seat back.
        if (holding && isSuperseded) this.#delivery.supersede(holding.socket);
        if (done.refusal.refused === 'WORKSPACE_GONE') this.meter.forget(workspaceId);
        return done.refusal;
      }
      this.#publish(workspaceId, done, holding, reply);
      return null;
    } finally {
      endWait();
    }
  }

  /**
   * Creates a workspace, if the server has room for one, or another one that nobody uses can make room.
   * @param request `as`: the seat of its creator; null where the server creates it
   * @throws StoreError when it could not be stored
   */
  async create(
    creation: Change,
    { as, reply }: Pick<ChangeRequest<never>, 'as' | 'reply'>,
  ): Promise<null | Refusal<'BUSY_TRY_AGAIN'>> {
    const change = this.upkeep.withHistory(null, creation, this.#services.now());
    const { next } = change;
    if (!next) throw new Error('a new workspace needs a document');
    const { config, store } = this.#services;
    const holding = holdingOf(next.id, { as });
    const endWait = await this.#expect(holding);
    try {
      // Nothing is awaited between the last look and the swap, so that a crowd of newcomers does not get past the limit.
      while (store.size >= config.settings.max_workspaces) {
        if (!(await makeRoom(this.#services, (id, request) => this.change(id, request)))) {
          return refuseBy('max_workspaces', 'BUSY_TRY_AGAIN', {}, AT_CAPACITY);
        }
      }
      if (!(await store.swap(next.id, null, next, { deadline: this.upkeep.deadlineOf(next) }))) {
        // Another node has just created the same one, as two that open a consultation may.
        return refuse('BUSY_TRY_AGAIN');
      }
      this.#publish(next.id, { before: next, change }, holding, reply);
      store.announced?.(next.id, next.rev);
      return null;
    } catch (error) {
      // Where the server creates it, somebody may ask for it again, and shall find it.
      if (error instanceof UncertainSwap && as) void this.#deleteLate(next.id, error.outcome);
      throw error;
    } finally {
      endWait();
    }
  }

  /**
   * Stores again that a connection holds its seat, in case other nodes take the seat for lost. A seat that has ended is
   * taken from its connection; a connection whose seat was taken over meanwhile is told so.
   * @throws StoreError
   */
  async confirm(socket: Socket, workspaceId: string, attendeeId: string): Promise<void> {
    if (this.#locations.isOutdated(socket)) this.#locations.rename(socket);
    const as: SeatClaim = { socket, attendee: attendeeId, access: 'seat' };
    const refusal = await this.change<never>(workspaceId, { as, decide: unchanged, durability: 'best-effort' });
    if (refusal && refusal.refused !== 'BUSY_TRY_AGAIN') this.#delivery.end(seatRoom(workspaceId, attendeeId), null);
  }

  /**
   * Resolves when the records have all events of this node's changes so far, so that a list there shows them; or after a
   * moment, where the records are slow or away.
   */
  recorded(): Promise<void> {
    return this.upkeep.recorded();
  }

  /** Ends background changes and deadlines, when the events that wait are handed on. @param patienceMs at the longest */
  async close(patienceMs: number): Promise<void> {
    this.background.close();
    await this.upkeep.close(patienceMs);
  }

  async #expect(holding: Holding | null): Promise<() => void> {
    return holding ? this.#delivery.expect(holding.socket, holding.room) : () => {};
  }

  /** Binds the connection to its seat and checks the access of the seat, then decides. */
  #decideAs<Codes extends Refusal>(
    as: SeatClaim | null,
    decide: Decide<Codes>,
    workspace: Workspace,
    now: number,
  ): Change | Codes | ChangeRefusal {
    if (as === null || ['anyone', 'user', 'returning'].includes(as.access)) return decide(workspace, now);
    const { socket, attendee, access } = as;
    const { callControl } = this.#services.config.settings;
    const via = { connection: this.#locations.nameOf(socket), legacy: isLegacy(socket) };
    return inSequence<Codes | ChangeRefusal>(workspace, [
      (current) => bind(current, attendee, via, now),
      (current) => authorise(current, attendee, access, callControl) ?? unchanged(current),
      (current) => decide(current, now),
    ]);
  }

  #isSuperseded({ socket, id, room }: Holding, workspace: Workspace): boolean {
    return this.#locations.isSuperseded(socket, room, connectionOf(workspace, id));
  }

  /**
   * Gives the seat or the place, sends the reply, then the notices; ends seats and places last, so that their connections
   * hear the notices.
   */
  #publish(
    workspaceId: string,
    { before, change }: Made,
    holding: Holding | null,
    reply: ChangeRequest<Refusal>['reply'],
  ): void {
    const { next, effects, userEffects, waitingEffects, ended } = change;
    this.meter.note({ before, change }, this.#services.now());
    const latest = next ?? before;
    const whereIs = (id: string) => this.#whereabouts(id, latest, before);
    if (holding) this.#hold(holding, workspaceId, connectionOf(before, holding.id));
    reply?.(latest);
    this.#delivery.notify(workspaceId, effects, whereIs);
    if (userEffects) this.#delivery.notifyUsers(userEffects);
    if (waitingEffects) this.#delivery.notifyWaiting(workspaceId, waitingEffects, whereIs);
    for (const id of ended) this.#delivery.end(seatRoom(workspaceId, id), connectionOf(before, id));
    this.#leaveWaitingRoom(before, next);
    const stored = storedForm(change);
    if (stored && stored !== before) this.#services.store.announced?.(workspaceId, stored.rev);
    this.upkeep.note(workspaceId, next, stored);
  }

  /** A person who does not wait any more has a seat, and the node of the connection gives it; or the place has ended. */
  #leaveWaitingRoom(before: Workspace, next: Workspace | null): void {
    for (const { id, connection } of before.waiting) {
      if (next && findWaiting(next, id)) continue;
      const attendee = next && find(next, id);
      if (attendee) this.#delivery.admit(before.id, id, attendee.connection);
      else this.#delivery.end(placeRoom(before.id, id), connection);
    }
  }

  /** Where a seat or a place is held, by the first of these documents that knows it. */
  #whereabouts(id: string, ...documents: readonly Workspace[]): Whereabouts {
    const document = documents.find((each) => isKnown(each, id));
    return document ? this.#locations.whereIs(connectionOf(document, id)) : 'nowhere';
  }

  /**
   * Gives a connection its seat or place. A connection that has gone away meanwhile leaves it to its grace time.
   */
  #hold({ socket, id, room }: Holding, workspaceId: string, former: string | null): void {
    if (!socket.connected) {
      this.background.drop(workspaceId, id, socket);
      // The former holder may still be there, and then takes the seat again.
      if (this.#locations.whereIs(former) === 'elsewhere') this.#services.cluster.missedIn(room);
      return;
    }
    this.#delivery.hold(socket, room, former);
    const isSeat = room === seatRoom(workspaceId, id);
    if (isSeat) socket.leave(placeRoom(workspaceId, id));
    // The lease ran out while the change was stored.
    if (!this.#locations.isOutdated(socket)) return;
    if (isSeat) this.confirm(socket, workspaceId, id).catch(() => socket.conn.close());
    else socket.conn.close();
  }

  /**
   * The store made a change after its sender was told to try again. The others hear of it now. The sender keeps a seat or a
   * place that it had before, unless that was taken again since; a new one is given up, because nobody knows of it.
   */
  #publishLate(workspaceId: string, made: Made, holding: Holding | null): void {
    if (this.background.isClosed) return;
    const isNew = holding !== null && !isKnown(made.before, holding.id);
    if (!isNew) this.#publish(workspaceId, made, null, undefined);
    if (holding)
      void this.background.run(workspaceId, isNew ? this.#givingUp(made, holding) : this.#takingAgain(made, holding));
  }

  #givingUp(made: Made, { id, room }: Holding): ChangeRequest<never> {
    return {
      as: null,
      decide: (workspace, now) => {
        if (!isHeldAsIn(made, workspace, id) || this.#locations.holderOf(room)) return unchanged(workspace);
        return find(workspace, id)
          ? leave(workspace, id, now)
          : endPlaces(workspace, (person) => person.id === id, now);
      },
      durability: 'required',
    };
  }

  #takingAgain(made: Made, { socket, id, room }: Holding): ChangeRequest<Refusal<'NOT_SEATED'>> {
    const waits = room === placeRoom(made.before.id, id);
    return {
      as: waits ? null : { socket, attendee: id, access: 'anyone' },
      ...(waits ? { waits: { socket, person: id } } : {}),
      decide: (workspace) => (isHeldAsIn(made, workspace, id) ? unchanged(workspace) : refuse('NOT_SEATED')),
      durability: 'best-effort',
    };
  }

  /** Deletes a workspace that was stored after its creator was told to try again: nobody can ever come to it. */
  async #deleteLate(workspaceId: string, outcome: Promise<boolean>): Promise<void> {
    if (await outcome)
      await this.background.run(workspaceId, {
        as: null,
        decide: (workspace) => destroy(workspace),
        durability: 'required',
      });
  }
}

/** Whether somebody has a seat, or a place in the waiting room. */
function isKnown(workspace: Workspace, id: string): boolean {
  return find(workspace, id) !== undefined || findWaiting(workspace, id) !== undefined;
}

/** The name of the connection that holds a seat, or a place in the waiting room. */
function connectionOf(workspace: Workspace, id: string): string | null {
  return (find(workspace, id) ?? findWaiting(workspace, id))?.connection ?? null;
}

/** Whether the connection that held a seat or a place after a change still holds it. */
function isHeldAsIn({ change: { next } }: Made, workspace: Workspace, id: string): boolean {
  return next !== null && isKnown(workspace, id) && connectionOf(workspace, id) === connectionOf(next, id);
}
