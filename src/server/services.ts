import type { Logger } from 'pino';
import { type Attempts, createAttempts } from './auth/attempts.ts';
import { completeSecrets } from './auth/generated-secrets.ts';
import { type MinuteLimit, minuteLimit } from './auth/minute-limit.ts';
import { createPins, type Pins } from './auth/pins.ts';
import { createSealing, type Sealing } from './auth/sealing.ts';
import { createTokens, type Tokens } from './auth/tokens.ts';
import { type Backend, type Cluster, singleNode } from './cluster.ts';
import { boundedCounters, type CounterOf } from './collections/counters.ts';
import { Lazy } from './collections/lazy.ts';
import { steadyClock } from './collections/steady-clock.ts';
import { throttle } from './collections/throttle.ts';
import type { IceConfig } from './config/ice.ts';
import type { Config, LogLevel } from './config/load-config.ts';
import type { RecordsConfig } from './config/records.ts';
import type { Settings } from './config/settings.ts';
import type { UsersConfig } from './config/users.ts';
import { idOfConfigured } from './config/webhooks.ts';
import { FailedPairs } from './failed-pairs.ts';
import { type CandidateFilter, createCandidateFilter } from './ice/candidate-filter.ts';
import type { IceProvider } from './ice/provider.ts';
import { createLogger } from './log.ts';
import { Measurements } from './measurements.ts';
import type { Ffmpeg } from './recordings/film/ffmpeg.ts';
import type { Recordings } from './recordings/recordings.ts';
import type { Records, RecordsOptions } from './records/records.ts';
import type { Store } from './storage/store.ts';
import { timedSwaps } from './storage/timed-swaps.ts';
import type { Users } from './users/users.ts';

/** Everything the server works with. Only this file chooses implementations. */
export interface Services {
  config: Config;
  log: Logger;
  measurements: Measurements;
  failedPairs: FailedPairs;
  /** ms since the epoch; the same for all nodes, and steady while the clock of this machine steps */
  now: () => number;
  /**
   * ms since the epoch, for what other systems compare with their clocks. The clock of Redis is that on the wall; the steady
   * one of a single node may be late or early.
   */
  wallClock: () => number;
  cluster: Cluster;
  store: Store;
  /** What lasts longer than a workspace; null where nothing needs it. */
  records: Records | null;
  /** The records for chats, opened when they are first needed; null where the server keeps no chats. */
  chatRecords: Lazy<Records> | null;
  /** Null where nobody can record. */
  recordings: Recordings | null;
  tokens: Tokens;
  sealing: Sealing;
  pins: Pins;
  attempts: Attempts;
  /** Counts one more workspace of an address, and refuses it where there were too many. */
  limitCreates: MinuteLimit;
  /** Counts one more request of a key of the REST API, and refuses it where there were too many. */
  limitApiRequests: MinuteLimit;
  ice: IceProvider;
  /** Null where all candidates are handed on. */
  candidateFilter: CandidateFilter | null;
  /** Null where nobody can sign in. */
  users: Users | null;
}

const TOO_MANY_CREATED =
  'Too many workspaces were created from your network in a short time. Wait a moment and try again.';

const TOO_MANY_NAMES = 'Too many new names were taken from your network in a short time. Wait a moment and try again.';

const UNWRITTEN =
  'Connections and calls change in memory alone, because the JSON store cannot be written. It is tried again until it can.';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const MEGABYTE = 1e6;

/**
 * Opens everything that a configuration asks for.
 * @param openLog for a server whose log does not go to stdout
 * @throws StoreError, ConfigError with a sentence for the operator
 */
