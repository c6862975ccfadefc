import type { Socket } from 'socket.io';
import type { Refusal } from '../../protocol/errors.ts';
import { unchanged } from '../domain/change.ts';
import { drop } from '../domain/seat.ts';
import { dropPlace, findWaiting } from '../domain/waiting.ts';
import type { Services } from '../services.ts';
import { StoreAway } from '../storage/store.ts';
import { isLegacy } from '../transport/connection.ts';
import { seatRoom, seatsOf } from '../transport/seat-rooms.ts';
import { placeRoom, placesOf } from '../transport/waiting-rooms.ts';
import type { ChangeRequest } from './change-request.ts';
import type { SeatLocations } from './seat-locations.ts';

/** How long to wait before the store is asked again, ms. */
const RETRY_MS = 1000;

/** Makes the changes that no client waits for: deadlines, and the grace times of seats whose connections are gone. */
export class BackgroundCommits {
  readonly #services: Services;
  readonly #locations: SeatLocations;
  readonly #change: (workspaceId: string, request: ChangeRequest<Refusal>) => Promise<Refusal | null>;
  #isLeaving = false;
  #isClosed = false;

  constructor(
    services: Services,
    locations: SeatLocations,
    change: (workspaceId: string, request: ChangeRequest<Refusal>) => Promise<Refusal | null>,
  ) {
    this.#services = services;
    this.#locations = locations;
    this.#change = change;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Makes a change, and tries again every second until the store can take it. Resolves after the first try. */
  async run(workspaceId: string, request: ChangeRequest<Refusal>): Promise<void> {
    if (this.#isClosed) return;
    try {
      const refusal = await this.#change(workspaceId, request);
      if (refusal?.refused !== 'BUSY_TRY_AGAIN') return;
    } catch (error) {
      const level = error instanceof StoreAway ? 'debug' : 'error';
      this.#services.log[level]({ err: error, workspace: workspaceId }, 'could not store a change; trying again');
    }
    setTimeout(() => this.run(workspaceId, request), RETRY_MS).unref();
  }

  /** Does what time, or the loss of a node, has decided about a workspace. Resolves after the first try. */
  settle(workspaceId: string): Promise<void> {
    return this.run(workspaceId, { as: null, decide: unchanged, durability: 'best-effort' });
  }

  /** A connection is going away: its seats, and its places in waiting rooms, begin their grace time. */
  onDisconnecting(socket: Socket): void {
    if (this.#isLeaving) return;
    for (const { workspace, attendee } of seatsOf(socket)) this.drop(workspace, attendee, socket);
    for (const { workspace, person } of placesOf(socket)) this.drop(workspace, person, socket);
  }

  /** Begins the grace time of a seat, or of a place in the waiting room, unless another connection holds it. */
  drop(workspaceId: string, id: string, socket: Socket): void {
    void this.run(workspaceId, {
      as: null,
      durability: 'best-effort',
      decide: (workspace, now) => {
        const waits = findWaiting(workspace, id) !== undefined;
        const present = this.#locations.holderOf(waits ? placeRoom(workspaceId, id) : seatRoom(workspaceId, id));
        const isAnother = present !== null && present.id !== socket.id;
        const connection = isAnother ? this.#locations.nameOf(present) : null;
        const name = this.#locations.nameOf(socket);
        if (waits) return dropPlace(workspace, id, name, now, { holder: connection });
        const holder = connection === null || !present ? null : { connection, legacy: isLegacy(present) };
        return drop(workspace, id, name, now, { holder });
      },
    });
  }

  /** From now on connections go away because the server stops, and nothing is stored about them. */
  leave(): void {
    this.#isLeaving = true;
  }

  /** Ends all tries. */
  close(): void {
    this.#isLeaving = true;
    this.#isClosed = true;
  }
}
