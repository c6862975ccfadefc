import type { Transaction } from 'kysely';
import type { Schema } from './schema.ts';
import { inStatements, type TakenEvent } from './taken-event.ts';
import { wantsType } from './webhook-types.ts';

/**
 * Notes for each event the endpoints that want it. It is a part of the transaction that takes the events, so there is a
 * delivery of each event or the event is not taken.
 * @param configured ids of the endpoints of the configuration
 * @returns whether there is anything to deliver
 */
export async function recordDeliveries(
  db: Transaction<Schema>,
  taken: readonly TakenEvent[],
  { configured, now }: { configured: readonly string[]; now: number },
): Promise<boolean> {
  const known = await db.selectFrom('webhooks').select(['id', 'types', 'is_configured', 'disabled_at']).execute();
  const off = new Set(known.filter(({ disabled_at }) => disabled_at !== null).map(({ id }) => id));
  const endpoints = [
    ...configured.map((id) => ({ id, types: null })),
    ...known
      .filter(({ is_configured }) => is_configured === 0)
      .map(({ id, types }) => ({ id, types: types === null ? null : (JSON.parse(types) as string[]) })),
  ].filter(({ id }) => !off.has(id));
  const rows = taken.flatMap(({ id, workspace, event: { type, seq } }) =>
    endpoints
      .filter(({ types }) => wantsType(types, type))
      .map((endpoint) => newDelivery(endpoint.id, { id, type, workspaceId: workspace.id, seq, message: null }, now)),
  );
  for (const some of inStatements(rows))
    await db
      .insertInto('deliveries')
      .values([...some])
      .execute();
  return rows.length > 0;
}

interface NewDelivery {
  readonly id: string;
  readonly type: string;
  readonly workspaceId: string;
  readonly seq: number | null;
  readonly message: string | null;
}

/** The row of a delivery that begins. @param now ms since the epoch */
export function newDelivery(webhookId: string, { id, type, workspaceId, seq, message }: NewDelivery, now: number) {
  return {
    webhook_id: webhookId,
    event_id: id,
    workspace_id: workspaceId,
    seq,
    type,
    message,
    status: 'pending' as const,
    attempts: 0,
    failures: 0,
    created_at: now,
    next_at: now,
    last_at: null,
    last_status: null,
    last_error: null,
    ended_at: null,
  };
}
