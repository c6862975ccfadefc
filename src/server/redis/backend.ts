import type { Logger } from 'pino';
import type { Backend } from '../cluster.ts';
import type { RedisAddress } from '../config/redis.ts';
import type { Settings } from '../config/settings.ts';
import { StoreError } from '../storage/store.ts';
import { workspaceRooms } from '../transport/seat-rooms.ts';
import { placeRooms } from '../transport/waiting-rooms.ts';
import { openRedis, type RedisClient } from './connect.ts';
import { redisCounters } from './counters.ts';
import { RedisLink } from './link.ts';
import { joinRedisCluster } from './redis-cluster.ts';
import { checkRights } from './rights.ts';
import { redisStore } from './store.ts';

/** The server waits so long for Redis at the start, ms: Redis may be starting too. */
const START_MS = 10_000;

/** The first major version with sharded channels (SSUBSCRIBE). */
const OLDEST_VERSION = 7;

/** Errors that waiting does not mend: a wrong name or password, none where Redis asks for one, or a user without rights. */
const REFUSED = /^(?:WRONGPASS|NOAUTH|NOPERM)/;

/**
 * Opens the backend of many nodes, which is one Redis.
 * @throws StoreError where Redis cannot be reached, refuses this server, or is not fit for it
 */
export async function openRedisBackend(
  address: RedisAddress,
  { settings, idleMs, keepsGone, log }: { settings: Settings; idleMs: number; keepsGone: boolean; log: Logger },
): Promise<Backend> {
  const client = openRedis(address);
  const subscriber = openRedis(address);
  try {
    await Promise.all([ready(client), ready(subscriber)]);
    for (const each of [client, subscriber]) watch(each, log);
    await inspect(client, address, log);
    await checkRights(client, address, settings.redis_prefix);
    const redis = new RedisLink(client, settings.redis_timeout_seconds * 1000);
    const prefix = settings.redis_prefix;
    const leaseMs = Math.round(settings.node_lease_seconds * 1000);
    const cluster = await joinRedisCluster({ redis, subscriber, prefix, leaseMs, patienceMs: START_MS, log });
    const now = () => cluster.now();
    const store = redisStore({
      redis,
      prefix,
      lease: () => ({ name: cluster.lease, endsAt: cluster.leaseEndsAt }),
      idleMs,
      keepsGone,
      now,
      onLate: () => cluster.readClock(),
      onUnannounced: (id, lease) => {
        for (const rooms of [workspaceRooms(id), placeRooms(id)]) cluster.unannounced(rooms, lease);
      },
    });
    return { now, cluster, store, counterOf: redisCounters(redis, prefix, now) };
  } catch (error) {
    client.disconnect();
    subscriber.disconnect();
    throw error;
  }
}

/** Waits for the first connection. @throws StoreError where it does not come in time, or never will */
function ready(client: RedisClient): Promise<void> {
  let problem = 'no answer';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new StoreError(`Redis cannot be reached (${problem}). Check REDIS_URL, and that it runs.`));
    }, START_MS);
    client.on('error', (error) => {
      problem = reasonOf(error);
      if (!REFUSED.test(problem)) return;
      clearTimeout(timer);
      const hint = problem.startsWith('NOPERM')
        ? 'Grant its user what it lacks, with ACL SETUSER.'
        : 'Check the name and the password in REDIS_URL.';
      reject(new StoreError(`Redis lets this server not in (${problem}). ${hint}`));
    });
    client.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Logs once that a connection is lost, and once that it is there again. */
function watch(client: RedisClient, log: Logger): void {
  let isLost = false;
  client.on('error', (error) => {
    if (!isLost) log.error({ reason: reasonOf(error) }, 'Redis cannot be reached. It is tried again until it can.');
    isLost = true;
  });
  client.on('ready', () => {
    if (isLost) log.info('Redis is there again.');
    isLost = false;
  });
}

/** The reason without the failed command, which the error holds too: a command holds what nobody may read. */
function reasonOf(error: Error): string {
  // Of a Redis Cluster no node could be asked, and this is what the last one said.
  if ('lastNodeError' in error && error.lastNodeError instanceof Error) return reasonOf(error.lastNodeError);
  return error.message || ('code' in error ? String(error.code) : error.name);
}

/** @throws StoreError where Redis is too old, or has no such database */
async function inspect(client: RedisClient, { kind, db }: RedisAddress, log: Logger): Promise<void> {
  // ioredis goes on with database 0 where Redis does not have the one in REDIS_URL.
  const connection = kind === 'cluster' ? '' : String(await client.client('INFO').catch(() => ''));
  const selected = / db=(\d+)/.exec(connection)?.[1] ?? String(db);
  if (selected !== String(db)) throw new StoreError(`Redis has no database ${db}, which REDIS_URL names.`);
  const facts = await client.info().catch(() => '');
  const fact = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(facts)?.[1];
  const version = fact('redis_version');
  if (version !== undefined && Number.parseInt(version, 10) < OLDEST_VERSION) {
    throw new StoreError(`Redis ${version} is too old. It must be ${OLDEST_VERSION} or newer.`);
  }
  const policy = fact('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    log.warn(`Redis forgets workspaces when its memory is full (maxmemory-policy ${policy}). Set it to noeviction.`);
  }
  if (fact('aof_enabled') === '0') {
    log.warn('Redis keeps its data in memory, so its restart loses workspaces. Set appendonly to yes.');
  }
}
