import { isRefusal, type Refusal } from '../../protocol/errors.ts';
import type { NoticeName, NoticePayload } from '../../protocol/types.ts';
import type { Attendee, Workspace } from './workspace.ts';

/** A notice and the attendees it goes to. */
export type Effect = {
  [Name in NoticeName]: { to: readonly string[]; notice: Name; payload: NoticePayload<Name> };
}[NoticeName];

/**
 * What a transition makes of a workspace. It says what to do and does nothing: effects are emitted only after the
 * store took `next`, and a transition may run again when somebody else's change came first.
 */
export interface Change {
  /** The same object when nothing changed; null when the workspace is no more. */
  readonly next: Workspace | null;
  readonly effects: readonly Effect[];
  /** Attendees whose seats are no more: their connections lose the workspace after the effects went out. */
  readonly ended: readonly string[];
}

export function unchanged(workspace: Workspace): Change {
  return { next: workspace, effects: [], ended: [] };
}

/** The next version of a workspace. */
export function amended(workspace: Workspace, patch: Partial<Workspace>, now: number): Workspace {
  return { ...workspace, ...patch, rev: workspace.rev + 1, touched: now };
}

/** Does one transition after the other, each on what the former one left. A refusal refuses all. */
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
    };
  }
  return done;
}

export function find(workspace: Workspace, attendeeId: string): Attendee | undefined {
  return workspace.attendees.find((attendee) => attendee.id === attendeeId);
}

/** The ids of everybody but one, all of them or those that `only` names. */
export function others(workspace: Workspace, attendeeId: string, only?: (attendee: Attendee) => boolean): string[] {
  return workspace.attendees
    .filter((attendee) => attendee.id !== attendeeId && (only === undefined || only(attendee)))
    .map((attendee) => attendee.id);
}

export const isLegacy = (attendee: Attendee) => attendee.legacy;
export const isModern = (attendee: Attendee) => !attendee.legacy;
