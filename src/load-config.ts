import path from 'node:path';
import { z } from 'zod';
import fileSettings from '../config.ts';
import type { CallControl } from './domain/policy.ts';

/** A setting that is missing or wrong. Its message is a sentence that names it and says what to do. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

export type StoreConfig = { kind: 'memory' } | { kind: 'json'; file: string };

export type IceConfig =
  | { provider: 'google'; stunUrls: string[] }
  | { provider: 'twilio'; accountSid: string; authToken: string; apiUrl: string; stunUrls: string[] }
  | { provider: 'coturn'; urls: string[]; secret: string; stunUrls: string[] }
  | { provider: 'static'; servers: StaticIceServer[]; stunUrls: string[] };

export type HttpsConfig = { key: string; cert: string; ca: string | null } | null;

/** Secrets are null where none were given, which only DEVELOPMENT allows: then they are made at the start. */
export interface Secrets {
  magickToken: string | null;
  saltString: string | null;
}

const positive = (min: number, max: number) => z.number().min(min).max(max);
const count = (min: number, max: number) => z.number().int().min(min).max(max);

const settingsSchema = z.object({
  tokenDelimiter: z.string().min(1).max(8),
  // Longer ids would make the invitation longer than the link field of the client in the field.
  WORKSPACE_ID_LEN: count(8, 20),
  untitled_workspace: z.string().min(1),
  default_workspace_avatar: z.string(),
  anonymous_attendee: z.string().min(1),
  default_attendee_avatar: z.string(),
  https: z.object({ key: z.string(), cert: z.string(), ca: z.string() }),
  base_path: z.string().regex(/^\/([\w.~-]+\/)*$/),
  json_storage_file: z.string(),
  max_capacity_of_workspace: count(1, 1000),
  callControl: z.enum(['owner', 'participants'] satisfies CallControl[]),
  seat_grace_seconds: positive(0, 86_400),
  ring_timeout_seconds: positive(0.1, 3_600),
  workspace_idle_hours: positive(0.0001, 24 * 365),
  access_token_hours: positive(0.0001, 24 * 365),
  invitation_days: positive(0.00001, 3_650),
  turn_credential_seconds: count(60, 86_400),
  twilio_timeout_seconds: positive(0.1, 60),
  max_payload_bytes: count(1_024, 16_777_216),
  max_name_length: count(1, 10_000),
  max_avatar_length: count(0, 16_777_216),
  commands_per_second: positive(1, 1_000_000),
  pin_attempts: count(1, 1_000),
  pin_lockout_seconds: count(1, 3_600),
  pin_attempts_per_hour: count(1, 100_000),
  broken_links_per_minute: count(1, 1_000_000),
  bcrypt_cost: count(4, 16),
  pin_checks_at_once: count(1, 64),
  pin_checks_waiting: count(1, 100_000),
  seatless_connections_per_address: count(1, 1_000_000),
  first_command_seconds: positive(0.1, 3_600),
  heartbeat_seconds: positive(0.1, 300),
  shutdown_seconds: positive(0.1, 600),
});

/** What config.ts holds, with what the environment overrides. */
export type Settings = z.output<typeof settingsSchema>;

export interface Config {
  settings: Settings;
  development: boolean;
  port: number;
  /** null: every address. */
  host: string | null;
  https: HttpsConfig;
  secrets: Secrets;
  store: StoreConfig;
  ice: IceConfig;
  /** Exact origins; null: any origin on localhost. */
  corsOrigins: string[] | null;
  trustProxy: string[];
  logLevel: LogLevel;
  /** Sentences that an operator should read at the start. */
  warnings: string[];
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

type Environment = Readonly<Record<string, string | undefined>>;

/** MAX_CAPACITY_OF_WORKSPACE, CALL_CONTROL: the environment variable of a setting in config.ts. */
export function variableOf(...names: string[]): string {
  return names.map((name) => name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()).join('_');
}

/** Puts what the environment says in the place of what config.ts says, as the type that config.ts has there. */
function overridden(defaults: Record<string, unknown>, env: Environment, parents: string[] = []): object {
  return Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => {
      if (typeof value === 'object' && value !== null) return [name, overridden({ ...value }, env, [...parents, name])];
      const variable = env[variableOf(...parents, name)]?.trim();
      if (variable === undefined || (variable === '' && typeof value === 'number')) return [name, value];
      return [name, typeof value === 'number' ? Number(variable) : variable];
    }),
  );
}

