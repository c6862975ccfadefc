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
 * Adds messages of several chats, those of each in their order.
 * @returns their places, in the order of the messages
 */
export async function postMessages(db: Transaction<Schema>, messages: readonly NewMessage[]): Promise<Posted[]> {
  const posted = new Map<NewMessage, Posted>();
  // In one order, so that two nodes that lock chats never wait for each other.
  for (const workspace of [...new Set(messages.map((message) => message.workspace))].sort()) {
    const own = messages.filter((message) => message.workspace === workspace);
    for (const [message, place] of await postInChat(db, workspace, own)) posted.set(message, place);
  }
  return messages.map((message) => posted.get(message) as Posted);
}

async function postInChat(
  db: Transaction<Schema>,
  workspace: string,
  messages: readonly NewMessage[],
): Promise<Map<NewMessage, Posted>> {
  const head = await lockChat(db, workspace);
  const known = await db
    .selectFrom('messages')
    .select(['sender', 'message_id', 'seq', 'at'])
    .where('workspace_id', '=', workspace)
    .where('message_id', 'in', [...new Set(messages.map(({ messageId }) => messageId))])
    .execute();
  const keyOf = (sender: string, messageId: string) => `${sender}\n${messageId}`;
  const places = new Map(known.map(({ sender, message_id, seq, at }) => [keyOf(sender, message_id), { seq, at }]));
  const posted = new Map<NewMessage, Posted>();
  const rows: ReturnType<typeof rowOf>[] = [];
  for (const message of messages) {
    const key = keyOf(senderOf(message), message.messageId);
    const place = places.get(key);
    if (place) posted.set(message, { ...place, isNew: false });
    else {
      const row = rowOf(message, head + rows.length + 1);
      rows.push(row);
      places.set(key, row);
      posted.set(message, { seq: row.seq, at: row.at, isNew: true });
    }
  }
  if (rows.length > 0) {
    await db.insertInto('messages').values(rows).execute();
    await db
      .updateTable('chats')
      .set({ head_seq: head + rows.length })
      .where('workspace_id', '=', workspace)
      .execute();
  }
  return posted;
}

/** Locks a chat until the transaction ends. @returns the `seq` of its latest message */
async function lockChat(db: Transaction<Schema>, workspace: string): Promise<number> {
  await db
    .insertInto('chats')
    .values({ workspace_id: workspace, head_seq: 0 })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const chat = await db
    .updateTable('chats')
    .set((eb) => ({ head_seq: eb.ref('head_seq') }))
    .where('workspace_id', '=', workspace)
    .returning('head_seq')
    .executeTakeFirstOrThrow();
  return chat.head_seq;
}

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
