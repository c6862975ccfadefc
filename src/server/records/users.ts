import { sql, type Transaction } from 'kysely';
import { REMOVED } from '../domain/erasure.ts';
import type { Access } from './access.ts';
import { eraseFromRecordings } from './recordings.ts';
import type { Schema } from './schema.ts';

/** Rows that one transaction rewrites. */
const AT_ONCE = 200;

/** A user who signed in within this time is not noted again, ms. */
const FRESH_MS = 24 * 3_600_000;

interface UserRecord {
  readonly id: string;
  readonly name: string;
  readonly picture: string | null;
}

/** Users as they were when they signed in last. */
export class Users {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** Notes a user who signs in: most are known already. @param now ms since the epoch @throws RecordsAway */
  async note({ id, name, picture }: UserRecord, now: number): Promise<void> {
    const known = await this.#access.query((db) =>
      db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst(),
    );
    const isFresh = known !== undefined && now - known.updated_at < FRESH_MS;
    if (isFresh && known.name === name && known.picture === picture) return;
    await this.#access.query((db) =>
      db
        .insertInto('users')
        .values({ id, name, picture, updated_at: now, erased_at: null })
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet({ name, picture, updated_at: now, erased_at: null }),
        )
        .execute(),
    );
  }

  /** @throws RecordsAway */
  async get(id: string): Promise<UserRecord | null> {
    const row = await this.#access.query((db) =>
      db.selectFrom('users').select(['id', 'name', 'picture']).where('id', '=', id).executeTakeFirst(),
    );
    return row ?? null;
  }

  /**
   * Erases a person: name and picture everywhere, the inbox, what was recorded, and the name in the open directory. The id stays, because
   * calls are billed by it. Erasing again does no harm, and goes on where an interruption left off.
   * @param now ms since the epoch
   * @param options `messages`: erases also what the user wrote in chats
   * @throws RecordsAway
   */
  async erase(id: string, now: number, { messages = false }: { messages?: boolean } = {}): Promise<void> {
    await this.#access.transaction(async (db) => {
      await db.deleteFrom('inboxes').where('user_id', '=', id).execute();
      await db.deleteFrom('registrations').where('name_key', '=', id).execute();
      await db
        .updateTable('users')
        .set({ name: REMOVED, picture: null, erased_at: now, updated_at: now })
        .where('id', '=', id)
        .execute();
      await db.updateTable('consultation_users').set({ name: REMOVED }).where('user_id', '=', id).execute();
      await eraseFromRecordings(db, id);
      await db
        .updateTable('messages')
        .set({ name: REMOVED, ...(messages ? { text: REMOVED } : {}) })
        .where('user_id', '=', id)
        .execute();
    });
    for (const rewrite of [rewriteEvents, rewriteItems]) {
      let rewritten = AT_ONCE;
      while (rewritten === AT_ONCE) rewritten = await this.#access.transaction((db) => rewrite(db, id));
    }
  }
}

/** Takes the name out of some events. @returns how many */
async function rewriteEvents(db: Transaction<Schema>, userId: string): Promise<number> {
  const rows = await db
    .selectFrom('events')
    .select(['id', 'data'])
    .where('subject_user', '=', userId)
    .limit(AT_ONCE)
    .execute();
  if (rows.length === 0) return 0;
  const nameless = rows.map(({ id, data }) => sql`(cast(${id} as text), cast(${withoutName(data, userId)} as text))`);
  await sql`
    with nameless(id, data) as (values ${sql.join(nameless)})
    update events set data = nameless.data, subject_user = null from nameless
    where events.id = nameless.id`.execute(db);
  return rows.length;
}

/** Takes the name out of some items in the inboxes of others. @returns how many */
async function rewriteItems(db: Transaction<Schema>, userId: string): Promise<number> {
  const rows = await db
    .selectFrom('inbox_items')
    .select(['user_id', 'seq', 'data'])
    .where('subject_user', '=', userId)
    .limit(AT_ONCE)
    .execute();
  if (rows.length === 0) return 0;
  const nameless = rows.map(
    ({ user_id, seq, data }) =>
      sql`(cast(${user_id} as text), cast(${seq} as bigint), cast(${withoutName(data, userId)} as text))`,
  );
  await sql`
    with nameless(user_id, seq, data) as (values ${sql.join(nameless)})
    update inbox_items set data = nameless.data, subject_user = null from nameless
    where inbox_items.user_id = nameless.user_id and inbox_items.seq = nameless.seq`.execute(db);
  return rows.length;
}

/** The JSON of an event or item with a word in the place of a user's name. */
function withoutName(data: string, userId: string): string {
  return JSON.stringify(
    JSON.parse(data, (_, value) =>
      value?.user?.id === userId && 'name' in value ? { ...value, name: REMOVED } : value,
    ),
  );
}
