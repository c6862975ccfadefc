import type { Generated } from 'kysely';

/**
 * The tables of the records, the same in SQLite and PostgreSQL. Times are in ms since the epoch, JSON is text, and null
 * means that there is none. `migrations/` makes them; a column here needs its line there.
 */
export interface Schema {
  workspaces: WorkspacesTable;
  events: EventsTable;
  calls: CallsTable;
  call_participants: CallParticipantsTable;
  users: UsersTable;
  inboxes: InboxesTable;
  inbox_items: InboxItemsTable;
  registrations: RegistrationsTable;
  idempotency_keys: IdempotencyKeysTable;
  external_ids: ExternalIdsTable;
  consultations: ConsultationsTable;
  consultation_users: ConsultationUsersTable;
  recordings: RecordingsTable;
  recording_parts: RecordingPartsTable;
  recording_consents: RecordingConsentsTable;
  recording_films: RecordingFilmsTable;
  chats: ChatsTable;
  messages: MessagesTable;
  webhooks: WebhooksTable;
  webhook_secrets: WebhookSecretsTable;
  deliveries: DeliveriesTable;
  leases: LeasesTable;
  probes: ProbesTable;
}

/** Workspaces, also those that are over. */
export interface WorkspacesTable {
  id: string;
  name: string;
  external_id: string | null;
  /** JSON, of strings by their names. */
  metadata: string;
  owner_user: string | null;
  created_at: number;
  closed_at: number | null;
  /** The `seq` of the latest event that the records have taken. */
  head_seq: number;
}

/** What happened in the workspaces. */
export interface EventsTable {
  workspace_id: string;
  /** From 1, without gaps within a workspace. */
  seq: number;
  /** The only one of its kind; webhooks name the event so. */
  id: string;
  type: string;
  at: number;
  /** JSON, as `EventData` of the domain has it. */
  data: string;
  /** The user whose name stands in `data`; null where it is a guest's. */
  subject_user: string | null;
}

export interface CallsTable {
  id: string;
  workspace_id: string;
  /** The id that the caller's client gave it. */
  client_call_id: string;
  started_at: number;
  /** When the second participant came. */
  connected_at: number | null;
  ended_at: number | null;
  end_reason: string | null;
  duration_seconds: number | null;
  billable_seconds: number | null;
  external_id: string | null;
  /** JSON, of strings by their names. */
  metadata: string;
}

/** The participants of calls, a row for each stay. */
export interface CallParticipantsTable {
  call_id: string;
  attendee_id: string;
  user_id: string | null;
  joined_at: number;
  left_at: number | null;
  seconds: number | null;
}

/** Users as they were when they signed in last. */
interface UsersTable {
  id: string;
  name: string;
  picture: string | null;
  updated_at: number;
  /** When a host system had the user erased. */
  erased_at: number | null;
}

/** The counters of each user's inbox. */
interface InboxesTable {
  user_id: string;
  /** The `seq` of the latest item that the inbox ever had. */
  head_seq: number;
  /** Items up to here count as seen. */
  seen_seq: number;
}

export interface InboxItemsTable {
  user_id: string;
  /** From 1, without gaps within an inbox. */
  seq: number;
  /** The event from which it follows. */
  event_id: string;
  type: string;
  at: number;
  /** JSON: the members of the item besides `seq`, `type`, `at` and `seen`. */
  data: string;
  /** The user whose name stands in `data`; null where it is a guest's. */
  subject_user: string | null;
}

/** The names of the open directory, with their holders. */
interface RegistrationsTable {
  /** The name as it is compared: the id of the user too. */
  name_key: string;
  /** The name as its holder wrote it. */
  name: string;
  /** Hash of the registration. */
  hash: string;
  /** From then on somebody else may take the name. */
  free_at: number;
}

/** Requests of the API that may be repeated. */
export interface IdempotencyKeysTable {
  /** The id of the API key. */
  key_id: string;
  /** The header Idempotency-Key. */
  key: string;
  fingerprint: string;
  /** The node that answers it. */
  holder: string;
  /** From then on another node may take it over. */
  held_until: number;
  created_at: number;
  /** The sealed answer. */
  reply: string | null;
}

/** Which workspace has which id of a host system, also where it is over. */
interface ExternalIdsTable {
  external_id: string;
  workspace_id: string;
  claimed_at: number;
}

/** Consultations, also those that are over. */
export interface ConsultationsTable {
  id: string;
  /** The id of the host system; no two have the same. */
  external_id: string | null;
  subject: string;
  workspace_id: string;
  opened_at: number;
  closed_at: number | null;
  /** The connected time of all calls, when it was closed. */
  call_seconds: number;
}

/** The users whom consultations concern: the provider at place 0, and the clients behind. */
interface ConsultationUsersTable {
  consultation_id: string;
  user_id: string;
  /** As it was known when the consultation was opened. */
  name: string;
  place: number;
  /** When the consultation was opened. */
  opened_at: number;
}

