import { createHash } from 'node:crypto';
import { REMOVED } from '../../domain/erasure.ts';
import type { CallRecord } from '../../records/calls.ts';
import type { PartRecord } from '../../records/recording-parts.ts';
import type { RecordingRecord } from '../../records/recordings.ts';
import type { Records } from '../../records/records.ts';
import { type Agreements, endOf } from '../agreement.ts';
import { suffixOf } from '../media-types.ts';
import type { Material, Source } from './compose.ts';
import type { Stay } from './timeline.ts';

/** What a part may have beyond the moment in which its recorder was told to stop, ms. */
const LATE_MS = 1000;

/** The longest part whose end nobody knows, ms. */
const LONGEST_MS = 12 * 3_600_000;

/** A recording with everything that a film of it is made of. */
export interface Recorded extends Agreements {
  readonly parts: readonly PartRecord[];
  /** Null where the records have it no more. */
  readonly call: Pick<CallRecord, 'participants'> | null;
}

/** @throws RecordsAway */
export async function recordedOf(records: Records, recording: RecordingRecord): Promise<Recorded> {
  const [parts, consents, moves, call] = await Promise.all([
    records.recordingParts.of([recording.id]),
    records.recordings.consents(recording.id),
    records.recordings.moves(recording),
    records.calls.get(recording.callId),
  ]);
  return { recording, parts: parts.filter(isThere), consents, moves, call };
}

/** Whether a part has bytes that can be shown. */
export const isThere = ({ state }: Pick<PartRecord, 'state'>) => state === 'complete' || state === 'partial';

/** Which parts a film is made of, in a form that can be compared. */
export function madeOf(parts: readonly PartRecord[]): string {
  const all = parts.filter(isThere).map(({ id, bytes, sha256 }) => `${id} ${bytes} ${sha256}\n`);
  return createHash('sha256').update(all.sort().join('')).digest('hex');
}

/** @param fileOf the path of the file of a part */
export function materialOf(recorded: Recorded, fileOf: (part: PartRecord) => string): Material {
  const sources = recorded.parts.map((part): Source => {
    const until = Math.min((part.endedAt ?? part.startedAt + LONGEST_MS) + LATE_MS, endOf(recorded, part));
    return {
      n: part.n,
      person: part.attendee,
      name: part.name,
      isScreen: part.source === 'screen',
      container: suffixOf(part.mimeType),
      startedAt: part.startedAt,
      endedAt: Math.max(until, part.startedAt),
      file: fileOf(part),
    };
  });
  return { sources, stays: staysOf(recorded) };
}

/** When those were on the call of whom the recording knows the names: who was recorded, and who did not want to be. */
function staysOf({ recording, parts, consents, call }: Recorded): Stay[] {
  const names = new Map([...consents, ...parts].map(({ attendee, name }) => [attendee, name]));
  const end = recording.stoppedAt ?? Number.MAX_SAFE_INTEGER;
  const stays = call
    ? call.participants.map(({ attendee, joinedAt, leftAt }) => ({
        person: attendee.id,
        from: joinedAt,
        to: leftAt ?? end,
      }))
    : consents.map(({ attendee, at }) => ({ person: attendee, from: at, to: end }));
  return stays.flatMap(({ person, from, to }) => {
    const name = names.get(person);
    if (name === undefined || name === REMOVED) return [];
    return [{ person, name, from: Math.max(from, recording.startedAt), to: Math.min(to, end) }];
  });
}