function readSettings(env: Environment): Settings {
  const result = settingsSchema.safeParse(overridden(fileSettings, env));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const names = (issue?.path ?? []).map(String);
  const given = env[variableOf(...names)];
  const told = given === undefined ? '' : ` It is '${given}'.`;
  throw new ConfigError(
    `${names.join('.')} (${variableOf(...names)}) is not right: ${expectation(issue)}.${told} See config.ts.`,
  );
}

function expectation(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case 'too_small':
      return `it must be ${issue.minimum} or more${issue.origin === 'string' ? ' characters' : ''}`;
    case 'too_big':
      return `it must be ${issue.maximum} or less${issue.origin === 'string' ? ' characters' : ''}`;
    case 'invalid_type':
      return `it must be a ${issue.expected === 'int' ? 'whole number' : issue.expected}`;
    case 'invalid_value':
      return `it must be one of ${issue.values.join(', ')}`;
    case 'invalid_format':
      return 'it has the wrong form';
    default:
      return 'see what is allowed there';
  }
}

const list = (text: string | undefined) =>
  (text ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

function flag(env: Environment, name: string, otherwise: boolean): boolean {
  const text = env[name]?.trim().toLowerCase();
  if (text === undefined || text === '') return otherwise;
  if (text === 'true' || text === '1' || text === 'yes') return true;
  if (text === 'false' || text === '0' || text === 'no') return false;
  throw new ConfigError(`${name} must be true or false. It is '${env[name]}'.`);
}

function readPort(env: Environment): number {
  const text = env.PORT?.trim() || '9090';
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new ConfigError(`PORT must be a whole number from 0 to 65535. It is '${text}'.`);
}

const MIN_SECRET_LENGTH = 32;
/** Fewer different characters than this are a pattern somebody typed. */
const MIN_SECRET_VARIETY = 10;

/** Why a secret is not fit for use with others, or null. The secret itself is never part of it. */
function weakness(name: string, secret: string | null): string | null {
  const make = 'Make one with: openssl rand -base64 48';
  if (secret === null) return `${name} is missing. ${make}`;
  if (/replace-?me|change-?me/i.test(secret)) {
    return `${name} is a sample value. ${make}`;
  }
  if (secret.length < MIN_SECRET_LENGTH)
    return `${name} is too short: ${MIN_SECRET_LENGTH} characters at least. ${make}`;
  if (new Set(secret).size < MIN_SECRET_VARIETY) return `${name} is too easy to guess. ${make}`;
  return null;
}

function readSecrets(env: Environment, development: boolean, warnings: string[]): Secrets {
  const secrets = {
    magickToken: env.MAGICK_TOKEN?.trim() || null,
    saltString: env.SALT_STRING?.trim() || null,
  };
  const weak = [weakness('MAGICK_TOKEN', secrets.magickToken), weakness('SALT_STRING', secrets.saltString)];
  if (secrets.magickToken !== null && secrets.magickToken === secrets.saltString) {
    weak.push('MAGICK_TOKEN and SALT_STRING are the same. Make them different.');
  }
  const first = weak.find((sentence) => sentence !== null);
  if (first && !development) {
    throw new ConfigError(`${first} (With DEVELOPMENT=true, for this machine only, the server makes its own.)`);
  }
  if (first && secrets.magickToken !== null) warnings.push(first);
  return secrets;
}

const staticIceServer = z.object({
  urls: z.union([z.string(), z.array(z.string()).min(1)]),
  username: z.string().optional(),
  credential: z.string().optional(),
});
export type StaticIceServer = z.output<typeof staticIceServer>;

function readStaticServers(text: string | undefined): StaticIceServer[] {
  const help = `ICE_SERVERS must be a JSON array of RTCIceServer entries, such as [{"urls":"stun:stun.example.com:3478"}].`;
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    throw new ConfigError(help);
  }
  const servers = z.array(staticIceServer).min(1).safeParse(value);
  if (!servers.success) throw new ConfigError(help);
  return servers.data;
}

function needed(env: Environment, name: string, forWhat: string): string {
  const value = env[name]?.trim();
  if (value) return value;
  throw new ConfigError(`${name} is missing, and ${forWhat} needs it.`);
}

function urls(name: string, text: string | undefined, schemes: RegExp): string[] {
  const found = list(text);
  const wrong = found.find((url) => !schemes.test(url));
  if (wrong !== undefined) throw new ConfigError(`${name} holds '${wrong}', which is not a URL of the right kind.`);
  return found;
}