/** Recordings of calls. */
export interface RecordingsTable {
  id: string;
  workspace_id: string;
  call_id: string;
  external_id: string | null;
  /** The attendee who owned the workspace, and its user; null: nobody may list it as its owner, such as after an erasure. */
  owner_attendee: string | null;
  /** Null: also where the owner was a guest. */
  owner_user: string | null;
  /** The attendee who started it; null: a host system did. */
  started_by: string | null;
  started_at: number;
  stopped_at: number | null;
  /** When it was known which of its parts are whole. */
  settled_at: number | null;
  /**
   * `recording`: it is on; `uploading`: parts are under way; `completed`: all parts are whole; `partly`: some are;
   * `failed`: none is; `deleted`: its rows go when its files are gone.
   */
  state: 'recording' | 'uploading' | 'completed' | 'partly' | 'failed' | 'deleted';
}

/** Parts of recordings: the runs of recorders. */
export interface RecordingPartsTable {
  /** The id of its upload, and the name of its file. */
  id: string;
  recording_id: string;
  /** From 1, without gaps within a recording. */
  n: number;
  attendee_id: string;
  user_id: string | null;
  name: string;
  /** The client's own id of it. */
  part: string;
  /** The media type without parameters. */
  mime_type: string;
  source: string;
  started_at: number;
  ended_at: number | null;
  created_at: number;
  /** How long the client says that it is. */
  declared_bytes: number | null;
  bytes: number | null;
  sha256: string | null;
  /**
   * `uploading`: it is under way; `complete`: it is whole; `partial`: the beginning came, and the rest did not in time;
   * `lost`: nothing came in time; `erasing`: its file has to go; `erased`: it is gone.
   */
  state: 'uploading' | 'complete' | 'partial' | 'lost' | 'erasing' | 'erased';
}

/** What attendees have said about being recorded. */
interface RecordingConsentsTable {
  event_id: string;
  recording_id: string;
  attendee_id: string;
  user_id: string | null;
  name: string;
  /** 1: agreed; 0: not, or not any more. */
  given: number;
  /** The version of the text that the attendee has read. */
  text: string;
  at: number;
}

/** Films: all parts of a recording in one file. */
export interface RecordingFilmsTable {
  recording_id: string;
  /** The name of its file, the only one of its kind; a film that is made anew has another. */
  id: string;
  /**
   * `waiting`: it is made at `next_at`; `composing`: a node makes it, or died while it did; `failed`: it is given up;
   * `erasing`: its file has to go.
   */
  state: 'waiting' | 'composing' | 'complete' | 'failed' | 'erasing';
  /** The parts that it was made of. */
  made_of: string | null;
  attempts: number;
  next_at: number | null;
  /** When its first picture was. */
  started_at: number | null;
  duration_ms: number | null;
  bytes: number | null;
  sha256: string | null;
  /** Why there is none yet, as a sentence. */
  problem: string | null;
}

/** The chats of workspaces. */
interface ChatsTable {
  workspace_id: string;
  /** The `seq` of the latest message. */
  head_seq: number;
}

interface MessagesTable {
  workspace_id: string;
  /** From 1, without gaps within a chat. */
  seq: number;
  /** The consultation whose chat it is; null where the chat ends with its workspace. */
  consultation_id: string | null;
  /** The user or the attendee within whose messages `message_id` is the only one of its kind. */
  sender: string;
  /** The client's own id of it. */
  message_id: string;
  attendee_id: string;
  user_id: string | null;
  name: string;
  text: string;
  at: number;
}

/** Endpoints that REST made, and what became of those of the configuration. */
export interface WebhooksTable {
  id: string;
  url: string;
  /** JSON: the types that it wants; null: all that everybody gets. */
  types: string | null;
  /** 1: the configuration has its address and its secrets, and this row only says whether it is disabled. */
  is_configured: number;
  created_at: number;
  /** It gets nothing since then. */
  disabled_at: number | null;
}

interface WebhookSecretsTable {
  webhook_id: string;
  secret: string;
  created_at: number;
  /** Another secret has taken its place: it signs no more from then on. */
  expires_at: number | null;
}

/** Which event goes to which endpoint, and how far that is. */
export interface DeliveriesTable {
  /** Grows with `seq` within a workspace. */
  id: Generated<number>;
  webhook_id: string;
  event_id: string;
  /** '' where it is about no workspace. */
  workspace_id: string;
  /** null where the event has none. */
  seq: number | null;
  type: string;
  /** JSON `{at, data}` of a message that is not in `events`. */
  message: string | null;
  /** `pending`: no attempt has failed; `failed`: the last one has; `dead`: it has, and no further one is made. */
  status: 'pending' | 'failed' | 'dead' | 'delivered';
  /** How many attempts were made in all. */
  attempts: number;
  /** How many have failed since it began, or since somebody asked for a further attempt. */
  failures: number;
  created_at: number;
  /** When the next attempt is made; null where none is. */
  next_at: number | null;
  last_at: number | null;
  /** The status of the latest answer; null where none came. */
  last_status: number | null;
  last_error: string | null;
  /** When it was delivered, or given up. */
  ended_at: number | null;
}

/** Work that one node at a time does for all. */
interface LeasesTable {
  name: string;
  holder: string;
  until: number;
}

/** One row, written to find out whether the database can be written again. */
interface ProbesTable {
  id: number;
  at: number;
}
