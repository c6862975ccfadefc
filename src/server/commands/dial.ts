import { type Refusal, refuse } from '../../protocol/errors.ts';
import type { CommandInput } from '../../protocol/types.ts';
import { unchanged } from '../domain/change.ts';
import { announceDial, dialBusy, dial as dialUser, discardDial, isKept, keepDial } from '../domain/dial.ts';
import { type Inviting, isBusyIn } from '../domain/invites.ts';
import { attend } from '../domain/seat.ts';
import { inviteRecord, newWorkspaceRecord, recordOf } from '../domain/view.ts';
import type { Invite, Workspace } from '../domain/workspace.ts';
import { userRoom } from '../transport/user-rooms.ts';
import { anonymous, arrivalOf, iceServersFor, newId, profileOf } from './arrival.ts';
import type { CodesOf, Handler, Plan, UserContext } from './handler.ts';
import { invitee, workspacesOf } from './invitees.ts';

const DIALS_NOBODY = 'Your sign-in is good for one workspace alone, so you cannot call from it.';
const MET_TOO_LATE = 'You were being called at that moment, and it is over. Try again.';

/** A call that somebody else's dialling of the sender has begun. */
interface Rival {
  readonly workspace: Workspace;
  readonly invite: Invite;
}

export const dial: Handler<'dial'> = async (context, input) => {
  const { services, user } = context;
  if (user.workspace !== null) return refuse('NOT_ALLOWED', {}, DIALS_NOBODY);
  const callee = await invitee(context, input.user.id);
  if (typeof callee !== 'string') return callee;
  const rival = await rivalOf(context, callee);
  if (rival) return meeting(context, input, rival);
  const repeated = await repeatedDial(context, callee);
  if (repeated) return announcement(context, input, { ...repeated, presence: 'here' });
  const limited = await services.limitCreates(userRoom(user.id));
  return limited ?? dialled(context, input, callee);
};

/** Stores the workspace of the call first. Then it shows whether the other one is busy, or dials the sender as well. */
async function dialled(
  context: UserContext,
  input: CommandInput<'dial'>,
  callee: string,
): Promise<Plan<'dial'> | Refusal<CodesOf<'dial'>>> {
  const { services, commits, user } = context;
  const { settings } = services.config;
  const profile = profileOf(newId(settings), {}, anonymous(settings), user);
  const arrival = arrivalOf(context, profile, input.session ?? null);
  const now = services.now();
  const ringing = {
    id: newId(settings),
    user: callee,
    media: input.media,
    until: now + settings.ring_timeout_seconds * 1000,
  };
  // Not the name of the caller, which would outlive an erasure of that user.
  const given = { id: newId(settings), name: settings.untitled_workspace, avatar: settings.default_workspace_avatar };
  const { next: workspace, invite } = dialUser(given, arrival, ringing, now);
  const discard = () =>
    commits.background.run(workspace.id, { as: null, decide: discardDial, durability: 'best-effort' });
  try {
    const refusal = await commits.create({ next: workspace, effects: [], ended: [] }, { as: null });
    if (refusal) return refusal;
    const rival = await rivalOf(context, callee);
    if (rival && (isEarlier(rival.workspace, workspace) || !(await takeBack(context, rival.workspace)))) {
      await discard();
      return meeting(context, input, rival);
    }
    if (!(await keep(context, workspace))) {
      const earlier = await rivalOf(context, callee);
      return earlier ? meeting(context, input, earlier) : refuse('BUSY_TRY_AGAIN', {}, MET_TOO_LATE);
    }
    return announcement(context, input, { workspace, invite, presence: await presenceOf(context, callee, workspace) });
  } catch (error) {
    void discard();
    throw error;
  }
}

/**
 * Takes a later call back that has not been kept yet: its caller then comes to the sender's.
 * @returns false where it was kept, and the sender has to come
 */
async function takeBack({ commits }: UserContext, { id }: Workspace): Promise<boolean> {
  let isTaken = false;
  const decide = (current: Workspace) => {
    isTaken = !isKept(current);
    return isTaken ? discardDial(current) : unchanged(current);
  };
  const refusal = await commits.change<never>(id, { as: null, decide, durability: 'required' });
  return isTaken || refusal?.refused === 'WORKSPACE_GONE';
}

