import type { Transaction } from 'kysely';
import type { EventAttendee } from '../domain/events.ts';
import { PROVIDER } from './consultations.ts';
import type { InboxItemsTable, Schema } from './schema.ts';
import { inStatements, type TakenEvent } from './taken-event.ts';

/** What stands in an inbox. Users read it. */
export interface InboxItem {
  /** 1, 2, 3 and so on within an inbox. */
  readonly seq: number;
  readonly type: 'missed-call' | 'consultation-opened' | 'consultation-closed';
  /** ms since the epoch. */
  readonly at: number;
  readonly seen: boolean;
  /** Who called; or the provider of the consultation, who need not have a seat. */
  readonly from?: { readonly id?: string } & Pick<EventAttendee, 'name' | 'user'>;
  readonly workspace?: { readonly id: string; readonly name: string };
  /** The id of the call, as records and webhooks name it. */
  readonly call?: string | null;
  /** The id of the consultation. */
  readonly consultation?: string;
  /** What the consultation is about. */
  readonly subject?: string;
}

/** An item that has just come into the inbox of a user. */
export interface ArrivedItem {
  readonly user: string;
  readonly item: InboxItem;
}

type NewItem = Omit<InboxItemsTable, 'seq'>;

/** Puts items into the inboxes of users whom events concern. */
export async function recordInboxItems(
  db: Transaction<Schema>,
  taken: readonly TakenEvent[],
): Promise<readonly ArrivedItem[]> {
  const consultations = await consultationsOf(db, taken);
  const items = taken.flatMap((each) => itemsOf(each, consultations));
  if (items.length === 0) return [];
  const next = await reserve(db, items);
  const rows = items.map((item): InboxItemsTable => {
    const seq = next.get(item.user_id) ?? 1;
    next.set(item.user_id, seq + 1);
    return { ...item, seq };
  });
  for (const some of inStatements(rows))
    await db
      .insertInto('inbox_items')
      .values([...some])
      .execute();
  return rows.map((row) => ({ user: row.user_id, item: itemOf(row, 0) }));
}

/** @param seenSeq up to where the user has seen the items */
export function itemOf({ seq, type, at, data }: InboxItemsTable, seenSeq: number): InboxItem {
  return { seq, type: type as InboxItem['type'], at, seen: seq <= seenSeq, ...JSON.parse(data) };
}

function itemsOf(taken: TakenEvent, consultations: ReadonlyMap<string, NamedConsultation>): NewItem[] {
  const { id, workspace, event } = taken;
  if (event.type === 'consultation.opened' || event.type === 'consultation.closed') {
    return consultationItems(taken, consultations.get(event.data.consultation.id));
  }
  if (event.type !== 'call.missed' || event.data.user === null) return [];
  const { user, from, call } = event.data;
  const data = {
    from,
    workspace: { id: workspace.id, name: workspace.name },
    call: call?.id ?? null,
  };
  return [
    {
      user_id: user.id,
      event_id: id,
      type: 'missed-call',
      at: event.at,
      data: JSON.stringify(data),
      subject_user: from.user?.id ?? null,
    },
  ];
}

/** Counts the items of each inbox on. @returns the `seq` of the first new item, by user */
async function reserve(db: Transaction<Schema>, items: readonly NewItem[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { user_id } of items) counts.set(user_id, (counts.get(user_id) ?? 0) + 1);
  const next = new Map<string, number>();
  // In one order in all transactions, so that no two wait for each other.
  for (const some of inStatements([...counts.keys()].sort())) {
    const rows = await db
      .insertInto('inboxes')
      .values(some.map((user_id) => ({ user_id, head_seq: counts.get(user_id) ?? 0, seen_seq: 0 })))
      .onConflict((conflict) =>
        conflict
          .column('user_id')
          .doUpdateSet(({ eb, ref }) => ({ head_seq: eb(ref('inboxes.head_seq'), '+', ref('excluded.head_seq')) })),
      )
      .returning(['user_id', 'head_seq'])
      .execute();
    for (const { user_id, head_seq } of rows) next.set(user_id, head_seq - (counts.get(user_id) ?? 0) + 1);
  }
  return next;
}

/** What events do not say of a consultation: its subject, and the name of its provider. */
interface NamedConsultation {
  readonly subject: string;
  readonly provider: { readonly id: string; readonly name: string };
}

/** The consultations that events are about, by their ids. */
async function consultationsOf(
  db: Transaction<Schema>,
  taken: readonly TakenEvent[],
): Promise<ReadonlyMap<string, NamedConsultation>> {
  const ids = new Set<string>();
  for (const { event } of taken) {
    if (event.type === 'consultation.opened' || event.type === 'consultation.closed') {
      ids.add(event.data.consultation.id);
    }
  }
  const found = new Map<string, NamedConsultation>();
  for (const some of inStatements([...ids])) {
    const rows = await db
      .selectFrom('consultations')
      .innerJoin('consultation_users', 'consultation_users.consultation_id', 'consultations.id')
      .select(['consultations.id', 'subject', 'user_id', 'name'])
      .where('consultations.id', 'in', [...some])
      .where('place', '=', PROVIDER)
      .execute();
    for (const { id, subject, user_id, name } of rows) found.set(id, { subject, provider: { id: user_id, name } });
  }
  return found;
}

/** The clients of a consultation read that it was opened, and that it was closed. */
function consultationItems({ id, workspace, event }: TakenEvent, named: NamedConsultation | undefined): NewItem[] {
  if (event.type !== 'consultation.opened' && event.type !== 'consultation.closed') return [];
  const { consultation } = event.data;
  const data = JSON.stringify({
    workspace: { id: workspace.id, name: workspace.name },
    consultation: consultation.id,
    ...(named && { subject: named.subject, from: { name: named.provider.name, user: { id: named.provider.id } } }),
  });
  // A client that is named twice reads it once.
  const clients = new Set(consultation.clients.map(({ id }) => id));
  return [...clients].map((user) => ({
    user_id: user,
    event_id: id,
    type: event.type === 'consultation.opened' ? 'consultation-opened' : 'consultation-closed',
    at: event.at,
    data,
    subject_user: named?.provider.id ?? null,
  }));
}
