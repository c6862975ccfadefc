import type { Socket } from 'socket.io';
import { type Refusal, refuse } from '../../protocol/errors.ts';
import { type Change, find, inSequence, unchanged } from '../domain/change.ts';
import { withoutFuture } from '../domain/clock-steps.ts';
import { authorise } from '../domain/policy.ts';
import { bind, destroy, leave } from '../domain/seat.ts';
import { type Absence, nextDeadline, settle } from '../domain/settle.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Services } from '../services.ts';
import { UncertainSwap } from '../storage/store.ts';
import { type Made, update } from '../storage/update.ts';
import { isLegacy } from '../transport/connection.ts';
import type { Hearing } from '../transport/hearing.ts';
import { seatRoom } from '../transport/seat-rooms.ts';
import { BackgroundCommits } from './background-commits.ts';
import type { ChangeRefusal, ChangeRequest, Decide, SeatClaim } from './change-request.ts';
import { Deadlines } from './deadlines.ts';
import type { Delivery } from './delivery.ts';
import { makeRoom } from './room.ts';
import type { SeatLocations, Whereabouts } from './seat-locations.ts';

const AT_CAPACITY = 'This server holds as many workspaces as it can. Try again later.';

/** The one way in which workspaces change: decide, store, and only then tell everybody. */
export class Commits {
  /** Changes that no client waits for. */
  readonly background: BackgroundCommits;
  readonly #services: Services;
  readonly #locations: SeatLocations;
  readonly #delivery: Delivery;
  readonly #deadlines: Deadlines;
  readonly #graceMs: number;
  readonly #ringMs: number;
  readonly #hearing: Hearing;
  readonly #absence: Absence;

