import type { Kysely, Transaction } from 'kysely';
import type { Logger } from 'pino';
import type { RecordsConfig } from '../config/records.ts';
import { Access, PATIENCE_MS } from './access.ts';
import { Calls } from './calls.ts';
import { Consultations } from './consultations.ts';
import type { OpenDatabase } from './database.ts';
import { Deliveries } from './deliveries.ts';
import { recordPosted } from './delivery-projection.ts';
import type { EventBatch, EventRecorder } from './event-recorder.ts';
import { Events } from './events.ts';
import { ExternalIds } from './external-ids.ts';
import { Films } from './films.ts';
import { IdempotencyKeys } from './idempotency-keys.ts';
import type { ArrivedItem } from './inbox-projection.ts';
import { Inboxes } from './inboxes.ts';
import { Leases } from './leases.ts';
import { Messages, type NewMessage, type Posted, postMessages } from './messages.ts';
import { migrate } from './migrate.ts';
import { RecordingParts } from './recording-parts.ts';
import { type RecordingState, Recordings } from './recordings.ts';
import { Registrations } from './registrations.ts';
import { Retention } from './retention.ts';
import type { Schema } from './schema.ts';
import { settleRecording } from './settle-recording.ts';
import { take } from './take.ts';
import { Users } from './users.ts';
import { WebhookRows } from './webhooks.ts';
import { Workspaces } from './workspaces.ts';

/** A transaction takes no more events than this, so that others who need the database do not wait long. */
const EVENTS_AT_ONCE = 500;

const DAY_MS = 86_400_000;

const GAP =
  'The records lack earlier events of workspaces: is the database an older backup? They go on behind the gap.';

export interface RecordsOptions {
  readonly log: Logger;
  /** ms since the epoch */
  now(): number;
  /** How long records are kept, in days; 0: for ever. */
  readonly days: number;
  /** Ids of the endpoints of webhooks that the configuration has. */
  readonly webhooks: readonly string[];
}

/**
 * What lasts longer than a workspace, in SQL. All that writes resolves once it would survive a power cut.
 *
 * Everything here throws RecordsAway within a second where the database is away; then nobody knows whether a change was
 * made, so every change can be made again without harm.
 */
export class Records implements EventRecorder {
  readonly workspaces: Workspaces;
  readonly events: Events;
  readonly calls: Calls;
  readonly users: Users;
  readonly inboxes: Inboxes;
  readonly registrations: Registrations;
  readonly idempotencyKeys: IdempotencyKeys;
  readonly externalIds: ExternalIds;
  readonly webhooks: WebhookRows;
  readonly deliveries: Deliveries;
  readonly leases: Leases;
  readonly consultations: Consultations;
  readonly messages: Messages;
  readonly recordings: Recordings;
  readonly recordingParts: RecordingParts;
  readonly films: Films;
  readonly #access: Access;
  readonly #retention: Retention;
  readonly #options: RecordsOptions;
  /** Called with the items that have come into inboxes. */
  onItems: ((items: readonly ArrivedItem[]) => void) | null = null;
  /** Called with the ids of recordings that have ended. */
  onRecordingsEnded: ((ids: readonly string[]) => void) | null = null;
  /** Called when there is something to deliver to endpoints of webhooks. */
  onDeliveries: (() => void) | null = null;