/** Keeps a call before anybody is told of it. @returns false where the other one has taken it back */
async function keep({ commits }: UserContext, { id }: Workspace): Promise<boolean> {
  const decide = (current: Workspace, now: number) => keepDial(current, now);
  return (await commits.change<never>(id, { as: null, decide, durability: 'required' })) === null;
}

/** Whether the other one can be rung. A user who has met the sender meanwhile in this very call is not busy. */
async function presenceOf(
  { services, userConnections, user }: UserContext,
  callee: string,
  own: Workspace,
): Promise<Inviting['presence']> {
  const isBusy = (each: Workspace) => each.id !== own.id && isBusyIn(each, callee) && !isDialTo(each, user.id);
  if ((await workspacesOf(services, callee)).some(isBusy)) return 'busy';
  return (await userConnections.isConnected(callee)) ? 'here' : 'away';
}

/** Seats the sender, and rings the other one. */
async function announcement(
  context: UserContext,
  input: CommandInput<'dial'>,
  { workspace, invite, presence }: Rival & Pick<Inviting, 'presence'>,
): Promise<Plan<'dial'>> {
  const { services } = context;
  const token = services.tokens.invite(workspace.id, invite.id);
  const caller = workspace.owner.id;
  return {
    workspace: workspace.id,
    seats: caller,
    iceServers: await iceServersFor(services, caller),
    decide: (current, now) => {
      const isOpen = current.invites.some(({ id }) => id === invite.id);
      return isOpen && presence === 'busy'
        ? dialBusy(current, invite, now)
        : announceDial(current, { invite, token, isAway: presence === 'away' }, now);
    },
    output: (current) => answer(context, input, { workspace: current, attendee: caller, invite, token }),
  };
}

/** Seats the sender in the workspace of the one who dialled earlier. */
async function meeting(
  context: UserContext,
  input: CommandInput<'dial'>,
  { workspace, invite }: Rival,
): Promise<Plan<'dial'>> {
  const { services, user } = context;
  const { settings } = services.config;
  const profile = profileOf(newId(settings), {}, anonymous(settings), user);
  const arrival = arrivalOf(context, profile, input.session ?? null);
  const token = services.tokens.invite(workspace.id, invite.id);
  return {
    workspace: workspace.id,
    seats: profile.id,
    iceServers: await iceServersFor(services, profile.id),
    decide: (current, now) => {
      const isOver = current.invites.every(({ id }) => id !== invite.id);
      if (isOver) return refuse('BUSY_TRY_AGAIN', {}, MET_TOO_LATE);
      return attend(current, arrival, settings.max_capacity_of_workspace, now);
    },
    output: (current) => answer(context, input, { workspace: current, attendee: profile.id, invite, token }),
  };
}

function answer(
  { services: { tokens, now } }: UserContext,
  { nonce }: CommandInput<'dial'>,
  { workspace, attendee, invite, token }: Rival & { attendee: string; token: string },
) {
  const present = now();
  return {
    workspace: { ...newWorkspaceRecord(workspace), token: tokens.invitation(workspace, present) },
    attendee: recordOf(workspace, attendee),
    accessToken: tokens.access(workspace.id, attendee, present),
    nonce,
    invite: inviteRecord(workspace, invite, token),
  };
}

/** The call that another user's dialling of the sender has begun. */
async function rivalOf({ services, user }: UserContext, callee: string): Promise<Rival | null> {
  const now = services.now();
  for (const workspace of await workspacesOf(services, user.id)) {
    if (workspace.ownerUser !== callee || !isDialTo(workspace, user.id)) continue;
    const invite = workspace.invites.find((each) => each.user === user.id && (each.until ?? 0) > now);
    if (invite) return { workspace, invite };
  }
  return null;
}

/** The same dial once more on the same connection, because its answer was lost. */
async function repeatedDial({ services, user, via }: UserContext, callee: string): Promise<Rival | null> {
  for (const workspace of await workspacesOf(services, user.id)) {
    const caller = workspace.attendees.find(({ id }) => id === workspace.owner.id);
    const invite = workspace.invites.find((each) => each.user === callee);
    if (workspace.dialled && invite && caller?.connection === via.connection) return { workspace, invite };
  }
  return null;
}

function isDialTo({ dialled, invites }: Workspace, user: string): boolean {
  return dialled && invites.some((each) => each.user === user);
}

function isEarlier(one: Workspace, other: Workspace): boolean {
  return one.created === other.created ? one.id < other.id : one.created < other.created;
}
