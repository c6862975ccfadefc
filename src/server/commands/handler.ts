import type { commonErrors } from '../../protocol/commands.ts';
import type { Refusal } from '../../protocol/errors.ts';
import type {
  CommandInput,
  CommandName,
  CommandOutput,
  Commands,
  IceServerRecord,
  NoticePayload,
} from '../../protocol/types.ts';
import type { Claims } from '../auth/tokens.ts';
import type { Change } from '../domain/change.ts';
import type { Arrival } from '../domain/seat.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Services } from '../services.ts';

/** The codes that an access level can answer with, beside those that every command can. */
type AccessErrors = {
  anyone: never;
  seat: (typeof commonErrors.seated)[number];
  returning: (typeof commonErrors.seated)[number];
  participant: (typeof commonErrors.seated | typeof commonErrors.participant)[number];
  caller: (typeof commonErrors.seated | typeof commonErrors.caller)[number];
  owner: (typeof commonErrors.seated | typeof commonErrors.owner)[number];
};

/** Every code that a command declares. A handler that answers another one does not compile. */
export type CodesOf<Name extends CommandName> =
  | Commands[Name]['errors'][number]
  | AccessErrors[Commands[Name]['access']]
  | (typeof commonErrors.every)[number];

/** Who is asking, and what is at hand to answer with. */
export interface Context {
  services: Services;
  address: string;
  /** The connection as the domain knows it. */
  via: Pick<Arrival, 'connection' | 'legacy'>;
  /** Takes the seat that a token proves, for commands that work with and without one. @returns null when seated */
  enter(claims: Claims): Promise<Refusal | null>;
  claims(token: string): Claims | Refusal<'INVALID_TOKEN' | 'TOKEN_EXPIRED'>;
}

/** As Context, for commands that a seat sends. The sender is who the access token says. */
export interface SeatContext extends Context {
  sender: Claims;
}

/** What a command will do to a workspace, once its slow work is done. */
export interface Plan<Name extends CommandName> {
  /** The id of the workspace; null: one that does not exist yet, and `decide` is given nothing. */
  workspace: string;
  /** Synchronous, and may run again when somebody else's change came first. */
  decide(workspace: Workspace, now: number): Change | Refusal<CodesOf<Name>>;
  /** The answer, from the workspace as it is afterwards (from the one before when it is no more). */
  output(workspace: Workspace): CommandOutput<Name>;
  /** The attendee whose seat the sender takes by it. */
  seats?: string;
  /** Sent right after the answer; what is refused is told instead. */
  iceServers?: IceServerRecord[] | Refusal<'ICE_UNAVAILABLE'>;
}

/** A plan that begins a workspace: there is nothing to decide on. */
export interface Creation<Name extends CommandName> extends Omit<Plan<Name>, 'decide'> {
  seats: string;
  creates(now: number): Change;
}

export type Outcome<Name extends CommandName> =
  | Plan<Name>
  | Creation<Name>
  | { output: CommandOutput<Name> }
  | Refusal<CodesOf<Name>>;

type ContextOf<Name extends CommandName> = Commands[Name]['access'] extends 'anyone' ? Context : SeatContext;

/** One command: slow work first, then a plan for the store. */
export type Handler<Name extends CommandName> = (
  context: ContextOf<Name>,
  input: CommandInput<Name>,
) => Outcome<Name> | Promise<Outcome<Name>>;

/** The commands that only hand something on: they read no store and change nothing. */
export type RelayName = 'negotiation' | 'icecandidate';

export type RelayHandler<Name extends RelayName> = (sender: Claims, input: CommandInput<Name>) => NoticePayload<Name>;

export const nothing = () => ({});