export async function createServices(
  config: Config,
  openLog: (level: LogLevel, development: boolean) => Promise<Logger> | Logger = createLogger,
): Promise<Services> {
  const { settings } = config;
  const log = await openLog(config.logLevel, config.development);
  // The backend comes first: where the store is refused, nothing may have been written beside it.
  const { now, cluster, store, counterOf } = await openBackend(config, log);
  const webhooks = config.webhooks.urls.map(idOfConfigured);
  const forRecords: RecordsOptions = { log, now, days: settings.records_days, webhooks };
  const records = config.records && (await openRecords(config.records, forRecords));
  // Workspaces in memory went with the process that had them. A file is this server's alone; a database may not be.
  if (records && config.store.kind === 'memory' && config.records?.kind === 'sqlite')
    void closeLost(records, now(), log);
  const wallClock = config.store.kind === 'redis' ? now : Date.now;
  const { magickToken, saltString } = await completeSecrets(config.secrets, config.store, config.recordingsDirectory);
  const measurements = new Measurements();
  return {
    config,
    now,
    wallClock,
    log,
    measurements,
    failedPairs: new FailedPairs(),
    candidateFilter: createCandidateFilter(settings.ice_candidate_filter),
    cluster,
    store: timedSwaps(store, measurements.swapSeconds),
    records,
    chatRecords: lazyChatRecords(config, records, forRecords),
    recordings: records && (await createRecordings(config, { records, log, now, store })),
    tokens: createTokens(magickToken, settings.invitation_days * DAY, settings.access_token_hours * HOUR),
    sealing: createSealing(magickToken),
    pins: createPins({
      salt: saltString,
      delimiter: settings.tokenDelimiter,
      cost: settings.bcrypt_cost,
      atOnce: settings.pin_checks_at_once,
      waiting: settings.pin_checks_waiting,
      durations: measurements.pinCheckSeconds,
    }),
    attempts: createAttempts(
      {
        perAddress: settings.pin_attempts,
        lockoutSeconds: settings.pin_lockout_seconds,
        perWorkspaceAndHour: settings.pin_attempts_per_hour,
        brokenLinksPerMinute: settings.broken_links_per_minute,
      },
      counterOf,
      now,
    ),
    limitCreates: minuteLimit(
      {
        name: 'creates',
        limit: 'creates_per_minute',
        perMinute: settings.creates_per_minute,
        message: TOO_MANY_CREATED,
      },
      counterOf,
      now,
    ),
    limitApiRequests: minuteLimit(
      { name: 'api-requests', limit: 'api_requests_per_minute', perMinute: settings.api_requests_per_minute },
      counterOf,
      now,
    ),
    ice: await createIce(config.ice, { settings, log, wallClock }),
    users: config.users && (await createUsers(config.users, { settings, log, now, wallClock, records, counterOf })),
  };
}

interface RecordingServices {
  readonly records: Records;
  readonly log: Logger;
  readonly now: () => number;
  readonly store: Store;
}

// Imported when chosen.
async function createRecordings(
  { recordingsDirectory: directory, settings, store: { kind } }: Config,
  { records, log, now, store }: RecordingServices,
): Promise<Recordings | null> {
  if (directory === null) return null;
  return (await import('./recordings/recordings.ts')).openRecordings({
    directory,
    records,
    log,
    now,
    uploadDays: settings.recording_upload_days,
    keptDays: settings.recording_days,
    ffmpeg: settings.recording_compose ? await ffmpegOrWarning(log) : null,
    quota: {
      recordingBytes: settings.max_recording_megabytes * MEGABYTE,
      freeBytes: settings.recording_free_megabytes * MEGABYTE,
    },
    isShared: kind === 'redis',
    document: (workspaceId) => store.get(workspaceId),
  });
}

async function ffmpegOrWarning(log: Logger): Promise<Ffmpeg | null> {
  const found = await (await import('./recordings/film/ffmpeg.ts')).findFfmpeg();
  if (typeof found !== 'string') return found;
  log.warn(`Films of recordings are not made, although RECORDING_COMPOSE is on: ${found}`);
  return null;
}

async function openRecords(config: RecordsConfig, options: RecordsOptions): Promise<Records> {
  return (await import('./records/records.ts')).openRecords(config, options);
}

