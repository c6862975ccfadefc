import type { Metadata } from '../domain/events.ts';
import type { Access } from './access.ts';
import { isBehind, type Page, type Position, pageOf } from './page.ts';
import type { WorkspacesTable } from './schema.ts';

/** A workspace that is there or was. Times are in ms since the epoch. */
export interface WorkspaceRecord {
  readonly id: string;
  readonly name: string;
  readonly externalId: string | null;
  readonly metadata: Metadata;
  /** The user who owns it; null where the owner is a guest. */
  readonly ownerUser: string | null;
  readonly createdAt: number;
  readonly closedAt: number | null;
  /** The `seq` of its latest event. */
  readonly seq: number;
}

/** Workspaces, also those that are over. `Records.take` writes them. */
export class Workspaces {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** @throws RecordsAway */
  async get(id: string): Promise<WorkspaceRecord | null> {
    const row = await this.#access.query((db) =>
      db.selectFrom('workspaces').selectAll().where('id', '=', id).executeTakeFirst(),
    );
    return row ? workspaceOf(row) : null;
  }

  /** The workspace that the host system calls so: the newest one that is open, else the newest. @throws RecordsAway */
  async byExternalId(externalId: string): Promise<WorkspaceRecord | null> {
    const rows = await this.#access.query((db) =>
      db
        .selectFrom('workspaces')
        .selectAll()
        .where('external_id', '=', externalId)
        .orderBy('created_at', 'desc')
        .limit(100)
        .execute(),
    );
    const row = rows.find(({ closed_at }) => closed_at === null) ?? rows[0];
    return row ? workspaceOf(row) : null;
  }

  /** Workspaces, newest first. @param after the end of the page before @throws RecordsAway */
  async page(
    { externalId, isOpen }: { externalId?: string; isOpen?: boolean },
    { after = null, limit }: { after?: Position | null; limit: number },
  ): Promise<Page<WorkspaceRecord>> {
    const rows = await this.#access.query((db) => {
      let query = db.selectFrom('workspaces').selectAll();
      if (externalId !== undefined) query = query.where('external_id', '=', externalId);
      if (isOpen !== undefined) query = query.where('closed_at', isOpen ? 'is' : 'is not', null);
      if (after !== null) query = query.where(isBehind('created_at', after));
      return query
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
    });
    return pageOf(rows.map(workspaceOf), limit, ({ createdAt, id }) => ({ at: createdAt, id }));
  }
}

function workspaceOf(row: WorkspacesTable): WorkspaceRecord {
  return {
    id: row.id,
    name: row.name,
    externalId: row.external_id,
    metadata: JSON.parse(row.metadata),
    ownerUser: row.owner_user,
    createdAt: row.created_at,
    closedAt: row.closed_at,
    seq: row.head_seq,
  };
}
