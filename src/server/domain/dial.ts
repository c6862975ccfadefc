import { amended, type Change, unchanged } from './change.ts';
import { endOrphans, type Inviting, inviteOf, missed } from './invites.ts';
import { type Arrival, create, destroy } from './seat.ts';
import { inviteRecord, recordOf } from './view.ts';
import type { Invite, Workspace } from './workspace.ts';

// A user dials another one: a workspace of two seats, which rings the other one and ends with its call.

/** Seats of a dialled workspace. */
const SEATS = 2;

/** Creates the workspace. Nobody hears of it until it is announced: the other one may be busy, or dial as well. */
export function dial(
  given: Pick<Workspace, 'id' | 'name' | 'avatar'>,
  caller: Arrival,
  ringing: Omit<Inviting, 'from' | 'tokenOf' | 'presence' | 'ring'>,
  now: number,
): { next: Workspace; invite: Invite } {
  const { next } = create({ ...given, pinHash: null }, caller, now);
  if (next === null) throw new Error('a new workspace has a document');
  const invite = inviteOf(next, { ...ringing, ring: true, from: caller.profile.id, presence: 'here' });
  return { next: { ...next, dialled: true, capacity: SEATS, invites: [invite] }, invite };
}

/**
 * Keeps a dialled workspace. Two users who dial each other store theirs at once, and may each have looked before the other's was
 * there. So each is kept before anybody is told of it, and can be taken back until then.
 */
export function keepDial(workspace: Workspace, now: number): Change {
  return { ...unchanged(workspace), next: amended(workspace, {}, now) };
}

/** Whether a dialled workspace was kept, or the other one has come to it: any change of it means so. */
export function isKept({ rev }: Workspace): boolean {
  return rev > 1;
}

/**
 * Tells the user who is dialled. Where that user has dialled the caller at the same time and is seated already, the caller
 * hears that instead.
 */
export function announceDial(
  workspace: Workspace,
  { invite, token, isAway }: { invite: Invite; token: string; isAway: boolean },
  now: number,
): Change {
  const next = amended(workspace, {}, now);
  const caller = workspace.owner.id;
  const heard = { invite: { id: invite.id }, user: { id: invite.user } };
  if (workspace.invites.some(({ id }) => id === invite.id)) {
    return {
      next,
      effects: isAway ? [{ to: [caller], notice: 'invite-answered', payload: { ...heard, answer: 'away' } }] : [],
      ended: [],
      userEffects: [{ toUsers: [invite.user], notice: 'invited', payload: inviteRecord(next, invite, token) }],
    };
  }
  const others = workspace.attendees.filter(({ id }) => id !== caller);
  return {
    next,
    effects: [
      ...others.map(({ id }) => ({ to: [caller], notice: 'attend' as const, payload: recordOf(next, id) })),
      { to: [caller], notice: 'invite-answered', payload: { ...heard, answer: 'accepted' } },
    ],
    ended: [],
  };
}

/** Ends a dialled workspace whose user is busy. */
export function dialBusy(workspace: Workspace, invite: Invite, now: number): Change {
  const { id, user } = invite;
  const change = callOver(workspace, [id]);
  return {
    ...change,
    effects: [
      {
        to: [workspace.owner.id],
        notice: 'invite-answered',
        payload: { invite: { id }, user: { id: user }, answer: 'busy' },
      },
      ...change.effects,
    ],
    events: [missed(workspace, invite, 'busy', now)],
  };
}

/** Takes a dialled workspace back of which nobody has heard. */
export function discardDial(workspace: Workspace): Change {
  const answered = workspace.invites.map(({ id }) => id);
  return { ...callOver(workspace, answered), effects: [], userEffects: [] };
}

/**
 * Does what follows from a change: rings that lead nowhere any more end, and so does a dialled workspace whose call is
 * over, or from which one of the two has gone.
 * @param before the workspace before the change
 */
export function aftermath(before: Workspace, workspace: Workspace, now: number): Change {
  const change = endOrphans(workspace, now);
  const { next } = change;
  if (!next?.dialled || !isOver(before, next)) return change;
  const closing = callOver(next, []);
  return {
    ...closing,
    effects: [...change.effects, ...closing.effects],
    userEffects: [...(change.userEffects ?? []), ...(closing.userEffects ?? [])],
  };
}

function isOver(before: Workspace, { attendees, invites, call }: Workspace): boolean {
  if (invites.length === 0 && attendees.length < SEATS) return true;
  const former = before.call;
  if (former === null) return false;
  return call === null || (former.participants.length > 1 && call.participants.length < 2);
}

/** @param answered ids of invites that nobody has missed */
function callOver(workspace: Workspace, answered: readonly string[]): Change {
  const to = workspace.attendees.map(({ id }) => id);
  const change = destroy(workspace, 'call-over');
  return {
    ...change,
    effects: [{ to, notice: 'destroyed', payload: {} }],
    causes: [...(change.causes ?? []), ...answered.map((invite) => ({ type: 'invite-answered', invite }) as const)],
  };
}
