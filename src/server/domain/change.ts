import { isRefusal, type Refusal } from '../../protocol/errors.ts';
import type { NoticeName, NoticePayload } from '../../protocol/types.ts';
import { usedAfter } from './call-time.ts';
import type { CallEndReason, EventData, WorkspaceEvent } from './events.ts';
import type { Attendee, Workspace } from './workspace.ts';

/** A notice, and the attendees who get it. */
export type Effect = {
  [Name in NoticeName]: { to: readonly string[]; notice: Name; payload: NoticePayload<Name> };
}[NoticeName];

/** A notice, and the users who get it on all their connections, wherever they sit. */
export type UserEffect = {
  [Name in NoticeName]: {
    toUsers: readonly string[];
    /** The name of a connection that does not get it, because it knows already. */
    except?: string;
    notice: Name;
    payload: NoticePayload<Name>;
  };
}[NoticeName];

/** A notice, and the people in the waiting room who get it. */
export type WaitingEffect = {
  [Name in NoticeName]: { toWaiting: readonly string[]; notice: Name; payload: NoticePayload<Name> };
}[NoticeName];

/** Why something happened, where the documents before and after do not say it. Events name it. */
export type Cause =
  /** An attendee was removed by the owner, its grace time is over, or it declined a ring. */
  | { readonly type: 'kicked' | 'lost' | 'declined'; readonly attendee: string }
  /** The user of an invite, which is over, accepted or declined it. All others have missed it. */
  | { readonly type: 'invite-answered'; readonly invite: string }
  | { readonly type: 'call-ended'; readonly reason: CallEndReason }
  | { readonly type: 'closed'; readonly reason: EventData['workspace.closed']['reason'] };

/**
 * The result of a transition. A transition only describes: effects are emitted after the store has taken `next`, and
 * the transition runs again when another change came first.
 */
export interface Change {
  /** The same object when nothing changed; null when the workspace is deleted. */
  readonly next: Workspace | null;
  readonly effects: readonly Effect[];
  /** Attendees whose seats have ended. Their connections lose the seats after the effects were emitted. */
  readonly ended: readonly string[];
  readonly userEffects?: readonly UserEffect[];
  readonly waitingEffects?: readonly WaitingEffect[];
  readonly causes?: readonly Cause[];
  /** Events that no difference between the documents shows (`history.ts`). */
  readonly events?: readonly WorkspaceEvent[];
  /** The document that the store keeps of a workspace that has ended, until the records have its last events. */
  readonly closed?: Workspace;
}

export function unchanged(workspace: Workspace): Change {
  return { next: workspace, effects: [], ended: [] };
}

/** The next version of a workspace. Whichever transition ends a call, the time of that call is counted here. */
export function amended(workspace: Workspace, patch: Partial<Workspace>, now: number): Workspace {
  const callUsedMs = patch.call === undefined ? workspace.callUsedMs : usedAfter(workspace, patch.call, now);
  return { ...workspace, ...patch, callUsedMs, rev: workspace.rev + 1, touched: now };
}

/** Runs transitions in order, each on the result of the one before. One refusal refuses them all. */
export function inSequence<Codes extends Refusal>(
  workspace: Workspace,
  steps: readonly ((workspace: Workspace) => Change | Codes)[],
): Change | Codes {
  let done: Change = unchanged(workspace);
  for (const step of steps) {
    if (done.next === null) return done;
    const change = step(done.next);
    if (isRefusal(change)) return change;
    done = {
      next: change.next,
      effects: [...done.effects, ...change.effects],
      ended: [...done.ended, ...change.ended],
      ...joint('userEffects', done, change),
      ...joint('waitingEffects', done, change),
      ...joint('causes', done, change),
      ...joint('events', done, change),
    };
  }
  return done;
}

/** A list of two changes, one after the other; nothing where neither has one, as nearly all changes. */
function joint(
  name: 'userEffects' | 'waitingEffects' | 'causes' | 'events',
  one: Change,
  other: Change,
): Pick<Change, typeof name> {
  return one[name] || other[name] ? { [name]: [...(one[name] ?? []), ...(other[name] ?? [])] } : {};
}

export function find(workspace: Workspace, attendeeId: string): Attendee | undefined {
  return workspace.attendees.find((attendee) => attendee.id === attendeeId);
}

/** The attendees, with one of them in the place of its former record. */
export function withAttendee(workspace: Workspace, attendee: Attendee): readonly Attendee[] {
  return workspace.attendees.map((each) => (each.id === attendee.id ? attendee : each));
}

/** The ids of all attendees but one, or of those among them that `only` selects. */
export function others(workspace: Workspace, attendeeId: string, only?: (attendee: Attendee) => boolean): string[] {
  return workspace.attendees
    .filter((attendee) => attendee.id !== attendeeId && (only === undefined || only(attendee)))
    .map((attendee) => attendee.id);
}

export const isLegacy = (attendee: Attendee) => attendee.legacy;
export const isModern = (attendee: Attendee) => !attendee.legacy;
