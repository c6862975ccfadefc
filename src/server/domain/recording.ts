import { type Refusal, refuse } from '../../protocol/errors.ts';
import { amended, type Change, type Effect, find, others, unchanged } from './change.ts';
import type { Recording, Workspace } from './workspace.ts';

// A recording of the call. The document holds who has agreed to be recorded: nobody else's parts are taken.

const NO_CALL = 'There is no call to record. Start the call first.';

/** How often an attendee may change what it says of one recording: each change is kept, and told to all. */
const MOST_CHANGES = 100;
const TOO_OFTEN =
  'What you said of this recording has changed too often, so your last word stays. You can always withdraw.';

/** Starts a recording of the call, unless one is on. @param startedBy the attendee who does; null: a host system */
export function startRecording(
  workspace: Workspace,
  { id, startedBy }: Pick<Recording, 'id' | 'startedBy'>,
  now: number,
): Change | Refusal<'NO_CALL'> {
  const { call, recording } = workspace;
  if (call === null) return refuse('NO_CALL', {}, NO_CALL);
  if (recording !== null) return unchanged(workspace);
  const started: Recording = { id, call: call.uid, startedAt: now, startedBy, consents: [] };
  const next = amended(workspace, { recording: started }, now);
  return { next, effects: [stateEffect(next, id, 'recording')], ended: [] };
}

/** Stops a recording. */
export function stopRecording(workspace: Workspace, id: string, now: number): Change | Refusal<'NO_RECORDING'> {
  return workspace.recording?.id === id ? stopped(workspace, id, now) : refuse('NO_RECORDING');
}

/** Ends a recording whose call is over. It follows every transition, whichever has ended the call. */
export function endWithCall(workspace: Workspace, now: number): Change {
  const { call, recording } = workspace;
  if (recording === null || call?.uid === recording.call) return unchanged(workspace);
  return stopped(workspace, recording.id, now);
}

/**
 * Notes whether an attendee agrees to be recorded. The others hear it. What was said already changes nothing. A withdrawal is
 * always taken.
 * @param text the version of the text that the attendee has read
 */
export function consent(
  workspace: Workspace,
  { recording: id, attendee, given, text }: { recording: string; attendee: string; given: boolean; text: string },
  now: number,
): Change | Refusal<'NO_RECORDING' | 'NOT_ALLOWED'> {
  const { recording } = workspace;
  if (recording?.id !== id) return refuse('NO_RECORDING');
  const former = recording.consents.find((each) => each.attendee === attendee);
  if (former?.given === given && (!given || former.text === text)) return unchanged(workspace);
  const changes = (former?.changes ?? 0) + 1;
  if (given && changes > MOST_CHANGES) return refuse('NOT_ALLOWED', {}, TOO_OFTEN);
  // Those who are gone are asked again when they come back: only the owner comes back as the same attendee.
  const isKept = (one: string) =>
    one !== attendee && (one === workspace.owner.id || find(workspace, one) !== undefined);
  const consents = [
    ...recording.consents.filter((each) => isKept(each.attendee)),
    { attendee, given, text, at: now, changes },
  ];
  return {
    next: amended(workspace, { recording: { ...recording, consents } }, now),
    effects: [{ to: others(workspace, attendee), notice: 'consent', payload: { attendee: { id: attendee }, given } }],
    ended: [],
  };
}

/** A recording as the attendees see it. */
export function recordingRecord(workspace: Workspace, { id, startedAt, consents }: Recording) {
  const seated = consents.filter(({ attendee }) => find(workspace, attendee) !== undefined);
  return { id, startedAt, consents: seated.map(({ attendee, given }) => ({ attendee: { id: attendee }, given })) };
}

function stopped(workspace: Workspace, id: string, now: number): Change {
  const next = amended(workspace, { recording: null }, now);
  return { next, effects: [stateEffect(next, id, 'stopped')], ended: [] };
}

function stateEffect({ attendees }: Workspace, id: string, state: 'recording' | 'stopped'): Effect {
  return { to: attendees.map((attendee) => attendee.id), notice: 'recording', payload: { recording: { id, state } } };
}
