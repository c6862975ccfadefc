import type { Kysely } from 'kysely';
import type { Access } from './access.ts';
import type { Schema } from './schema.ts';

/** An id of a host system, with the workspace that has it. */
export interface Claim {
  readonly externalId: string;
  readonly workspaceId: string;
  /** ms since the epoch */
  readonly claimedAt: number;
}

/**
 * Which workspace has which id of a host system. No two have the same: a claim is made before its workspace, and whether
 * that is still there, the claim does not know.
 */
export class ExternalIds {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** Claims an id, unless somebody has it. @returns who has it now @param now ms since the epoch @throws RecordsAway */
  async claim(externalId: string, workspaceId: string, now: number): Promise<Claim> {
    return this.#access.query((db) => claimFor(db, externalId, workspaceId, now));
  }

  /**
   * Takes an id over from a workspace that is over.
   * @returns whether that claim still stood; otherwise somebody else was faster
   * @throws RecordsAway
   */
  async takeOver(from: Claim, workspaceId: string, now: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#access.query((db) =>
      db
        .updateTable('external_ids')
        .set({ workspace_id: workspaceId, claimed_at: now })
        .where('external_id', '=', from.externalId)
        .where('workspace_id', '=', from.workspaceId)
        .where('claimed_at', '=', from.claimedAt)
        .executeTakeFirst(),
    );
    return numUpdatedRows === 1n;
  }

  /** Gives the id up that a workspace has. @throws RecordsAway */
  async release(workspaceId: string): Promise<void> {
    await this.#access.query((db) => db.deleteFrom('external_ids').where('workspace_id', '=', workspaceId).execute());
  }
}

/** Claims an id, unless somebody has it. @returns who has it now @param now ms since the epoch */
export async function claimFor(
  db: Kysely<Schema>,
  externalId: string,
  workspaceId: string,
  now: number,
): Promise<Claim> {
  await db
    .insertInto('external_ids')
    .values({ external_id: externalId, workspace_id: workspaceId, claimed_at: now })
    .onConflict((conflict) => conflict.column('external_id').doNothing())
    .execute();
  const row = await db.selectFrom('external_ids').selectAll().where('external_id', '=', externalId).executeTakeFirst();
  return { externalId, workspaceId: row?.workspace_id ?? workspaceId, claimedAt: row?.claimed_at ?? now };
}
