import type { Socket } from 'socket.io';
import type { Access } from '../../protocol/commands.ts';
import type { Refusal } from '../../protocol/errors.ts';
import type { Change } from '../domain/change.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Durability } from '../storage/store.ts';
import { seatRoom } from '../transport/seat-rooms.ts';
import { placeRoom } from '../transport/waiting-rooms.ts';

/** A transition. It is synchronous and idempotent, because it runs again when another change came first. */
export type Decide<Codes extends Refusal> = (workspace: Workspace, now: number) => Change | Codes;

/** A connection that takes a seat, or shows that it holds one. */
export interface SeatClaim {
  readonly socket: Socket;
  readonly attendee: string;
  /**
   * The access that the seat must have before the transition runs. With `anyone`, `user` and `returning` the transition
   * itself seats the attendee; with every other access the connection is bound to the existing seat first.
   */
  readonly access: Access;
}

/** A connection that takes a place in a waiting room, or comes back to it. */
interface PlaceClaim {
  readonly socket: Socket;
  readonly person: string;
}

/** One change of one workspace. */
export interface ChangeRequest<Codes extends Refusal> {
  /** The seat in whose name the change is made; null where time or the server makes it. */
  readonly as: SeatClaim | null;
  /** The place in the waiting room that the transition gives to a connection. */
  readonly waits?: PlaceClaim;
  readonly decide: Decide<Codes>;
  /** `best-effort` where the change is about connections and calls alone. */
  readonly durability: Durability;
  /**
   * Runs when the store has the change, before anybody else is told, so that no notice overtakes the sender's reply.
   * @param workspace as it is afterwards, or as it was before where the change deleted it
   */
  reply?(workspace: Workspace): void;
}

/** What a change gives to a connection: a seat, or a place in the waiting room. */
export interface Holding {
  readonly socket: Socket;
  /** The id of the attendee, or of the person who waits. */
  readonly id: string;
  /** The room of the seat or place. */
  readonly room: string;
}

export function holdingOf(
  workspaceId: string,
  { as, waits }: Pick<ChangeRequest<never>, 'as' | 'waits'>,
): Holding | null {
  if (waits) return { socket: waits.socket, id: waits.person, room: placeRoom(workspaceId, waits.person) };
  return as && { socket: as.socket, id: as.attendee, room: seatRoom(workspaceId, as.attendee) };
}

/** The refusals that every change of a workspace can have, beside those of its transition. */
export type ChangeRefusal = Refusal<
  'WORKSPACE_GONE' | 'BUSY_TRY_AGAIN' | 'NOT_SEATED' | 'OWNER_ONLY' | 'NO_CALL' | 'NOT_ON_CALL'
>;
