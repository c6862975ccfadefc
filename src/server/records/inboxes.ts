import type { Access } from './access.ts';
import { type InboxItem, itemOf } from './inbox-projection.ts';

/** What users have missed. `Records.take` puts items in. */
export class Inboxes {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** Items, newest first. @param before a `seq`, exclusive @throws RecordsAway */
  async page(
    userId: string,
    { before = Number.MAX_SAFE_INTEGER, limit }: { before?: number; limit: number },
  ): Promise<{ items: InboxItem[]; more: boolean }> {
    return this.#access.query(async (db) => {
      const inbox = await db.selectFrom('inboxes').select('seen_seq').where('user_id', '=', userId).executeTakeFirst();
      if (!inbox) return { items: [], more: false };
      const rows = await db
        .selectFrom('inbox_items')
        .selectAll()
        .where('user_id', '=', userId)
        .where('seq', '<', before)
        .orderBy('seq', 'desc')
        .limit(limit + 1)
        .execute();
      return { items: rows.slice(0, limit).map((row) => itemOf(row, inbox.seen_seq)), more: rows.length > limit };
    });
  }

  /** How many items the user has not seen. @throws RecordsAway */
  async unseen(userId: string): Promise<number> {
    const row = await this.#access.query((db) =>
      db
        .selectFrom('inbox_items')
        .innerJoin('inboxes', 'inboxes.user_id', 'inbox_items.user_id')
        .where('inbox_items.user_id', '=', userId)
        .whereRef('inbox_items.seq', '>', 'inboxes.seen_seq')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirst(),
    );
    return row?.count ?? 0;
  }

  /** Items up to this `seq` count as seen; those that were seen before stay so. @throws RecordsAway */
  async markSeen(userId: string, upTo: number): Promise<void> {
    await this.#access.query((db) =>
      db
        .updateTable('inboxes')
        // Not further than the inbox has items: later ones are not seen.
        .set(({ eb, ref }) => ({
          seen_seq: eb.case().when('head_seq', '>', upTo).then(upTo).else(ref('head_seq')).end(),
        }))
        .where('user_id', '=', userId)
        .where('seen_seq', '<', upTo)
        .execute(),
    );
  }
}
