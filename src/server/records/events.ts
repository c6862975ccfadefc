import type { NumberedEvent } from '../domain/events.ts';
import type { Access } from './access.ts';
import type { EventsTable } from './schema.ts';

/** An event with the id that no other one has. */
type RecordedEvent = NumberedEvent & { readonly id: string };

/** What happened in workspaces. `Records.take` writes it. */
export class Events {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** Events of a workspace in their order. @param after a `seq`, exclusive @throws RecordsAway */
  async page(workspaceId: string, { after = 0, limit }: { after?: number; limit: number }): Promise<RecordedEvent[]> {
    const rows = await this.#access.query((db) =>
      db
        .selectFrom('events')
        .selectAll()
        .where('workspace_id', '=', workspaceId)
        .where('seq', '>', after)
        .orderBy('seq')
        .limit(limit)
        .execute(),
    );
    return rows.map(eventOf);
  }

  /** @throws RecordsAway */
  async get(id: string): Promise<RecordedEvent | null> {
    const row = await this.#access.query((db) =>
      db.selectFrom('events').selectAll().where('id', '=', id).executeTakeFirst(),
    );
    return row ? eventOf(row) : null;
  }
}

function eventOf({ id, seq, type, at, data }: EventsTable): RecordedEvent {
  return { id, seq, type, at, data: JSON.parse(data) } as RecordedEvent;
}
