import { type Refusal, refuse } from '../../protocol/errors.ts';
import type { NoticePayload } from '../../protocol/types.ts';
import { amended, type Change, find, unchanged } from './change.ts';
import type { WorkspaceEvent } from './events.ts';
import { inviteRecord } from './view.ts';
import type { Invite, Workspace } from './workspace.ts';

/** Invites that one workspace has open at the same time. */
const MOST_OPEN = 100;

const TOO_MANY = 'Too many invitations are open here. Take some of them back first.';
const ONESELF = 'Nobody can invite themselves.';
const REMOVED = 'The owner has removed that user, so only the owner can invite that user again.';

type Ended = NoticePayload<'invite-ended'>['reason'];
type Answer = NoticePayload<'invite-answered'>['answer'];

export interface Inviting {
  readonly id: string;
  /** The user who is invited. */
  readonly user: string;
  /** The attendee who invites. */
  readonly from: string;
  readonly ring: boolean;
  readonly media: Invite['media'];
  /** When a ring counts as unanswered, in ms since the epoch. */
  readonly until: number;
  /** Makes the token of an invite, which opens the workspace for its user. */
  tokenOf(inviteId: string): string;
  /** Whether the user has no connection at present, or is on another call. */
  readonly presence: 'here' | 'away' | 'busy';
}

/** The invite that somebody sends. @param now ms since the epoch */
export function inviteOf(
  workspace: Workspace,
  { id, user, from, ring, media, until }: Omit<Inviting, 'tokenOf'>,
): Invite {
  const { owner, ownerUser } = workspace;
  // The owner can invite without a seat, by a host system.
  const { name = '', user: ofUser = null } =
    find(workspace, from) ?? (from === owner.id ? { name: owner.name, user: ownerUser } : {});
  return {
    id,
    user,
    from: { id: from, name, user: ofUser },
    ring,
    media,
    until: ring ? until : null,
    call: workspace.call?.id ?? null,
    consultation: null,
  };
}

/** The open invite that another one would repeat. */
export function sameInvite(
  { invites }: Workspace,
  { user, from, ring }: Pick<Inviting, 'user' | 'from' | 'ring'>,
): Invite | undefined {
  return invites.find((each) => each.user === user && each.from.id === from && each.ring === ring);
}

/**
 * Invites a user. A ring of somebody who is busy is over at once. Whom the owner removed before may come back, if it is the
 * owner who invites.
 */
export function invite(
  workspace: Workspace,
  inviting: Inviting,
  now: number,
): Change | Refusal<'NOT_ALLOWED' | 'RATE_LIMITED' | 'INVALID_PAYLOAD'> {
  const { user, from, ring, tokenOf, presence } = inviting;
  if (inviteOf(workspace, inviting).from.user === user) return refuse('INVALID_PAYLOAD', { field: 'user.id' }, ONESELF);
  const { invites, owner } = workspace;
  const isRemoved = workspace.kickedUsers.includes(user);
  const same = sameInvite(workspace, inviting);
  if (same && !isRemoved) return unchanged(workspace);
  if (!same && invites.length >= MOST_OPEN) return refuse('RATE_LIMITED', {}, TOO_MANY);
  if (from !== owner.id && isRemoved) return refuse('NOT_ALLOWED', {}, REMOVED);

  // That of a client of a consultation outlives the client's removal.
  const made = same ?? inviteOf(workspace, inviting);
  const kickedUsers = workspace.kickedUsers.filter((each) => each !== user);
  if (ring && presence === 'busy') {
    const next = amended(workspace, { kickedUsers }, now);
    return { next, effects: [answered(made, 'busy')], ended: [], events: [missed(workspace, made, 'busy', now)] };
  }
  return {
    next: amended(workspace, { kickedUsers, invites: same ? invites : [...invites, made] }, now),
    effects: presence === 'away' ? [answered(made, 'away')] : [],
    ended: [],
    userEffects: [{ toUsers: [user], notice: 'invited', payload: inviteRecord(workspace, made, tokenOf(made.id)) }],
  };
}

/** Takes an invite back. */
export function cancelInvite(
  workspace: Workspace,
  { invite: id, sender }: { invite: string; sender: string },
  now: number,
): Change | Refusal<'INVITE_OVER' | 'OWNER_ONLY'> {
  const cancelled = workspace.invites.find((each) => each.id === id);
  if (!cancelled) return refuse('INVITE_OVER');
  const { from } = cancelled;
  if (sender !== from.id && sender !== workspace.owner.id) return refuse('OWNER_ONLY');
  const change = over(workspace, [cancelled], { reason: 'cancelled' }, now);
  if (sender === from.id || !find(workspace, from.id)) return change;
  const payload = { invite: { id }, reason: 'cancelled' } as const;
  return { ...change, effects: [...change.effects, { to: [from.id], notice: 'invite-ended', payload }] };
}