async function closeLost(records: Records, since: number, log: Logger): Promise<void> {
  const { closeLostWorkspaces } = await import('./records/lost-workspaces.ts');
  try {
    const closed = await closeLostWorkspaces(records, since);
    if (closed > 0) log.info({ workspaces: closed }, 'Workspaces of a former process were closed in the records.');
  } catch (error) {
    log.warn(
      { err: error },
      'Workspaces of a former process were not closed in the records. The next start tries again.',
    );
  }
}

function lazyChatRecords(
  { chatRecords }: Config,
  records: Records | null,
  options: RecordsOptions,
): Lazy<Records> | null {
  if (chatRecords === null) return null;
  return new Lazy(async () => records ?? openRecords(chatRecords, options));
}

// Imported when chosen: the twilio package alone costs 200 ms and 20 MB.
async function openBackend({ settings, store: config, records }: Config, log: Logger): Promise<Backend> {
  const idleMs = settings.workspace_idle_hours * HOUR;
  const keepsGone = records !== null;
  const now = steadyClock();
  const counterOf = boundedCounters(now);
  switch (config.kind) {
    case 'memory':
      return {
        now,
        cluster: singleNode(now),
        store: (await import('./storage/memory.ts')).memoryStore({ idleMs, now, keepsGone }),
        counterOf,
      };
    case 'json': {
      const { openJsonStore } = await import('./storage/json.ts');
      const onUnwritten = throttle((error: unknown) => log.error({ err: error }, UNWRITTEN));
      const store = await openJsonStore({ file: config.file, idleMs, now, keepsGone, onUnwritten });
      return { now, cluster: singleNode(now), store, counterOf };
    }
    case 'redis':
      return (await import('./redis/backend.ts')).openRedisBackend(config.address, {
        settings,
        idleMs,
        keepsGone,
        log,
      });
  }
}

async function createIce(
  config: IceConfig,
  { settings, log, wallClock }: { settings: Settings; log: Logger; wallClock: () => number },
): Promise<IceProvider> {
  const ttlSeconds = settings.turn_credential_seconds;
  switch (config.provider) {
    case 'google':
      return (await import('./ice/google.ts')).googleProvider(config.stunUrls);
    case 'twilio': {
      const timeoutMs = settings.twilio_timeout_seconds * SECOND;
      return (await import('./ice/twilio.ts')).twilioProvider({
        ...config,
        ttlSeconds,
        timeoutMs,
        now: steadyClock(),
        warn: (sentence) => log.warn(sentence),
      });
    }
    case 'coturn':
      // coturn compares with the clock of its own machine, and that is set right when this one is.
      return (await import('./ice/coturn.ts')).coturnProvider({ ...config, ttlSeconds, now: wallClock });
    case 'static':
      return (await import('./ice/static.ts')).staticProvider(config.servers, config.stunUrls);
    default:
      return config satisfies never;
  }
}

interface UserOptions {
  readonly settings: Settings;
  readonly log: Logger;
  readonly now: () => number;
  readonly wallClock: () => number;
  readonly records: Records | null;
  readonly counterOf: CounterOf;
}

// Imported when chosen: jose alone has 60 files.
async function createUsers(
  config: UsersConfig,
  { settings, log, now, wallClock, records, counterOf }: UserOptions,
): Promise<Users> {
  const limits = { name: settings.max_name_length, avatar: settings.max_avatar_length };
  switch (config.kind) {
    case 'tokens': {
      const { userTokens } = await import('./users/user-tokens.ts');
      const { hostUsers } = await import('./users/host-users.ts');
      return hostUsers(await userTokens({ config, limits, now: wallClock, log }));
    }
    case 'open': {
      if (!records) throw new Error('users need records');
      const { OpenDirectory } = await import('./users/open-directory.ts');
      const heldMs = config.heldMinutes * 60 * SECOND;
      const limitNames = minuteLimit(
        {
          name: 'names',
          limit: 'names_per_minute',
          perMinute: settings.names_per_minute,
          message: TOO_MANY_NAMES,
        },
        counterOf,
        now,
      );
      return new OpenDirectory({ registrations: records.registrations, heldMs, limitNames, now, log });
    }
  }
}
