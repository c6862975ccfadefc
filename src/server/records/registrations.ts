import { formerId } from '../domain/former-user.ts';
import type { Access } from './access.ts';
import { inStatements } from './taken-event.ts';

/** A name of the open directory, and the secret of the user who wants it. */
export interface Claim {
  /** The name as names are compared, which is the id of the user. */
  readonly nameKey: string;
  /** The name as it is shown. */
  readonly name: string;
  /** The hash of the registration that holds the name, or will. */
  readonly hash: string;
  /** Nobody else may take it before then, in ms since the epoch. */
  readonly heldUntil: number;
}

/** The names of the open directory, and the registrations that hold them. */
export class Registrations {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /**
   * Takes a name that is free or the claimer's already. A new holder is somebody else: what belonged to the former one,
   * such as the inbox, is gone, and consultations and recordings stay with the former one.
   * @param now ms since the epoch
   * @returns `taken`: somebody else holds it
   * @throws RecordsAway
   */
  async claim({ nameKey, name, hash, heldUntil }: Claim, now: number): Promise<'held' | 'new' | 'taken'> {
    return this.#access.transaction(async (db) => {
      const mine = await db
        .updateTable('registrations')
        .set({ name, free_at: heldUntil })
        .where('name_key', '=', nameKey)
        .where('hash', '=', hash)
        .returning('name_key')
        .executeTakeFirst();
      if (mine) return 'held';
      const taken = await db
        .insertInto('registrations')
        .values({ name_key: nameKey, name, hash, free_at: heldUntil })
        .onConflict((conflict) =>
          conflict
            .column('name_key')
            .doUpdateSet({ name, hash, free_at: heldUntil })
            .where('registrations.free_at', '<=', now),
        )
        .returning('name_key')
        .executeTakeFirst();
      if (!taken) return 'taken';
      await db.deleteFrom('inboxes').where('user_id', '=', nameKey).execute();
      const former = formerId(nameKey);
      await db.updateTable('consultation_users').set({ user_id: former }).where('user_id', '=', nameKey).execute();
      await db.updateTable('recordings').set({ owner_user: former }).where('owner_user', '=', nameKey).execute();
      return 'new';
    });
  }

  /**
   * Holds names until a time: longer, while their holders are connected, or until they are free.
   * @param heldUntil ms since the epoch
   * @throws RecordsAway
   */
  async hold(nameKeys: readonly string[], heldUntil: number): Promise<void> {
    for (const some of inStatements(nameKeys)) {
      await this.#access.query((db) =>
        db
          .updateTable('registrations')
          .set({ free_at: heldUntil })
          .where('name_key', 'in', [...some])
          .execute(),
      );
    }
  }

  /** The claim of the user who has a name, or had it last; null where nobody ever did. @throws RecordsAway */
  async find(nameKey: string): Promise<Claim | null> {
    const row = await this.#access.query((db) =>
      db.selectFrom('registrations').selectAll().where('name_key', '=', nameKey).executeTakeFirst(),
    );
    return row ? { nameKey, name: row.name, hash: row.hash, heldUntil: row.free_at } : null;
  }
}
