import type { Kysely } from 'kysely';
import type { EventType, WorkspaceEvent } from '../domain/events.ts';
import type { Schema } from './schema.ts';

/** An attendee that took a seat, or left it. */
export interface Move {
  readonly attendee: string;
  /** ms since the epoch */
  readonly at: number;
  readonly isThere: boolean;
}

const moving: readonly EventType[] = ['attendee.joined', 'attendee.left'];

/**
 * An attendee that leaves, or is removed: not one that is lost, for a browser without a network goes on recording. Or one that
 * takes a seat: owners come back as the same attendee.
 * @returns null: another event
 */
export function moveOf(event: WorkspaceEvent): Move | null {
  const { at } = event;
  if (event.type === 'attendee.joined') return { attendee: event.data.attendee.id, at, isThere: true };
  if (event.type !== 'attendee.left' || event.data.reason === 'lost') return null;
  return { attendee: event.data.attendee.id, at, isThere: false };
}

/** The moves in a workspace from a time to another one, ms since the epoch, in their order. @param stoppedAt null: until now */
export async function movesDuring(
  db: Kysely<Schema>,
  { workspaceId, startedAt, stoppedAt }: { workspaceId: string; startedAt: number; stoppedAt: number | null },
): Promise<Move[]> {
  let query = db
    .selectFrom('events')
    .select(['type', 'at', 'data'])
    .where('workspace_id', '=', workspaceId)
    .where('type', 'in', moving)
    .where('at', '>=', startedAt);
  if (stoppedAt !== null) query = query.where('at', '<=', stoppedAt);
  const rows = await query.orderBy('seq').execute();
  return rows.flatMap(({ type, at, data }) => moveOf({ type, at, data: JSON.parse(data) } as WorkspaceEvent) ?? []);
}
