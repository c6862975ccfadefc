import type { Kysely, Transaction } from 'kysely';
import type { Access } from './access.ts';
import type { Schema } from './schema.ts';

/** A chat message that was sent. */
export interface NewMessage {
  readonly workspace: string;
  /** The consultation whose chat it is; null where the chat ends with its workspace. */
  readonly consultation: string | null;
  /** The client's own id of it. The same one of the same sender is the same message. */
  readonly messageId: string;
  readonly attendee: string;
  readonly user: string | null;
  readonly name: string;
  readonly text: string;
  /** ms since the epoch */
  readonly at: number;
}

/** A message as the records have it. */
export interface Message extends NewMessage {
  readonly seq: number;
}

/** The place of a message in its chat. */
export interface Posted {
  readonly seq: number;
  /** ms since the epoch */
  readonly at: number;
  /** Whether it was posted now, and not before. */
  readonly isNew: boolean;
}

/** The part of a chat that a page shows. `before` and `after` are exclusive; the latest messages where neither is given. */
export interface MessageRange {
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly limit: number;
}

/** The messages of chats. */
export class Messages {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** A part of a chat, oldest first. @throws RecordsAway */
  page(workspace: string, range: MessageRange): Promise<{ messages: Message[]; more: boolean }> {
    return this.#access.query((db) => readMessages(db, workspace, range));
  }
}

/**
 * Adds messages of several chats, those of each in their order. It takes as many statements for many messages as for one:
 * other nodes wait for the chats that it locks.
 * @returns their places, in the order of the messages
 */
export async function postMessages(db: Transaction<Schema>, messages: readonly NewMessage[]): Promise<Posted[]> {
  const heads = await lockChats(db, messages);
  const places = await knownPlaces(db, messages);
  const rows: ReturnType<typeof rowOf>[] = [];
  const posted = messages.map((message) => {
    const key = keyOf(rowOf(message, 0));
    const known = places.get(key);
    if (known) return { ...known, isNew: false };
    const seq = (heads.get(message.workspace) ?? 0) + 1;
    heads.set(message.workspace, seq);
    const row = rowOf(message, seq);
    rows.push(row);
    places.set(key, { seq, at: row.at });
    return { seq, at: row.at, isNew: true };
  });
  if (rows.length > 0) {
    await db.insertInto('messages').values(rows).execute();
    await raiseHeads(db, heads);
  }
  return posted;
}

/** Locks the chats of messages until the transaction ends. @returns the `seq` of the latest message of each */
async function lockChats(db: Transaction<Schema>, messages: readonly NewMessage[]): Promise<Map<string, number>> {
  // In one order, so that two nodes that lock chats never wait for each other.
  const workspaces = [...new Set(messages.map(({ workspace }) => workspace))].sort();
  const chats = await db
    .insertInto('chats')
    .values(workspaces.map((workspace_id) => ({ workspace_id, head_seq: 0 })))
    .onConflict((conflict) =>
      conflict.column('workspace_id').doUpdateSet(({ ref }) => ({ head_seq: ref('chats.head_seq') })),
    )
    .returning(['workspace_id', 'head_seq'])
    .execute();
  return new Map(chats.map(({ workspace_id, head_seq }) => [workspace_id, head_seq]));
}

async function raiseHeads(db: Transaction<Schema>, heads: ReadonlyMap<string, number>): Promise<void> {
  await db
    .insertInto('chats')
    .values([...heads].map(([workspace_id, head_seq]) => ({ workspace_id, head_seq })))
    .onConflict((conflict) =>
      conflict.column('workspace_id').doUpdateSet(({ ref }) => ({ head_seq: ref('excluded.head_seq') })),
    )
    .execute();
}

/** The places of those messages that are there already. */
async function knownPlaces(
  db: Transaction<Schema>,
  messages: readonly NewMessage[],
): Promise<Map<string, Pick<Posted, 'seq' | 'at'>>> {
  const known = await db
    .selectFrom('messages')
    .select(['workspace_id', 'sender', 'message_id', 'seq', 'at'])
    .where(({ or, and }) =>
      or(
        messages.map((message) => {
          const { workspace_id, sender, message_id } = rowOf(message, 0);
          return and({ workspace_id, sender, message_id });
        }),
      ),
    )
    .execute();
  return new Map(known.map((row) => [keyOf(row), { seq: row.seq, at: row.at }]));
}

/** What makes a message the same one again. */
const keyOf = (row: Pick<ReturnType<typeof rowOf>, 'workspace_id' | 'sender' | 'message_id'>) =>
  `${row.workspace_id}\n${row.sender}\n${row.message_id}`;

/** The sender for whom a `messageId` counts: a user is the same one on every seat. */
function senderOf({ user, attendee }: NewMessage): string {
  return user === null ? `attendee ${attendee}` : `user ${user}`;
}

function rowOf(message: NewMessage, seq: number) {
  return {
    workspace_id: message.workspace,
    seq,
    consultation_id: message.consultation,
    sender: senderOf(message),
    message_id: message.messageId,
    attendee_id: message.attendee,
    user_id: message.user,
    name: message.name,
    text: message.text,
    at: message.at,
  };
}

/** A part of a chat, oldest first, and whether there is more in the direction in which it was read. */
export async function readMessages(
  db: Kysely<Schema>,
  workspace: string,
  { before, after, limit }: MessageRange,
): Promise<{ messages: Message[]; more: boolean }> {
  const isForwards = after !== undefined;
  const rows = await db
    .selectFrom('messages')
    .selectAll()
    .where('workspace_id', '=', workspace)
    .$if(before !== undefined, (query) => query.where('seq', '<', before as number))
    .$if(isForwards, (query) => query.where('seq', '>', after as number))
    .orderBy('seq', isForwards ? 'asc' : 'desc')
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  if (!isForwards) page.reverse();
  return {
    messages: page.map((row) => ({
      workspace: row.workspace_id,
      consultation: row.consultation_id,
      seq: row.seq,
      messageId: row.message_id,
      attendee: row.attendee_id,
      user: row.user_id,
      name: row.name,
      text: row.text,
      at: row.at,
    })),
    more: rows.length > limit,
  };
}

/** The ids of workspaces that have a chat, in their order. @param after the last id of the page before; '' for the first */
export async function chatsAfter(db: Kysely<Schema>, after: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('chats')
    .select('workspace_id')
    .where('workspace_id', '>', after)
    .orderBy('workspace_id')
    .limit(limit)
    .execute();
  return rows.map(({ workspace_id }) => workspace_id);
}

/** Deletes the chats of workspaces that are over, unless they are those of consultations. */
export async function deleteChats(db: Kysely<Schema>, workspaces: readonly string[]): Promise<void> {
  if (workspaces.length === 0) return;
  await db
    .deleteFrom('messages')
    .where('workspace_id', 'in', [...workspaces])
    .where('consultation_id', 'is', null)
    .execute();
  await db
    .deleteFrom('chats')
    .where('workspace_id', 'in', [...workspaces])
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('messages').select('seq').whereRef('messages.workspace_id', '=', 'chats.workspace_id'))),
    )
    .execute();
}
