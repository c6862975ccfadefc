import { readFileSync } from 'node:fs';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { ConfigError } from '../config/environment.ts';
import type { RedisAddress } from '../config/redis.ts';
import { holdsCertificates } from '../transport/certificate.ts';
import { scripts } from './scripts.ts';

export type RedisClient = Redis | Cluster;

/**
 * A connection is replaced when Redis has owed an answer on it for so long, ms: a network that has forgotten a
 * connection never says so.
 */
const SILENCE_MS = 3000;

/** After so long a silence, ms, the TCP of this machine probes the connection (RFC 9293, 3.8.4). */
const KEEP_ALIVE_MS = 5000;

/** The longest pause between two attempts to connect again, ms: people hardly notice it. */
const RECONNECT_MS = 500;

/**
 * Opens a client that connects again by itself, for as long as it takes. Meanwhile it refuses commands at once. It does
 * not send a command again that was under way when the connection broke: only the caller knows whether that is right.
 * @throws ConfigError where the file of REDIS_CA cannot be read, or holds no certificates
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
    // SeatChannels subscribes again, because it has to know when that is done.
    autoResubscribe: false,
    // A master that became a replica refuses to write: ioredis has to find the new master.
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
        // ioredis connects with a master at the first command for it; commands have to wait for that.
        enableOfflineQueue: true,
        shardedSubscribers: true,
        slotsRefreshTimeout: 2000,
        // Here too, commands that were under way are not sent again, and none overtakes another.
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
  let pem: Buffer;
  try {
    pem = readFileSync(file);
  } catch {
    throw new ConfigError(`The file of REDIS_CA, ${file}, cannot be read.`);
  }
  if (!holdsCertificates(pem)) throw new ConfigError(`The file of REDIS_CA, ${file}, holds no certificates in PEM.`);
  return pem.toString('latin1');
}
