import type { Access } from './access.ts';

/** Rights to do something for all nodes. Each is held by one node at a time, and lapses unless that one renews it. */
export class Leases {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /**
   * Takes a lease that nobody holds, or renews it.
   * @param until when it lapses unless it is renewed, ms since the epoch
   * @returns whether this holder has it now
   * @throws RecordsAway
   */
  async hold(name: string, { holder, now, until }: { holder: string; now: number; until: number }): Promise<boolean> {
    const rows = await this.#access.query((db) =>
      db
        .insertInto('leases')
        .values({ name, holder, until })
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet({ holder, until })
            .where((is) => is.or([is('leases.holder', '=', holder), is('leases.until', '<=', now)])),
        )
        .returning('holder')
        .execute(),
    );
    return rows.length > 0;
  }

  /** Lets another node have it at once. @throws RecordsAway */
  async release(name: string, holder: string): Promise<void> {
    await this.#access.query((db) =>
      db.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute(),
    );
  }
}
