import type { Socket } from 'socket.io';
import { Alarms } from './alarms.ts';
import type { Claims } from './auth/tokens.ts';
import { type Connection, isLegacy } from './connection.ts';
import { type Delivery, seatsOf } from './delivery.ts';
import { type Change, inSequence, unchanged } from './domain/change.ts';
import { authorise } from './domain/policy.ts';
import { bind, drop } from './domain/seat.ts';
import { nextDeadline, settle } from './domain/settle.ts';
import type { Workspace } from './domain/workspace.ts';
import type { Access } from './protocol/commands.ts';
import { type Refusal, refuse } from './protocol/errors.ts';
import type { Services } from './services.ts';
import { update } from './stores/update.ts';

/** How long to wait before telling the store again what nobody waits for, in ms. */
const RETRY_MS = 1000;

const HOLDS_NO_MORE = 'This server holds as many workspaces as it can. Try again later.';

export type Decide<Codes extends Refusal> = (workspace: Workspace, now: number) => Change | Codes;

/** The one way in which workspaces change: decide, store, and only then tell everybody. */
export class Commits {
  readonly #delivery: Delivery;
  readonly #services: Services;
  readonly #alarms: Alarms;
  readonly #graceMs: number;
  #closed = false;

  constructor(services: Services, delivery: Delivery) {
    this.#delivery = delivery;
    this.#services = services;
    this.#graceMs = services.config.settings.seat_grace_seconds * 1000;
    this.#alarms = new Alarms((workspaceId) => this.#onAlarm(workspaceId), services.now);
  }

  /**
   * Changes a workspace.
   * @param decide what to do with it; what time has decided is done before
   * @param afterwards runs at once when the change is stored, before anybody else is told: here the sender gets its
   *   seat and its answer, so that no notice can come before them
   * @throws StoreError when it could not be stored; nothing has changed then
   */
  async change<Codes extends Refusal>(
    workspaceId: string,
    decide: Decide<Codes>,
    afterwards: (workspace: Workspace) => void,
  ): Promise<null | Codes | Refusal<'WORKSPACE_GONE' | 'BUSY_TRY_AGAIN'>> {
    const done = await update<Codes>(this.#services.store, workspaceId, (workspace) => {
      const now = this.#services.now();
      return inSequence<Codes>(workspace, [
        (current) => settle(current, this.#graceMs, now),
        (current) => decide(current, now),
      ]);
    });
    if (done.change === undefined) return done.refusal;
    this.#publish(workspaceId, done.change, done.change.next ?? done.before, afterwards);
    return null;
  }

  /** Begins a workspace, if there is room for one. @throws StoreError, and Error should its id exist already */
  async found(change: Change, afterwards: (workspace: Workspace) => void): Promise<null | Refusal<'BUSY_TRY_AGAIN'>> {
    const { next } = change;
    const { config, store } = this.#services;
    // Nothing is awaited between this and the swap, so that a crowd of newcomers does not get past it.
    if (store.size >= config.settings.max_workspaces) return refuse('BUSY_TRY_AGAIN', {}, HOLDS_NO_MORE);
    if (!next || !(await store.swap(next.id, null, next))) throw new Error('the id is taken');
    this.#publish(next.id, change, next, afterwards);
    return null;
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
    const via = { connection: connection.socket.id, legacy: connection.legacy };
    return (workspace, now) =>
      inSequence<Codes | Refusal<'NOT_SEATED' | 'OWNER_ONLY' | 'NO_CALL' | 'NOT_ON_CALL'>>(workspace, [
        (current) => bind(current, attendee, via, now),
        (current) => authorise(current, attendee, access, callControl) ?? unchanged(current),
        (current) => decide(current, now),
      ]);
  }

  /** Gives a connection its seat; one that has gone away meanwhile leaves it to its grace time. */
  hold(connection: Connection, workspaceId: string, attendeeId: string): void {
    const { socket } = connection;
    if (socket.connected) this.#delivery.hold(socket, workspaceId, attendeeId);
    else this.#drop(workspaceId, attendeeId, socket.id);
  }

  /** The connection is going away: its seats are kept for their grace time. */
  onDisconnecting(socket: Socket): void {
    for (const { workspace, attendee } of seatsOf(socket)) this.#drop(workspace, attendee, socket.id);
  }

  /** No more alarms, and nothing is stored about connections that go away: they go because the server does. */
  close(): void {
    this.#closed = true;
    this.#alarms.close();
  }

  #publish(workspaceId: string, change: Change, latest: Workspace, afterwards: (workspace: Workspace) => void): void {
    afterwards(latest);
    this.#delivery.notify(workspaceId, change.effects);
    this.#delivery.end(workspaceId, change.ended);
    if (!this.#closed) {
      this.#alarms.set(workspaceId, change.next ? nextDeadline(change.next, this.#graceMs) : Number.POSITIVE_INFINITY);
    }
  }

  #drop(workspaceId: string, attendeeId: string, socketId: string): void {
    this.#unattended(workspaceId, (workspace, now) => {
      const socket = this.#delivery.holder(workspaceId, attendeeId);
      const isAnother = socket !== null && socket.id !== socketId;
      const holder = isAnother ? { connection: socket.id, legacy: isLegacy(socket) } : null;
      return drop(workspace, attendeeId, socketId, now, holder);
    });
  }

  /** Time alone has decided something, and that is done before any other decision. */
  #onAlarm(workspaceId: string): void {
    this.#unattended(workspaceId, unchanged);
  }

  /** A change that nobody waits for: when the store cannot take it, it is tried again until it can. */
  #unattended(workspaceId: string, decide: Decide<never>): void {
    if (this.#closed) return;
    this.change(workspaceId, decide, () => {}).catch((error: unknown) => {
      this.#services.log.error({ err: error, workspace: workspaceId }, 'could not store what happened; trying again');
      setTimeout(() => this.#unattended(workspaceId, decide), RETRY_MS).unref();
    });
  }
}
