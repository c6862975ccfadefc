import type { Transaction } from 'kysely';
import type { EventType, NumberedEvent } from '../domain/events.ts';
import type { RecordingsTable, Schema } from './schema.ts';
import { inStatements, type TakenEvent } from './taken-event.ts';

type Of<Type extends EventType> = TakenEvent & { readonly event: Extract<NumberedEvent, { type: Type }> };

function isOf<Type extends EventType>(taken: TakenEvent, type: Type): taken is Of<Type> {
  return taken.event.type === type;
}

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

function begunRecording({ workspace, event: { data } }: Of<'recording.started'>): RecordingsTable {
  return {
    id: data.recording.id,
    workspace_id: workspace.id,
    call_id: data.call.id,
    external_id: workspace.externalId,
    started_by: data.startedBy?.id ?? null,
    started_at: data.startedAt,
    stopped_at: null,
    settled_at: null,
    state: 'recording',
  };
}

function endedRecording({ workspace, event: { data } }: Of<'recording.stopped'>): RecordingsTable {
  return {
    id: data.recording.id,
    workspace_id: workspace.id,
    call_id: data.call.id,
    external_id: workspace.externalId,
    started_by: null,
    started_at: data.startedAt,
    stopped_at: data.stoppedAt,
    settled_at: null,
    state: 'uploading',
  };
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
