import type { Transaction } from 'kysely';
import type { RecordingsTable, Schema } from './schema.ts';
import { inStatements, isOf, type Of, type TakenEvent } from './taken-event.ts';

/**
 * Records the recordings that begin and end, and who agreed to them.
 * @returns the ids of those that have ended
 */
export async function recordRecordings(db: Transaction<Schema>, taken: readonly TakenEvent[]): Promise<string[]> {
  const begun = taken.filter((each) => isOf(each, 'recording.started'));
  const ended = taken.filter((each) => isOf(each, 'recording.stopped'));
  const consents = taken.filter((each) => isOf(each, 'recording.consent'));
  for (const some of inStatements(begun)) {
    await db
      .insertInto('recordings')
      .values(some.map(begunRecording))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }
  for (const some of inStatements(consents)) {
    await db.insertInto('recording_consents').values(some.map(consentRow)).execute();
  }
  // Behind a gap, the records may not know the recording that ends.
  for (const some of inStatements(ended)) {
    await db
      .insertInto('recordings')
      .values(some.map(endedRecording))
      .onConflict((conflict) =>
        conflict
          .column('id')
          .doUpdateSet(({ ref }) => ({ stopped_at: ref('excluded.stopped_at'), state: 'uploading' }))
          .where('recordings.state', '=', 'recording'),
      )
      .execute();
  }
  return ended.map(({ event }) => event.data.recording.id);
}

type BeginningOrEnd = Of<'recording.started'> | Of<'recording.stopped'>;

/** What both events say of a recording, as it is until it has ended. */
function rowOf({ workspace, event: { data } }: BeginningOrEnd): RecordingsTable {
  return {
    id: data.recording.id,
    workspace_id: workspace.id,
    call_id: data.call.id,
    external_id: workspace.externalId,
    owner_attendee: workspace.owner?.id ?? null,
    owner_user: workspace.ownerUser,
    started_by: null,
    started_at: data.startedAt,
    stopped_at: null,
    settled_at: null,
    state: 'recording',
  };
}

function begunRecording(taken: Of<'recording.started'>): RecordingsTable {
  return { ...rowOf(taken), started_by: taken.event.data.startedBy?.id ?? null };
}

function endedRecording(taken: Of<'recording.stopped'>): RecordingsTable {
  return { ...rowOf(taken), stopped_at: taken.event.data.stoppedAt, state: 'uploading' };
}

function consentRow({ id, event: { at, data } }: Of<'recording.consent'>) {
  return {
    event_id: id,
    recording_id: data.recording.id,
    attendee_id: data.attendee.id,
    user_id: data.attendee.user?.id ?? null,
    name: data.attendee.name,
    given: Number(data.given),
    text: data.text,
    at,
  };
}
