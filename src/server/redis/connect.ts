import { readFileSync } from 'node:fs';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { ConfigError } from '../config/environment.ts';
import type { RedisAddress } from '../config/redis.ts';
import { scripts } from './scripts.ts';

export type RedisClient = Redis | Cluster;

/**
 * A connection on which Redis has owed an answer for so long, ms, is given up, and there is another one: a network that
 * has forgotten it would never tell.
 */
const SILENCE_MS = 3000;

/** A connection on which nobody says anything is tried after so many ms by the TCP of this machine. */
const KEEP_ALIVE_MS = 5000;

/** The longest pause between two attempts to connect again, ms: about as long as it takes people to notice. */
const RECONNECT_MS = 500;

/**
 * A client that connects again by itself, for as long as it takes. What is asked for meanwhile is refused at once, and
 * what was under way when a connection broke is not sent again: whoever asked knows best what to make of that.
 * @throws ConfigError where the certificate of its authority cannot be read
 */
export function openRedis(address: RedisAddress): RedisClient {
  const { kind, hosts, master, db, username, password } = address;
  const tls = address.tls ? { tls: address.tls.ca === null ? {} : { ca: certificate(address.tls.ca) } } : {};
  const credentials = { ...(username === null ? {} : { username }), ...(password === null ? {} : { password }) };
  const everywhere = {
    connectTimeout: 2000,
    socketTimeout: SILENCE_MS,
    keepAlive: KEEP_ALIVE_MS,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // Who needs channels subscribes to them again, and is told when all of that is done.
    autoResubscribe: false,
    // A master that became a replica refuses to write: the new one has to be found.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    scripts,
  };
  const options = {
    ...tls,
    ...credentials,
    ...everywhere,
    retryStrategy: backOff,
    enableOfflineQueue: false,
  } satisfies RedisOptions;
  const [first = { host: 'localhost', port: 6379 }] = hosts;
  switch (kind) {
    case 'single':
      return new Redis({ ...options, ...first, db });
    case 'sentinel':
      return new Redis({
        ...options,
        db,
        sentinels: [...hosts],
        name: master,
        sentinelRetryStrategy: backOff,
        failoverDetector: true,
        ...(password === null ? {} : { sentinelPassword: password }),
        ...(address.tls ? { enableTLSForSentinelMode: true, sentinelTLS: tls.tls ?? {} } : {}),
      });
    case 'cluster':
      return new Cluster([...hosts], {
        clusterRetryStrategy: backOff,
        // Each master is connected with when something is asked of it; what is asked meanwhile has to wait for that.
        enableOfflineQueue: true,
        shardedSubscribers: true,
        slotsRefreshTimeout: 2000,
        // What was under way is not sent again here either, nor later than what was asked for after it.
        retryDelayOnFailover: 0,
        scripts,
        redisOptions: { ...tls, ...credentials, ...everywhere },
      });
  }
}

function backOff(times: number): number {
  return Math.min(RECONNECT_MS, times * 50);
}

function certificate(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new ConfigError(`The file of REDIS_CA, ${file}, cannot be read.`);
  }
}
