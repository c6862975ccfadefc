import path from 'node:path';
import { type ApiKey, readApiKeys } from './api-keys.ts';
import { ConfigError, type Environment, flag, list, readPort } from './environment.ts';
import { type IceConfig, readIce } from './ice.ts';
import { type MetricsConfig, readMetrics } from './metrics.ts';
import { readEmbedOrigins, readOrigins } from './origins.ts';
import { readPublicUrl } from './public-url.ts';
import { type RecordsConfig, readChatRecords, readRecords } from './records.ts';
import { readSecrets, type Secrets } from './secrets.ts';
import { readSettings, type Settings } from './settings.ts';
import { readStore, type StoreConfig } from './store.ts';
import { readUsers, type UsersConfig } from './users.ts';
import { readWebhooks, type WebhooksConfig } from './webhooks.ts';

type HttpsConfig = { key: string; cert: string; ca: string | null } | null;

export interface Config {
  settings: Settings;
  development: boolean;
  port: number;
  /** null: every address. */
  host: string | null;
  https: HttpsConfig;
  secrets: Secrets;
  store: StoreConfig;
  /** null: nobody can sign in. */
  users: UsersConfig | null;
  /** null: nothing needs records. */
  records: RecordsConfig | null;
  /** null: there is no chat. */
  chatRecords: RecordsConfig | null;
  /** The folder of the recordings; null: nobody can record. */
  recordingsDirectory: string | null;
  ice: IceConfig;
  webhooks: WebhooksConfig;
  /** Exact origins; null: any origin on localhost. */
  corsOrigins: string[] | null;
  /** Exact origins whose pages may hold the page in a frame; none: nobody may. */
  embedOrigins: string[];
  trustProxy: string[];
  /** The keys of the REST API; none: there is no REST API. */
  apiKeys: ApiKey[];
  /** The URL of the page, with a slash at its end; null: where the server listens. */
  publicUrl: string | null;
  logLevel: LogLevel;
  metrics: MetricsConfig;
  /** Sentences that an operator should read at the start. */
  warnings: string[];
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

function readHttps(env: Environment, { https }: Settings): HttpsConfig {
  if (!flag(env, 'ENABLE_HTTPS', false)) return null;
  const missing = (['key', 'cert'] as const).find((name) => https[name] === '');
  if (missing) {
    throw new ConfigError(
      `https.${missing} (HTTPS_${missing.toUpperCase()}) is missing, and ENABLE_HTTPS=true needs it: the path of a PEM file.`,
    );
  }
  return { key: https.key, cert: https.cert, ca: https.ca === '' ? null : https.ca };
}

function readLogLevel(env: Environment): LogLevel {
  const text = env.LOG_LEVEL?.trim().toLowerCase() || 'info';
  const level = logLevels.find((each) => each === text);
  if (level) return level;
  throw new ConfigError(`LOG_LEVEL must be one of ${logLevels.join(', ')}. It is '${env.LOG_LEVEL}'.`);
}

/**
 * Reads the configuration from config.ts and the environment, which overrides it; reads nothing else.
 * @throws ConfigError at the first setting that is missing or wrong
 */
export function loadConfig(env: Environment): Config {
  const warnings: string[] = [];
  const settings = readSettings(env);
  const development = flag(env, 'DEVELOPMENT', true);
  const store = readStore(env, settings, warnings);
  const users = readUsers(env, settings, { development, store }, warnings);
  const apiKeys = readApiKeys(env);
  const port = readPort(env, 'PORT', '9090');
  const webhooks = readWebhooks(env, warnings);
  const recordingsDirectory = settings.recordings_dir === '' ? null : path.resolve(settings.recordings_dir);
  const records = readRecords(env, { store, users, apiKeys, webhooks, recordingsDirectory });
  return {
    settings,
    development,
    port,
    host: env.HOST?.trim() || (development ? '127.0.0.1' : null),
    https: readHttps(env, settings),
    secrets: readSecrets(env, { isShared: store.kind === 'redis', development }, warnings),
    store,
    users,
    records,
    recordingsDirectory,
    chatRecords: readChatRecords(records, store),
    ice: readIce(env, settings, development, warnings),
    webhooks,
    corsOrigins: readOrigins(env, development, warnings),
    embedOrigins: readEmbedOrigins(env),
    trustProxy: list(env.TRUST_PROXY),
    apiKeys,
    publicUrl: readPublicUrl(env, settings, apiKeys.length > 0 && !development),
    logLevel: readLogLevel(env),
    metrics: readMetrics(env, port, warnings),
    warnings,
  };
}
