import type { Kysely } from 'kysely';

/** The tables as they are for this step. */
interface Before {
  workspaces: { id: string; owner_user: string | null };
  events: { workspace_id: string; type: string; data: string };
  recordings: { workspace_id: string; owner_attendee: string | null; owner_user: string | null };
  users: { id: string; erased_at: number | null };
  registrations: { name_key: string };
}

/** Who owned the workspace of a recording: that person lists it also when the workspace is over. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('recordings').addColumn('owner_attendee', 'text').execute();
  await db.schema.alterTable('recordings').addColumn('owner_user', 'text').execute();
  await db.schema.createIndex('recordings_owner_user').on('recordings').column('owner_user').execute();
  await fill(db as Kysely<Before>);
}

async function fill(db: Kysely<Before>): Promise<void> {
  const rows = await db
    .selectFrom('recordings')
    .innerJoin('workspaces', 'workspaces.id', 'recordings.workspace_id')
    .innerJoin('events', 'events.workspace_id', 'recordings.workspace_id')
    .where('events.type', '=', 'workspace.created')
    .select(['recordings.workspace_id', 'workspaces.owner_user', 'events.data'])
    .distinct()
    .execute();
  for (const { workspace_id, owner_user, data } of rows) {
    await db
      .updateTable('recordings')
      .set({ owner_attendee: JSON.parse(data).owner.id, owner_user })
      .where('workspace_id', '=', workspace_id)
      .execute();
  }
  await db
    .updateTable('recordings')
    .set({ owner_attendee: null, owner_user: null })
    .where('owner_user', 'in', db.selectFrom('users').select('id').where('erased_at', 'is not', null))
    .execute();
  // Somebody else may have the name by now.
  await db
    .updateTable('recordings')
    .set({ owner_user: null })
    .where('owner_user', 'in', db.selectFrom('registrations').select('name_key'))
    .execute();
}
