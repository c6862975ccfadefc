import type { Transaction } from 'kysely';
import type { EventAttendee, EventData, EventType, NumberedEvent } from '../domain/events.ts';
import { recordCalls } from './call-projection.ts';
import { closeConsultation } from './consultations.ts';
import { recordDeliveries } from './delivery-projection.ts';
import { eventId } from './event-id.ts';
import type { EventBatch, WorkspaceFacts } from './event-recorder.ts';
import { type ArrivedItem, recordInboxItems } from './inbox-projection.ts';
import { deleteChats } from './messages.ts';
import { recordRecordings } from './recording-projection.ts';
import type { Schema } from './schema.ts';
import { inStatements, type TakenEvent } from './taken-event.ts';

/** What one transaction has taken. */
interface Taken {
  /** The highest `seq` that the records have, by workspace. */
  readonly heads: ReadonlyMap<string, number>;
  /** Items that have come into inboxes. */
  readonly items: readonly ArrivedItem[];
  /** Whether endpoints of webhooks want any of it. */
  readonly hasDeliveries: boolean;
  /** Recordings that have ended. */
  readonly recordings: readonly string[];
  /** Workspaces whose events before these are missing. */
  readonly gaps: readonly string[];
}

/**
 * Takes the events that the records do not have yet, and makes everything that follows from them, in one transaction:
 * where two nodes hand on the same events at once, one of them waits and then finds them there.
 *
 * A workspace hands on all that it has not been told to be taken. So where a `seq` is missing, the records have lost it,
 * such as by an old backup: they go on behind the gap, because nobody has those events any more. And where another event
 * has the `seq` of one that is taken, the store of the workspace has lost its last changes, such as by a failover: the
 * event gets the next number.
 *
 * @param batches no workspace twice
 * @param webhooks `configured`: ids of the endpoints of the configuration; `now`: ms since the epoch
 */
export async function take(
  db: Transaction<Schema>,
  batches: readonly EventBatch[],
  webhooks: { readonly configured: readonly string[]; readonly now: number },
): Promise<Taken> {
  // In one order in all transactions, so that no two wait for each other.
  const sorted = [...batches].sort((one, other) => (one.workspace.id < other.workspace.id ? -1 : 1));
  const heads = await lockHeads(
    db,
    sorted.map(({ workspace }) => workspace),
  );
  const known = await knownOf(db, sorted, heads);
  const taken: TakenEvent[] = [];
  const gaps: string[] = [];
  for (const { workspace, events } of sorted) {
    for (const event of events) {
      const head = heads.get(workspace.id) ?? 0;
      if (event.seq <= head && known.has(keyOf(workspace.id, event))) continue;
      const seq = Math.max(event.seq, head + 1);
      // Of a workspace without any event, the records may have deleted them all by their age.
      if (head > 0 && seq > head + 1) gaps.push(workspace.id);
      taken.push({ id: eventId(workspace.id, seq), workspace, event: { ...event, seq } });
      heads.set(workspace.id, seq);
    }
  }
  if (taken.length === 0) return { heads, items: [], hasDeliveries: false, recordings: [], gaps: [] };
  await storeEvents(db, taken);
  await recordCalls(db, taken);
  const recordings = await recordRecordings(db, taken);
  const items = await recordInboxItems(db, taken);
  const hasDeliveries = await recordDeliveries(db, taken, webhooks);
  await advanceHeads(db, taken, heads);
  for (const { event } of taken) {
    if (event.type !== 'consultation.closed') continue;
    const { id, callSeconds } = event.data.consultation;
    await closeConsultation(db, { id, closedAt: event.at, callSeconds });
  }
  const closed = taken.filter(({ event }) => event.type === 'workspace.closed');
  await deleteChats(
    db,
    closed.map(({ workspace }) => workspace.id),
  );
  return { heads, items, hasDeliveries, recordings, gaps };
}

/** Events that happened at one time in one workspace and are of one type were handed on together. */
const keyOf = (workspaceId: string, { type, at }: Pick<NumberedEvent, 'type' | 'at'>) => `${workspaceId} ${type} ${at}`;

