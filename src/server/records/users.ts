import type { Transaction } from 'kysely';
import type { Access } from './access.ts';
import type { Schema } from './schema.ts';

/** What stands where the name of an erased user stood. */
export const REMOVED = 'removed';

/** Rows that one transaction rewrites. */
const AT_ONCE = 200;

export interface UserRecord {
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

  /** Notes a user who signs in. @param now ms since the epoch @throws RecordsAway */
  async note({ id, name, picture }: UserRecord, now: number): Promise<void> {
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
   * Erases a person: name and picture everywhere, the inbox, and the name in the open directory. The id stays, because
   * calls are billed by it. Erasing again does no harm, and goes on where an interruption left off.
   * @param now ms since the epoch
   * @throws RecordsAway
   */
  async erase(id: string, now: number): Promise<void> {
    await this.#access.transaction(async (db) => {
      await db.deleteFrom('inboxes').where('user_id', '=', id).execute();
      await db.deleteFrom('registrations').where('name_key', '=', id).execute();
      await db
        .updateTable('users')
        .set({ name: REMOVED, picture: null, erased_at: now, updated_at: now })
        .where('id', '=', id)
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
  for (const { id, data } of rows) {
    const nameless = { data: withoutName(data, userId), subject_user: null };
    await db.updateTable('events').set(nameless).where('id', '=', id).execute();
  }
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
  for (const { user_id, seq, data } of rows) {
    const nameless = { data: withoutName(data, userId), subject_user: null };
    await db.updateTable('inbox_items').set(nameless).where('user_id', '=', user_id).where('seq', '=', seq).execute();
  }
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
