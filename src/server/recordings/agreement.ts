import { REMOVED } from '../domain/erasure.ts';
import type { WorkspaceEvent } from '../domain/events.ts';
import { type Move, moveOf } from '../records/moves.ts';
import type { PartRecord } from '../records/recording-parts.ts';
import type { ConsentRecord, RecordingRecord } from '../records/recordings.ts';

/** A browser may think that something was so much earlier than it was, ms. */
const CLOCK_MS = 1000;

/** A recording, and what was said about it, in its order. */
export interface Agreements {
  readonly recording: Pick<RecordingRecord, 'id' | 'workspaceId' | 'startedAt' | 'stoppedAt'>;
  readonly consents: readonly ConsentRecord[];
  /** Who left, was removed, or came back meanwhile. */
  readonly moves: readonly Move[];
}

/**
 * What the records have, and what a workspace knows of which they may not have heard yet.
 * @param recorded null: the records do not know the recording
 * @returns null: nobody knows it
 */
export function allAgreements(
  recorded: Agreements | null,
  { id, workspaceId }: { id: string; workspaceId: string },
  events: readonly WorkspaceEvent[],
): Agreements | null {
  const of = <Type extends WorkspaceEvent['type']>(type: Type) =>
    events.filter(
      (event): event is Extract<WorkspaceEvent, { type: Type }> =>
        event.type === type && 'recording' in event.data && event.data.recording.id === id,
    );
  const [start] = of('recording.started');
  const [stop] = of('recording.stopped');
  const recording = recorded?.recording ?? (start && { id, workspaceId, startedAt: start.at, stoppedAt: null });
  if (recording?.workspaceId !== workspaceId) return null;
  const said = of('recording.consent').map(consentOf);
  const moved = events.flatMap((event) => moveOf(event) ?? []);
  return {
    recording: { ...recording, stoppedAt: recording.stoppedAt ?? stop?.at ?? null },
    // What is in both is twice in it, which changes nothing.
    consents: [...(recorded?.consents ?? []), ...said].sort((one, other) => one.at - other.at),
    moves: [...(recorded?.moves ?? []), ...moved].sort((one, other) => one.at - other.at),
  };
}

/**
 * The consent that an attendee had given when a part began.
 * @param startedAt ms since the epoch
 * @returns null: nobody may keep that part
 */
export function consentAt(agreements: Agreements, attendee: string, startedAt: number): ConsentRecord | null {
  const own = consentsOf(agreements, attendee);
  const given = own.find((consent, index) => {
    const next = own[index + 1]?.at ?? Number.POSITIVE_INFINITY;
    return consent.given && startedAt >= consent.at - CLOCK_MS && startedAt < next;
  });
  return given && !isErased(given) ? given : null;
}

/** The consent of an attendee that holds now; null where there is none, as for those who left or were removed. */
export function presentConsent(agreements: Agreements, attendee: string): ConsentRecord | null {
  const latest = consentsOf(agreements, attendee).at(-1);
  return latest?.given && !isErased(latest) ? latest : null;
}

/** Whether a recording was on at a time, ms since the epoch. */
export function wasOn({ recording: { startedAt, stoppedAt } }: Agreements, at: number): boolean {
  return at >= startedAt - CLOCK_MS && at <= (stoppedAt ?? Number.POSITIVE_INFINITY);
}

/**
 * Until when a part may go at the longest, ms since the epoch: the end of its recording, or when its attendee withdrew the
 * consent, left or was removed.
 */
export function endOf(agreements: Agreements, { attendee, startedAt }: PartRecord): number {
  const { stoppedAt } = agreements.recording;
  const withdrawn = consentsOf(agreements, attendee).find((each) => !each.given && each.at > startedAt);
  return Math.min(stoppedAt ?? Number.POSITIVE_INFINITY, withdrawn?.at ?? Number.POSITIVE_INFINITY);
}

/** What holds for an attendee, in its order: what the attendee said, which does not hold while the attendee is gone. */
function consentsOf({ consents, moves }: Agreements, attendee: string): ConsentRecord[] {
  const said = consents.filter((each) => each.attendee === attendee);
  const moved = moves.filter((each) => each.attendee === attendee);
  const changes = [...said, ...moved].sort((one, other) => one.at - other.at);
  let latest: ConsentRecord | null = null;
  return changes.flatMap((change): ConsentRecord[] => {
    if ('given' in change) {
      latest = change;
      return [change];
    }
    return latest ? [{ ...latest, given: change.isThere && latest.given, at: change.at }] : [];
  });
}

function isErased({ user, name }: ConsentRecord): boolean {
  return user !== null && name === REMOVED;
}

function consentOf({ at, data }: Extract<WorkspaceEvent, { type: 'recording.consent' }>): ConsentRecord {
  const { attendee, given, text } = data;
  return { attendee: attendee.id, user: attendee.user?.id ?? null, name: attendee.name, given, text, at };
}
