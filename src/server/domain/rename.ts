import { type Refusal, refuse } from '../../protocol/errors.ts';
import { amended, type Change, find, isModern, others, unchanged, withAttendee } from './change.ts';
import { attendeeRecord } from './view.ts';
import type { Attendee, Profile, Workspace } from './workspace.ts';

/**
 * Gives an attendee another name or avatar; the page and the connection stay. As with an attendee that comes back with
 * the same page, clients of Engine.IO 3 are not notified: they would take it for somebody new.
 */
export function rename(workspace: Workspace, profile: Profile, now: number): Change | Refusal<'NOT_SEATED'> {
  const former = find(workspace, profile.id);
  if (!former) return refuse('NOT_SEATED');
  if (former.name === profile.name && former.avatar === profile.avatar) return unchanged(workspace);
  const attendee: Attendee = { ...former, ...profile };
  const base = profile.id === workspace.owner.id ? { ...workspace, owner: profile } : workspace;
  const next = amended(base, { attendees: withAttendee(workspace, attendee) }, now);
  const payload = attendeeRecord(next, attendee);
  return { next, effects: [{ to: others(next, profile.id, isModern), notice: 'attend', payload }], ended: [] };
}
