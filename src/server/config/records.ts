import path from 'node:path';
import type { ApiKey } from './api-keys.ts';
import { ConfigError, type Environment } from './environment.ts';
import type { StoreConfig } from './store.ts';
import type { UsersConfig } from './users.ts';
import type { WebhooksConfig } from './webhooks.ts';

/** Where the records are; `file` null: in memory. */
export type RecordsConfig =
  | { readonly kind: 'sqlite'; readonly file: string | null }
  /** `url` holds a password. */
  | { readonly kind: 'postgres'; readonly url: string };

const POSTGRES = 'postgres://name:password@host:5432/database';

const HELP =
  `DATABASE_URL must be sqlite:<path>, or ${POSTGRES}. ` +
  'What a URL cannot have is written with %: %2F for / in a password.';

interface Features {
  readonly users: UsersConfig | null;
  readonly apiKeys: readonly ApiKey[];
  readonly webhooks: WebhooksConfig;
  readonly recordingsDirectory: string | null;
}

/**
 * Reads where the records are kept: what lasts longer than a workspace. A server needs them for users, REST,
 * webhooks and recordings; without any of these, and without DATABASE_URL, there are none.
 * @returns null where there are none
 * @throws ConfigError where DATABASE_URL is wrong, or does not go with the store
 */
export function readRecords(
  env: Environment,
  { store, ...features }: Features & { readonly store: StoreConfig },
): RecordsConfig | null {
  const url = env.DATABASE_URL?.trim() ?? '';
  const need = whatNeedsRecords(features);
  if (url !== '') return readDatabaseUrl(url, store);
  if (need === null) return null;
  // Recordings last, so what is known of them has to.
  const { recordingsDirectory } = features;
  if (store.kind === 'memory' && recordingsDirectory !== null) return recordsIn(recordingsDirectory);
  if (store.kind !== 'redis') return besideStore(store);
  throw new ConfigError(`DATABASE_URL is missing, and ${need} needs it with STORE=redis: ${POSTGRES}.`);
}

/**
 * Where the chats are: in the records, or, where nothing else needs records, in a database that is opened for the first
 * message.
 * @returns null where nodes share a store and have no database in common: then there is no chat
 */
export function readChatRecords(records: RecordsConfig | null, store: StoreConfig): RecordsConfig | null {
  if (records !== null) return records;
  return store.kind === 'redis' ? null : besideStore(store);
}

/** The first setting that needs records, or null. */
function whatNeedsRecords({ users, apiKeys, webhooks, recordingsDirectory }: Features): string | null {
  if (users) return `USERS=${users.kind}`;
  if (apiKeys.length > 0) return 'API_KEYS';
  if (recordingsDirectory !== null) return 'RECORDINGS_DIR';
  return webhooks.urls.length > 0 ? 'WEBHOOK_URL' : null;
}

function besideStore(store: Exclude<StoreConfig, { kind: 'redis' }>): RecordsConfig {
  if (store.kind === 'memory') return { kind: 'sqlite', file: null };
  return recordsIn(path.dirname(store.file));
}

function recordsIn(folder: string): RecordsConfig {
  return { kind: 'sqlite', file: path.join(folder, 'records.db') };
}

/** @param url no message repeats any part of it, because it may hold a password */
function readDatabaseUrl(url: string, store: StoreConfig): RecordsConfig {
  const [, scheme = '', rest = ''] = /^(sqlite|postgres|postgresql):(.+)$/i.exec(url) ?? [];
  if (scheme === '') throw new ConfigError(HELP);
  if (scheme.toLowerCase() !== 'sqlite') {
    if (!isPostgresUrl(url)) throw new ConfigError(HELP);
    return { kind: 'postgres', url };
  }
  if (store.kind === 'redis') {
    throw new ConfigError(`DATABASE_URL must be ${POSTGRES} with STORE=redis: the nodes share one database.`);
  }
  if (rest === ':memory:') return { kind: 'sqlite', file: null };
  // sqlite:///var/lib/records.db has an empty host, and then an absolute path.
  const file = rest.replace(/^\/\/(?=\/)/, '');
  if (file.startsWith('//') || file.endsWith('/')) throw new ConfigError(HELP);
  return { kind: 'sqlite', file: path.resolve(file) };
}

function isPostgresUrl(url: string): boolean {
  try {
    const { username, password, pathname } = new URL(url);
    for (const part of [username, password, pathname]) decodeURIComponent(part);
    return /^\w+:\/\//.test(url);
  } catch {
    return false;
  }
}
