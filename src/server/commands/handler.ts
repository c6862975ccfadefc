import type { Access, commonErrors } from '../../protocol/commands.ts';
import type { Refusal } from '../../protocol/errors.ts';
import type {
  CommandInput,
  CommandName,
  CommandOutput,
  Commands,
  IceServerRecord,
  NoticePayload,
  OtherOutput,
} from '../../protocol/types.ts';
import type { Claims } from '../auth/tokens.ts';
import type { Change } from '../domain/change.ts';
import type { Arrival } from '../domain/seat.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Services } from '../services.ts';
import type { Durability } from '../storage/store.ts';
import type { Connection } from '../transport/connection.ts';
import type { SignedInUser } from '../users/user.ts';
import type { Chat } from '../workspaces/chat.ts';
import type { Commits } from '../workspaces/commits.ts';
import type { Delivery } from '../workspaces/delivery.ts';
import type { UserConnections } from '../workspaces/user-connections.ts';

/** The codes that each access level adds to those of every command. */
type AccessErrors = {
  anyone: never;
  user: (typeof commonErrors.user)[number];
  seat: (typeof commonErrors.seated)[number];
  returning: (typeof commonErrors.seated)[number];
  participant: (typeof commonErrors.seated | typeof commonErrors.participant)[number];
  caller: (typeof commonErrors.seated | typeof commonErrors.caller)[number];
  owner: (typeof commonErrors.seated | typeof commonErrors.owner)[number];
};

/** Every code that a command declares. A handler that returns another code does not compile. */
export type CodesOf<Name extends CommandName> =
  | Commands[Name]['errors'][number]
  | AccessErrors[Commands[Name]['access']]
  | (typeof commonErrors.every)[number];

/** Why a connection does not get the seat that its token proves. */
export type SeatRefusal = Refusal<'NOT_SEATED' | 'WORKSPACE_GONE' | 'BUSY_TRY_AGAIN'>;

/** The sender of a command, and the services that its handler works with. */
export interface Context {
  services: Services;
  connection: Connection;
  address: string;
  /** The user who signed in on the connection; null for a guest. */
  user: SignedInUser | null;
  userConnections: UserConnections;
  commits: Commits;
  delivery: Delivery;
  /** The connection as the domain knows it. */
  via: Pick<Arrival, 'connection' | 'legacy'>;
  /** Whether the connection holds a seat. */
  holds(workspaceId: string, attendeeId: string): boolean;
  /** Takes the seat that a token proves, for commands that work with and without one. @returns null when seated */
  enter(claims: Claims): Promise<SeatRefusal | null>;
  /** The chats of workspaces; null where the server keeps none. */
  chat: Chat | null;
  /** Gives up all places in waiting rooms that the connection has. @returns null when it has none any more */
  leaveWaitingRooms(): Promise<Refusal<'BUSY_TRY_AGAIN'> | null>;
  claims(token: string): Claims | Refusal<'INVALID_TOKEN' | 'TOKEN_EXPIRED'>;
}

/** The context of a command that a seat sends. The access token names the sender. */
interface SeatContext extends Context {
  sender: Claims;
}

/** The context of a command that a user sends. */
export interface UserContext extends Context {
  user: SignedInUser;
}

/** The change that a command makes to a workspace, after the handler has done its slow work. */
export interface Plan<Name extends CommandName> {
  /** The id of the workspace. */
  workspace: string;
  /** Synchronous and idempotent: it runs again when another change came first. */
  decide(workspace: Workspace, now: number): Change | Refusal<CodesOf<Name>>;
  /** Default: 'required'. `best-effort` where the command is about connections and calls alone. */
  durability?: Durability;
  /** The answer, made from the workspace after the change, or before it where the change deletes the workspace. */
  output(workspace: Workspace): CommandOutput<Name> | OtherOutput<Name>;
  /** Whether the answer waits until the records have the change, so that every list shows it. Default: false. */
  isRecorded?: true;
  /** The attendee whose seat the sender takes. Where it is given, a connection that is gone makes no change. */
  seats?: string;
  /** The person whose place in the waiting room the sender takes. As for `seats`, a connection that is gone takes none. */
  waits?: string;
  /** Sent right after the answer. A refusal is sent as an alert instead. */
  iceServers?: IceServerRecord[] | Refusal<'ICE_UNAVAILABLE'>;
}

/** A plan that creates a workspace, so there is no document yet to decide on. */
export interface Creation<Name extends CommandName>
  extends Omit<Plan<Name>, 'decide' | 'durability' | 'waits' | 'isRecorded'> {
  seats: string;
  creates(now: number): Change;
}

export type Outcome<Name extends CommandName> =
  | Plan<Name>
  | Creation<Name>
  | { output: CommandOutput<Name>; afterReply?: () => void }
  | Refusal<CodesOf<Name>>;

type ContextFor<Level extends Access> = Level extends 'anyone'
  ? Context
  : Level extends 'user'
    ? UserContext
    : SeatContext;

type ContextOf<Name extends CommandName> = ContextFor<Commands[Name]['access']>;

/** A handler does the slow work of one command (bcrypt, ICE providers) and returns a plan for the store. */
export type Handler<Name extends CommandName> = (
  context: ContextOf<Name>,
  input: CommandInput<Name>,
) => Outcome<Name> | Promise<Outcome<Name>>;

/** The commands that only hand a payload on: they change nothing. */
export type RelayName = 'negotiation' | 'icecandidate';

export type RelayHandler<Name extends RelayName> = (sender: Claims, input: CommandInput<Name>) => NoticePayload<Name>;

export const nothing = () => ({});
