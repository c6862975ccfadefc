import type { Transaction } from 'kysely';
import { recordSettled } from './delivery-projection.ts';
import { settledId } from './event-id.ts';
import type { RecordingsTable, Schema } from './schema.ts';

type RecordingState = RecordingsTable['state'];

/**
 * Says what has become of a recording that has ended, once none of its parts is under way any more; endpoints of webhooks
 * hear it.
 * @param configured ids of the endpoints of the configuration
 * @param now ms since the epoch
 * @returns whether it was settled now, and whether there is anything to deliver
 */
export async function settleRecording(
  db: Transaction<Schema>,
  id: string,
  { configured, now }: { configured: readonly string[]; now: number },
): Promise<{ state: RecordingState | null; hasDeliveries: boolean }> {
  const unsettled = { state: null, hasDeliveries: false };
  if ((await lockRecording(db, id)) !== 'uploading') return unsettled;
  const parts = await db.selectFrom('recording_parts').selectAll().where('recording_id', '=', id).execute();
  if (parts.some(({ state }) => state === 'uploading')) return unsettled;
  const missing = parts.filter(({ state }) => state === 'partial' || state === 'lost').length;
  const whole = parts.filter(({ state }) => state === 'complete');
  const isEmpty = whole.length === 0 && parts.every(({ state }) => state !== 'partial');
  const state = missing === 0 ? 'completed' : isEmpty ? 'failed' : 'partly';
  const row = await db
    .updateTable('recordings')
    .set({ state, settled_at: now })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const data = {
    recording: { id },
    call: { id: row.call_id },
    startedAt: row.started_at,
    stoppedAt: row.stopped_at,
    parts: whole.length,
    missing,
    bytes: parts.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
  };
  const type = state === 'completed' ? 'recording.completed' : 'recording.failed';
  const settled = { id: settledId(id, parts.length), workspaceId: row.workspace_id, type, at: now, data } as const;
  const hasDeliveries = await recordSettled(db, settled, configured);
  return { state, hasDeliveries };
}

/** A part has come after the recording was settled. */
export async function reopen(db: Transaction<Schema>, id: string): Promise<void> {
  await db.updateTable('recordings').set({ state: 'uploading', settled_at: null }).where('id', '=', id).execute();
}

/** Locks the row of a recording until the transaction ends. @returns its state; null where there is none */
export async function lockRecording(db: Transaction<Schema>, id: string): Promise<RecordingState | null> {
  const row = await db
    .updateTable('recordings')
    .set(({ ref }) => ({ state: ref('state') }))
    .where('id', '=', id)
    .returning('state')
    .executeTakeFirst();
  return row?.state ?? null;
}