/** Declines an invite. That of a consultation stays open. @param except the connection that declined */
export function declineInvite(
  workspace: Workspace,
  { invite: id, user, reason, except }: { invite: string; user: string; reason: 'declined' | 'busy'; except: string },
  now: number,
): Change | Refusal<'INVITE_OVER'> {
  const declined = workspace.invites.find((each) => each.id === id && each.user === user);
  if (!declined) return refuse('INVITE_OVER');
  return over(workspace, [declined], { reason: 'declined', answer: reason, except }, now);
}

/** The user of these invites has taken a seat. @param except the connection that did */
export function acceptInvites(workspace: Workspace, user: string, except: string | null, now: number): Change {
  const accepted = workspace.invites.filter((each) => each.user === user);
  return over(workspace, accepted, { reason: 'accepted', answer: 'accepted', except }, now);
}

/** Ends the rings that no user answered in time. */
export function expireInvites(workspace: Workspace, now: number): Change {
  const late = workspace.invites.filter(({ until }) => until !== null && until <= now);
  return over(workspace, late, { reason: 'unanswered', answer: 'unanswered' }, now);
}

/** When the first ring of a user is over, in ms since the epoch; Infinity where nobody is rung. */
export function ringDeadline({ invites }: Workspace): number {
  return Math.min(...invites.flatMap(({ until }) => until ?? []), Number.POSITIVE_INFINITY);
}

/** Ends the rings that lead nowhere any more: their sender has no seat, or their call is over. */
export function endOrphans(workspace: Workspace, now: number): Change {
  const { call } = workspace;
  const isOrphan = ({ ring, from, call: into }: Invite) =>
    ring && (!find(workspace, from.id) || (into !== null && into !== call?.id));
  return over(workspace, workspace.invites.filter(isOrphan), { reason: 'cancelled' }, now);
}

/** What the invited users hear when their workspace ends. */
export function closedInvites({ invites }: Pick<Workspace, 'invites'>): NonNullable<Change['userEffects']> {
  return invites.map((each) => ended(each, 'closed'));
}

/** Whether a user is on a call with somebody in a workspace, or dials somebody there. */
export function isBusyIn({ dialled, invites, call, attendees, ownerUser }: Workspace, user: string): boolean {
  const isSeated = attendees.some((attendee) => attendee.user === user);
  if (!isSeated) return false;
  if (dialled) return attendees.length > 1 || (ownerUser === user && invites.length > 0);
  const participants = attendees.filter(({ id }) => call?.participants.includes(id));
  return participants.length > 1 && participants.some((attendee) => attendee.user === user);
}

interface Ending {
  readonly reason: Ended;
  /** What its sender hears, if anything. */
  readonly answer?: Answer;
  /** The connection that hears nothing, because it knows already. */
  readonly except?: string | null;
}

/** Ends invites. Those of consultations stay open, and can be accepted again. */
function over(
  workspace: Workspace,
  invites: readonly Invite[],
  { reason, answer, except }: Ending,
  now: number,
): Change {
  if (invites.length === 0) return unchanged(workspace);
  const isAnswered = reason === 'accepted' || reason === 'declined';
  const isThere = ({ from }: Invite) => find(workspace, from.id) !== undefined;
  const stays = (each: Invite) => !invites.includes(each) || (isAnswered && each.consultation !== null);
  return {
    next: amended(workspace, { invites: workspace.invites.filter(stays) }, now),
    effects: answer === undefined ? [] : invites.filter(isThere).map((each) => answered(each, answer)),
    ended: [],
    userEffects: invites.map((each) => ended(each, reason, except)),
    ...(isAnswered ? { causes: invites.map(({ id }) => ({ type: 'invite-answered', invite: id })) } : {}),
  };
}

function answered({ id, user, from }: Invite, answer: Answer): Change['effects'][number] {
  return { to: [from.id], notice: 'invite-answered', payload: { invite: { id }, user: { id: user }, answer } };
}

function ended(
  { id, user }: Invite,
  reason: Ended,
  except: string | null = null,
): NonNullable<Change['userEffects']>[number] {
  const payload = { invite: { id }, reason };
  return { toUsers: [user], notice: 'invite-ended', payload, ...(except === null ? {} : { except }) };
}

/** The event that a user missed a ring. */
export function missed(
  { call }: Pick<Workspace, 'call'>,
  { user, from, media, call: into }: Invite,
  reason: 'unanswered' | 'cancelled' | 'busy',
  now: number,
): WorkspaceEvent {
  return {
    type: 'call.missed',
    at: now,
    data: {
      call: call && call.id === into ? { id: call.uid } : null,
      attendee: null,
      user: { id: user },
      from: { ...from, user: from.user === null ? null : { id: from.user } },
      media,
      reason,
    },
  };
}