  constructor(services: Services, locations: SeatLocations, delivery: Delivery, hearing: Hearing) {
    this.#services = services;
    this.#locations = locations;
    this.#delivery = delivery;
    this.#hearing = hearing;
    const { cluster } = services;
    this.#absence = {
      lostAt: (connection) => cluster.lostAt(connection),
      unheardMs: (since) => hearing.unheardMs(since),
      get backSince() {
        return cluster.backSince;
      },
    };
    this.#graceMs = services.config.settings.seat_grace_seconds * 1000;
    this.#ringMs = services.config.settings.ring_timeout_seconds * 1000;
    this.background = new BackgroundCommits(services, locations, (id, request) => this.change(id, request));
    this.#deadlines = new Deadlines((workspaceId) => this.background.settle(workspaceId), services.now);
  }

  /**
   * Changes a workspace: settles it first (`domain/settle.ts`), then checks the seat and its access, then lets the
   * transition decide.
   * @returns null, or the refusal; then nothing has changed
   * @throws StoreError when the change could not be stored; then nothing has changed
   */
  async change<Codes extends Refusal>(
    workspaceId: string,
    { as, decide, durability, reply }: ChangeRequest<Codes>,
  ): Promise<null | Codes | ChangeRefusal> {
    const { store, now } = this.#services;
    const endWait = await this.#expect(workspaceId, as);
    let isSuperseded = false;
    try {
      const done = await update<Codes | ChangeRefusal>(
        store,
        workspaceId,
        (workspace) => {
          const present = now();
          return inSequence<Codes | ChangeRefusal>(workspace, [
            (current) => withoutFuture(current, this.#ringMs, present),
            (current) => settle(current, this.#graceMs, present, this.#absence),
            (current) => {
              isSuperseded = as !== null && this.#isSuperseded(as, current);
              return isSuperseded ? refuse('NOT_SEATED') : this.#decideAs(as, decide, current, present);
            },
          ]);
        },
        durability,
        (made) => this.#publishLate(workspaceId, made, as),
      );
      if (done.change === undefined) {
        // The connection sent this before it heard of the newer one, and must not take the seat back.
        if (as && isSuperseded) this.#delivery.supersede(as.socket);
        return done.refusal;
      }
      this.#publish(workspaceId, done, as, reply);
      return null;
    } finally {
      endWait();
    }
  }

  /**
   * Creates a workspace, if the server has room for one, or another one that nobody uses can make room.
   * @throws StoreError when it could not be stored; Error when its id exists already
   */
  async create(
    change: Change,
    { as, reply }: Pick<ChangeRequest<never>, 'reply'> & { as: SeatClaim },
  ): Promise<null | Refusal<'BUSY_TRY_AGAIN'>> {
    const { next } = change;
    if (!next) throw new Error('a new workspace needs a document');
    const { config, store } = this.#services;
    const endWait = await this.#expect(next.id, as);
    try {
      // Nothing is awaited between the last look and the swap, so that a crowd of newcomers does not get past the limit.
      while (store.size >= config.settings.max_workspaces) {
        if (!(await makeRoom(this.#services, (id, request) => this.change(id, request)))) {
          return refuse('BUSY_TRY_AGAIN', {}, AT_CAPACITY);
        }
      }
      if (!(await store.swap(next.id, null, next))) throw new Error('the id is taken');
      this.#publish(next.id, { before: next, change }, as, reply);
      store.announced?.(next.id, next.rev);
      return null;
    } catch (error) {
      if (error instanceof UncertainSwap) void this.#deleteLate(next.id, error.outcome);
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
    if (refusal && refusal.refused !== 'BUSY_TRY_AGAIN') this.#delivery.end(workspaceId, attendeeId, null);
  }

  /** Ends background changes and deadlines. */
  close(): void {
    this.background.close();
    this.#deadlines.close();
  }

  async #expect(workspaceId: string, as: SeatClaim | null): Promise<() => void> {
    return as ? this.#delivery.expect(as.socket, workspaceId, as.attendee) : () => {};
  }

  /** Binds the connection to its seat and checks the access of the seat, then decides. */
  #decideAs<Codes extends Refusal>(
    as: SeatClaim | null,
    decide: Decide<Codes>,
    workspace: Workspace,
    now: number,
  ): Change | Codes | ChangeRefusal {
    if (as === null || as.access === 'anyone' || as.access === 'returning') return decide(workspace, now);
    const { socket, attendee, access } = as;
    const { callControl } = this.#services.config.settings;
    const via = { connection: this.#locations.nameOf(socket), legacy: isLegacy(socket) };
    return inSequence<Codes | ChangeRefusal>(workspace, [
      (current) => bind(current, attendee, via, now),
      (current) => authorise(current, attendee, access, callControl) ?? unchanged(current),
      (current) => decide(current, now),
    ]);
  }

  #isSuperseded({ socket, attendee }: SeatClaim, workspace: Workspace): boolean {
    const holder = find(workspace, attendee)?.connection ?? null;
    return this.#locations.isSuperseded(socket, workspace.id, attendee, holder);
  }

  /** Gives the seat, sends the reply, then the notices; ends seats last, so that their connections hear the notices. */
  #publish(
    workspaceId: string,
    { before, change }: Made,
    as: SeatClaim | null,
    reply: ChangeRequest<Refusal>['reply'],
  ): void {
    const { next, effects, ended } = change;
    const latest = next ?? before;
    const former = (attendeeId: string) => find(before, attendeeId)?.connection ?? null;
    if (as) this.#hold(as, workspaceId, former(as.attendee));
    reply?.(latest);
    this.#delivery.notify(workspaceId, effects, (attendeeId) => this.#whereabouts(attendeeId, latest, before));
    for (const attendeeId of ended) this.#delivery.end(workspaceId, attendeeId, former(attendeeId));
    if (next && next !== before) this.#services.store.announced?.(workspaceId, next.rev);
    if (this.background.isClosed) return;
    this.#deadlines.set(
      workspaceId,
      next ? this.#hearing.notBefore(nextDeadline(next, this.#graceMs, this.#absence)) : Number.POSITIVE_INFINITY,
    );
  }

  /** Where a seat is held, by the first of these documents that knows the attendee. */
  #whereabouts(attendeeId: string, ...documents: readonly Workspace[]): Whereabouts {
    for (const document of documents) {
      const attendee = find(document, attendeeId);
      if (attendee) return this.#locations.whereIs(attendee.connection);
    }
    return 'nowhere';
  }

  /** Gives a connection its seat. A connection that has gone away meanwhile leaves the seat to its grace time. */
  #hold({ socket, attendee }: SeatClaim, workspaceId: string, former: string | null): void {
    if (!socket.connected) {
      this.background.drop(workspaceId, attendee, socket);
      // The former holder may still be there, and then takes the seat again.
      if (this.#locations.whereIs(former) === 'elsewhere')
        this.#services.cluster.missedIn(seatRoom(workspaceId, attendee));
      return;
    }
    this.#delivery.hold(socket, workspaceId, attendee, former);
    // The lease ran out while the change was stored.
    if (this.#locations.isOutdated(socket))
      this.confirm(socket, workspaceId, attendee).catch(() => socket.conn.close());
  }

  /**
   * The store made a change after its sender was told to try again. The others hear of it now. The sender keeps a seat
   * that it had before, unless the seat was taken again since; a new seat is given up, because nobody knows of it.
   */
  #publishLate(workspaceId: string, made: Made, as: SeatClaim | null): void {
    if (this.background.isClosed) return;
    const isNewSeat = as !== null && !find(made.before, as.attendee);
    if (!isNewSeat) this.#publish(workspaceId, made, null, undefined);
    if (as) void this.background.run(workspaceId, isNewSeat ? this.#givingUp(made, as) : this.#takingAgain(made, as));
  }

  #givingUp(made: Made, { attendee }: SeatClaim): ChangeRequest<never> {
    return {
      as: null,
      decide: (workspace, now) =>
        isHeldAsIn(made, workspace, attendee) && !this.#locations.isHere(workspace.id, attendee)
          ? leave(workspace, attendee, now)
          : unchanged(workspace),
      durability: 'required',
    };
  }

  #takingAgain(made: Made, { socket, attendee }: SeatClaim): ChangeRequest<Refusal<'NOT_SEATED'>> {
    return {
      as: { socket, attendee, access: 'anyone' },
      decide: (workspace) => (isHeldAsIn(made, workspace, attendee) ? unchanged(workspace) : refuse('NOT_SEATED')),
      durability: 'best-effort',
    };
  }

  /** Deletes a workspace that was stored after its creator was told to try again: nobody can ever come to it. */
  async #deleteLate(workspaceId: string, outcome: Promise<boolean>): Promise<void> {
    if (await outcome) await this.background.run(workspaceId, { as: null, decide: destroy, durability: 'required' });
  }
}

/** Whether the connection that held a seat after a change still holds it. */
function isHeldAsIn({ change }: Made, workspace: Workspace, attendeeId: string): boolean {
  const connection = change.next && find(change.next, attendeeId)?.connection;
  return find(workspace, attendeeId)?.connection === connection;
}