  constructor(database: OpenDatabase, options: RecordsOptions) {
    this.#access = new Access(database, options);
    const keptMs = options.days === 0 ? null : options.days * DAY_MS;
    this.#retention = new Retention(this.#access, { keptMs, now: options.now, log: options.log });
    this.#options = options;
    this.workspaces = new Workspaces(this.#access);
    this.events = new Events(this.#access);
    this.calls = new Calls(this.#access);
    this.users = new Users(this.#access);
    this.inboxes = new Inboxes(this.#access);
    this.registrations = new Registrations(this.#access);
    this.idempotencyKeys = new IdempotencyKeys(this.#access);
    this.externalIds = new ExternalIds(this.#access);
    this.webhooks = new WebhookRows(this.#access);
    this.deliveries = new Deliveries(this.#access);
    this.leases = new Leases(this.#access);
    this.consultations = new Consultations(this.#access);
    this.messages = new Messages(this.#access);
    this.recordings = new Recordings(this.#access);
    this.recordingParts = new RecordingParts(this.#access);
    this.films = new Films(this.#access);
  }

  /** Whether the database answers and can be written, as far as is known. */
  get isUp(): boolean {
    return this.#access.isUp;
  }

  async take(batches: readonly EventBatch[]): Promise<ReadonlyMap<string, number>> {
    const { log, now, webhooks: configured } = this.#options;
    const heads = new Map<string, number>();
    for (const part of inParts(batches)) {
      const taken = await this.#access.inBackground((db) => take(db, part, { configured, now: now() }));
      for (const [id, head] of taken.heads) heads.set(id, head);
      if (taken.gaps.length > 0) log.warn({ workspaces: taken.gaps.length }, GAP);
      if (taken.items.length > 0) this.onItems?.(taken.items);
      if (taken.hasDeliveries) this.onDeliveries?.();
      if (taken.recordings.length > 0) this.onRecordingsEnded?.(taken.recordings);
    }
    return heads;
  }

  /**
   * Adds messages to chats.
   * @param onPosted gets their places when they last, also where that was too late for the caller
   * @returns their places, in the order of the messages
   * @throws RecordsAway where nobody knows whether they last
   */
  async post(
    messages: readonly NewMessage[],
    onPosted: (places: readonly Posted[]) => void = () => {},
  ): Promise<Posted[]> {
    const { now } = this.#options;
    const work = async (db: Transaction<Schema>) => {
      const posted = await postMessages(db, messages);
      const fresh = messages.flatMap((message, index) => {
        const place = posted[index];
        return place?.isNew ? [{ ...message, seq: place.seq }] : [];
      });
      return { posted, hasDeliveries: await recordPosted(db, fresh, now()) };
    };
    const { posted, hasDeliveries } = await this.#access.transaction(work, (done) => onPosted(done.posted));
    if (hasDeliveries) this.onDeliveries?.();
    return posted;
  }

  /** Says what has become of a recording, once that is known. @returns its state; null: not yet @throws RecordsAway */
  async settleRecording(id: string): Promise<RecordingState | null> {
    const { now, webhooks: configured } = this.#options;
    const { state, hasDeliveries } = await this.transaction((db) =>
      settleRecording(db, id, { configured, now: now() }),
    );
    if (hasDeliveries) this.onDeliveries?.();
    return state;
  }

  /** Reads, or makes one change. @throws RecordsAway */
  query<Result>(work: (db: Kysely<Schema>) => Promise<Result>): Promise<Result> {
    return this.#access.query(work);
  }

  /** Makes several changes: all of them, or none where `work` throws. @throws RecordsAway */
  transaction<Result>(work: (transaction: Transaction<Schema>) => Promise<Result>): Promise<Result> {
    return this.#access.transaction(work);
  }

  /** Waits for the queries that are under way, and lets go of files, threads and connections. */
  async close(): Promise<void> {
    await this.#retention.close();
    await this.#access.close();
  }

  /** Deletes everything that is too old now; that happens every hour by itself too. @throws RecordsAway */
  sweep(): Promise<void> {
    return this.#retention.sweep();
  }
}

/** The batches in parts of so many events; a workspace with more than that is in several, one after the other. */
function* inParts(batches: readonly EventBatch[]): Generator<EventBatch[]> {
  let part: EventBatch[] = [];
  let room = EVENTS_AT_ONCE;
  for (const { workspace, events } of batches) {
    let rest = events;
    do {
      const some = rest.slice(0, room);
      rest = rest.slice(room);
      part.push({ workspace, events: some });
      room -= some.length;
      if (room > 0) continue;
      yield part;
      part = [];
      room = EVENTS_AT_ONCE;
    } while (rest.length > 0);
  }
  if (part.length > 0) yield part;
}

/**
 * Opens the records, and brings their tables to the form of this release.
 * @throws StoreError with a sentence for the operator
 */
export async function openRecords(config: RecordsConfig, options: RecordsOptions): Promise<Records> {
  const database = await openDatabase(config);
  try {
    await database.patiently(migrate);
    return new Records(database, options);
  } catch (error) {
    await database.close();
    throw error;
  }
}

/**
 * Opens the records of a server beside it, to read them.
 * @throws StoreError with a sentence for the operator
 */
export async function readRecords(config: RecordsConfig, options: RecordsOptions): Promise<Records> {
  if (config.kind === 'postgres') return new Records(await openDatabase(config), options);
  return new Records(await (await import('./sqlite.ts')).openBeside(config.file), options);
}

// Imported when chosen.
async function openDatabase(config: RecordsConfig): Promise<OpenDatabase> {
  switch (config.kind) {
    case 'sqlite':
      return (await import('./sqlite.ts')).openSqlite(config.file);
    case 'postgres':
      return (await import('./postgres.ts')).openPostgres(config.url, PATIENCE_MS);
  }
}
