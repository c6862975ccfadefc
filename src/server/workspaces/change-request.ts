import type { Socket } from 'socket.io';
import type { Access } from '../../protocol/commands.ts';
import type { Refusal } from '../../protocol/errors.ts';
import type { Change } from '../domain/change.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Durability } from '../storage/store.ts';

/** A transition. It is synchronous and idempotent, because it runs again when another change came first. */
export type Decide<Codes extends Refusal> = (workspace: Workspace, now: number) => Change | Codes;

/** A connection that takes a seat, or shows that it holds one. */
export interface SeatClaim {
  readonly socket: Socket;
  readonly attendee: string;
  /**
   * The access that the seat must have before the transition runs. With `anyone` and `returning` the transition
   * itself seats the attendee; with every other access the connection is bound to the existing seat first.
   */
  readonly access: Access;
}

/** One change of one workspace. */
export interface ChangeRequest<Codes extends Refusal> {
  /** The seat in whose name the change is made; null where time or the server makes it. */
  readonly as: SeatClaim | null;
  readonly decide: Decide<Codes>;
  /** `best-effort` where the change is about connections and calls alone. */
  readonly durability: Durability;
  /**
   * Runs when the store has the change, before anybody else is told, so that no notice overtakes the sender's reply.
   * @param workspace as it is afterwards, or as it was before where the change deleted it
   */
  reply?(workspace: Workspace): void;
}

/** The refusals that every change of a workspace can have, beside those of its transition. */
export type ChangeRefusal = Refusal<
  'WORKSPACE_GONE' | 'BUSY_TRY_AGAIN' | 'NOT_SEATED' | 'OWNER_ONLY' | 'NO_CALL' | 'NOT_ON_CALL'
>;