const STUN = /^stuns?:[^\s/]+$/;
const TURN = /^turns?:[^\s/]+$/;

function readIce(env: Environment, development: boolean, warnings: string[]): IceConfig {
  const hasTwilio = Boolean(env.TWILIO_ACCOUNT_SID?.trim() && env.TWILIO_AUTH_TOKEN?.trim());
  const provider = env.ICE_PROVIDER?.trim().toLowerCase() || (hasTwilio && !development ? 'twilio' : 'google');
  const stunUrls = urls('STUN_URLS', env.STUN_URLS, STUN);
  const because = `ICE_PROVIDER=${provider}`;
  switch (provider) {
    case 'google':
      if (!development) {
        warnings.push(
          'ICE: STUN only, so that calls between strict networks will fail. Set ICE_PROVIDER to twilio, coturn or static.',
        );
      }
      return { provider, stunUrls };
    case 'twilio': {
      const accountSid = needed(env, 'TWILIO_ACCOUNT_SID', because);
      if (!accountSid.startsWith('AC')) {
        throw new ConfigError('TWILIO_ACCOUNT_SID must begin with AC: it is the account, not an API key.');
      }
      const authToken = needed(env, 'TWILIO_AUTH_TOKEN', because);
      const apiUrl = env.TWILIO_API_URL?.trim() || 'https://api.twilio.com';
      if (!URL.canParse(apiUrl) || new URL(apiUrl).protocol !== 'https:') {
        throw new ConfigError(`TWILIO_API_URL must be an https URL. It is '${apiUrl}'.`);
      }
      return { provider, accountSid, authToken, apiUrl, stunUrls };
    }
    case 'coturn': {
      needed(env, 'COTURN_URLS', because);
      return {
        provider,
        urls: urls('COTURN_URLS', env.COTURN_URLS, TURN),
        secret: needed(env, 'COTURN_SECRET', because),
        stunUrls,
      };
    }
    case 'static':
      return { provider, servers: readStaticServers(needed(env, 'ICE_SERVERS', because)), stunUrls };
    default:
      throw new ConfigError(`ICE_PROVIDER must be google, twilio, coturn or static. It is '${env.ICE_PROVIDER}'.`);
  }
}

function readOrigins(env: Environment, development: boolean): string[] | null {
  const origins = list(env.CORS_ORIGINS);
  if (origins.length === 0) {
    if (development) return null;
    throw new ConfigError(
      'CORS_ORIGINS is missing. Name the pages that may connect, parted by commas: https://meet.example.com',
    );
  }
  return origins.map((origin) => {
    // A wildcard parses as a host name, but no browser ever sends it.
    const url = URL.canParse(origin) && !origin.includes('*') ? new URL(origin) : null;
    if (url && /^https?:$/.test(url.protocol) && origin.replace(/\/$/, '') === url.origin) return url.origin;
    throw new ConfigError(
      `CORS_ORIGINS must hold exact origins, such as https://meet.example.com. It holds '${origin}'.`,
    );
  });
}

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

function readStore({ json_storage_file: file }: Settings): StoreConfig {
  if (file === '') return { kind: 'memory' };
  return { kind: 'json', file: path.resolve(path.basename(file) === file ? 'storage' : '', file) };
}

function readLogLevel(env: Environment): LogLevel {
  const text = env.LOG_LEVEL?.trim().toLowerCase() || 'info';
  const level = logLevels.find((each) => each === text);
  if (level) return level;
  throw new ConfigError(`LOG_LEVEL must be one of ${logLevels.join(', ')}. It is '${env.LOG_LEVEL}'.`);
}

/**
 * Everything that is configured, from config.ts and what the environment overrides; reads nothing else.
 * @throws ConfigError at the first setting that is missing or wrong
 */
export function loadConfig(env: Environment): Config {
  const warnings: string[] = [];
  const settings = readSettings(env);
  const development = flag(env, 'DEVELOPMENT', true);
  return {
    settings,
    development,
    port: readPort(env),
    host: env.HOST?.trim() || (development ? '127.0.0.1' : null),
    https: readHttps(env, settings),
    secrets: readSecrets(env, development, warnings),
    store: readStore(settings),
    ice: readIce(env, development, warnings),
    corsOrigins: readOrigins(env, development),
    trustProxy: list(env.TRUST_PROXY),
    logLevel: readLogLevel(env),
    warnings,
  };
}