/** Keys of the events that are taken already, as far as these batches could contain them. */
async function knownOf(
  db: Transaction<Schema>,
  batches: readonly EventBatch[],
  heads: ReadonlyMap<string, number>,
): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  for (const { workspace, events } of batches) {
    const first = events[0]?.seq ?? Number.POSITIVE_INFINITY;
    if (first > (heads.get(workspace.id) ?? 0)) continue;
    const rows = await db
      .selectFrom('events')
      .select(['type', 'at'])
      .where('workspace_id', '=', workspace.id)
      .where('seq', '>=', first)
      .execute();
    for (const row of rows) known.add(keyOf(workspace.id, row as Pick<NumberedEvent, 'type' | 'at'>));
  }
  return known;
}

/** Locks the rows of workspaces until the transaction ends; makes those that are missing. @returns their heads */
async function lockHeads(db: Transaction<Schema>, workspaces: readonly WorkspaceFacts[]): Promise<Map<string, number>> {
  const heads = new Map<string, number>();
  for (const some of inStatements(workspaces)) {
    const rows = await db
      .insertInto('workspaces')
      .values(some.map((workspace) => ({ ...columnsOf(workspace), closed_at: null, head_seq: 0 })))
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet(({ ref }) => ({
          name: ref('excluded.name'),
          external_id: ref('excluded.external_id'),
          metadata: ref('excluded.metadata'),
          owner_user: ref('excluded.owner_user'),
        })),
      )
      .returning(['id', 'head_seq'])
      .execute();
    for (const { id, head_seq } of rows) heads.set(id, head_seq);
  }
  return heads;
}

function columnsOf({ id, name, externalId, metadata, ownerUser, created }: WorkspaceFacts) {
  return {
    id,
    name,
    external_id: externalId,
    metadata: JSON.stringify(metadata),
    owner_user: ownerUser,
    created_at: created,
  };
}

async function storeEvents(db: Transaction<Schema>, taken: readonly TakenEvent[]): Promise<void> {
  for (const some of inStatements(taken)) {
    const rows = some.map(({ id, workspace, event }) => ({
      workspace_id: workspace.id,
      seq: event.seq,
      id,
      type: event.type,
      at: event.at,
      data: JSON.stringify(event.data),
      subject_user: namedUserOf(event),
    }));
    await db.insertInto('events').values(rows).execute();
  }
}

/** The members of an event's data that name an attendee. */
type NamingMember<Data> = {
  [Member in keyof Data]: [Extract<Data[Member], EventAttendee>] extends [never] ? never : Member;
}[keyof Data];

/**
 * The member by which each event names an attendee, one at the most; null: it names none. The name of an erased user is taken
 * out of the events that are found by this, so the compiler asks for every type, and takes null only where there is no name.
 */
const namingMember: {
  readonly [Type in EventType]: [NamingMember<EventData[Type]>] extends [never] ? null : NamingMember<EventData[Type]>;
} = {
  'workspace.created': 'owner',
  'workspace.closed': null,
  'attendee.joined': 'attendee',
  'attendee.left': 'attendee',
  'attendee.kicked': 'attendee',
  'attendee.waiting': 'waiting',
  'call.started': 'caller',
  'call.participant_joined': 'attendee',
  'call.participant_left': 'attendee',
  'call.ending': null,
  'call.ended': null,
  'call.missed': 'from',
  'consultation.opened': null,
  'consultation.closed': null,
  'recording.started': null,
  'recording.consent': 'attendee',
  'recording.stopped': null,
};

/** The user whose name an event holds. No event holds those of two. */
function namedUserOf({ type, data }: NumberedEvent): string | null {
  const member = namingMember[type];
  return member === null ? null : ((data as Record<string, EventAttendee>)[member]?.user?.id ?? null);
}

async function advanceHeads(
  db: Transaction<Schema>,
  taken: readonly TakenEvent[],
  heads: ReadonlyMap<string, number>,
): Promise<void> {
  const closed = new Map<string, number>();
  const workspaces = new Map<string, WorkspaceFacts>();
  for (const { workspace, event } of taken) {
    workspaces.set(workspace.id, workspace);
    if (event.type === 'workspace.closed') closed.set(workspace.id, event.at);
  }
  const rows = [...workspaces.values()].map((workspace) => ({
    ...columnsOf(workspace),
    closed_at: closed.get(workspace.id) ?? null,
    head_seq: heads.get(workspace.id) ?? 0,
  }));
  for (const some of inStatements(rows)) {
    await db
      .insertInto('workspaces')
      .values([...some])
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet(({ ref, fn }) => ({
          head_seq: ref('excluded.head_seq'),
          closed_at: fn.coalesce('excluded.closed_at', 'workspaces.closed_at'),
        })),
      )
      .execute();
  }
}
