import type { Transaction } from 'kysely';
import { postedId } from './event-id.ts';
import type { NewMessage } from './messages.ts';
import type { Schema } from './schema.ts';
import { inStatements, type TakenEvent } from './taken-event.ts';
import { wantsType } from './webhook-types.ts';

/** An endpoint that gets something. */
interface Wanting {
  readonly id: string;
  /** The types that it names; null where it names none. */
  readonly types: readonly string[] | null;
}

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
  const events = taken.map(({ id, workspace, event: { type, seq } }) => ({
    id,
    type,
    workspaceId: workspace.id,
    seq,
    message: null,
  }));
  return insert(db, events, await endpoints(db, configured), now);
}

/**
 * Notes for each chat message the endpoints that want to hear of it: of its ids, and not of its text.
 * @returns whether there is anything to deliver
 */
export async function recordPosted(
  db: Transaction<Schema>,
  messages: readonly (NewMessage & { readonly seq: number })[],
  now: number,
): Promise<boolean> {
  const events = messages.map(({ workspace, consultation, seq, messageId, attendee, user, at }) => {
    const from = { id: attendee, user: user === null ? null : { id: user } };
    const data = {
      message: { seq, messageId },
      from,
      consultation: consultation === null ? null : { id: consultation },
    };
    const id = postedId(workspace, seq);
    return { id, type: 'message.posted', workspaceId: workspace, seq: null, message: JSON.stringify({ at, data }) };
  });
  // An endpoint of the configuration names no types, and gets none of these.
  return events.length > 0 && insert(db, events, await endpoints(db, []), now);
}

/**
 * Notes for what has become of a recording the endpoints that want to hear of it.
 * @returns whether there is anything to deliver
 */
export async function recordSettled(
  db: Transaction<Schema>,
  { id, workspaceId, type, at, data }: SettledRecording,
  configured: readonly string[],
): Promise<boolean> {
  const event = { id, type, workspaceId, seq: null, message: JSON.stringify({ at, data }) };
  return insert(db, [event], await endpoints(db, configured), at);
}

interface SettledRecording {
  /** That of the webhook. */
  readonly id: string;
  readonly workspaceId: string;
  readonly type: 'recording.completed' | 'recording.failed';
  /** ms since the epoch */
  readonly at: number;
  readonly data: object;
}

async function insert(
  db: Transaction<Schema>,
  events: readonly NewDelivery[],
  wanting: readonly Wanting[],
  now: number,
): Promise<boolean> {
  const rows = events.flatMap((event) =>
    wanting.filter(({ types }) => wantsType(types, event.type)).map(({ id }) => newDelivery(id, event, now)),
  );
  for (const some of inStatements(rows))
    await db
      .insertInto('deliveries')
      .values([...some])
      .execute();
  return rows.length > 0;
}

/** The endpoints that are not disabled. */
async function endpoints(db: Transaction<Schema>, configured: readonly string[]): Promise<Wanting[]> {
  const known = await db.selectFrom('webhooks').select(['id', 'types', 'is_configured', 'disabled_at']).execute();
  const disabled = new Set(known.filter(({ disabled_at }) => disabled_at !== null).map(({ id }) => id));
  const made = known
    .filter(({ is_configured }) => is_configured === 0)
    .map(({ id, types }) => ({ id, types: types === null ? null : (JSON.parse(types) as string[]) }));
  return [...configured.map((id) => ({ id, types: null })), ...made].filter(({ id }) => !disabled.has(id));
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
