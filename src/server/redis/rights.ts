import { randomUUID } from 'node:crypto';
import { Cluster, type Redis } from 'ioredis';
import type { RedisAddress } from '../config/redis.ts';
import { StoreError } from '../storage/store.ts';
import type { RedisClient } from './connect.ts';

/** What the user of this server lacks (`ACL SETUSER`). */
interface Missing {
  channels: boolean;
  keys: boolean;
  readonly commands: Set<string>;
}

/**
 * Tries everything that the server will need, so that an access list of Redis (ACL) which forbids a part of it is noticed at the
 * start and not by people. In a Redis Cluster each master has a list of its own.
 * @param prefix the beginning of all keys and channels of this server
 * @throws StoreError that names what the user may not do
 */
export async function checkRights(client: RedisClient, { username }: RedisAddress, prefix: string): Promise<void> {
  const missing: Missing = { channels: false, keys: false, commands: new Set() };
  const masters = client instanceof Cluster ? client.nodes('master') : [client];
  await Promise.all(masters.map((master) => tryAll(master, prefix, missing)));
  const { channels, keys, commands } = missing;
  const names = [...commands].sort();
  const lacks = [
    ...(channels ? [`use the channels ${prefix}:*`] : []),
    ...(keys ? [`read and write the keys ${prefix}:*`] : []),
    ...(names.length > 0 ? [`run ${names.join(', ')}`] : []),
  ];
  if (lacks.length === 0) return;
  const grants = [
    ...(channels ? [`&${prefix}:*`] : []),
    ...(keys ? [`~${prefix}:*`] : []),
    ...names.map((name) => `+${name}`),
  ];
  const user = username ?? 'default';
  throw new StoreError(
    `The user ${user} of Redis may not ${lacks.join(', nor ')}. Allow it: ACL SETUSER ${user} ${grants.join(' ')}`,
  );
}

/** Tries the commands over a connection of its own, because a subscription changes what a connection takes. */
async function tryAll(master: Redis, prefix: string, missing: Missing): Promise<void> {
  const connection = master.duplicate({ enableOfflineQueue: true, lazyConnect: false });
  // The answers say what is wrong.
  connection.on('error', () => {});
  try {
    // One connection answers in order, and should Redis be busy, all of them wait no longer than one.
    const made = attempts(prefix).map((attempt) => attempt(connection));
    await Promise.all(made.map((each) => each.catch((error: unknown) => note(String(error), missing))));
  } finally {
    connection.disconnect();
  }
}

/** Every command of this server and of its scripts, in forms that change nothing but a key of this attempt alone. */
function attempts(prefix: string): ((redis: Redis) => Promise<unknown>)[] {
  const nothing = `rights-${randomUUID()}`;
  const workspace = `${prefix}:workspace:${nothing}`;
  const counter = `${prefix}:wrong-pins:${nothing}`;
  const channel = `${prefix}:io#/#${nothing}#`;
  const sets = [`${prefix}:workspaces`, `${prefix}:nodes`].flatMap((set) => [
    (redis: Redis) => redis.zadd(set, 'XX', 0, nothing),
    (redis: Redis) => redis.zcard(set),
    (redis: Redis) => redis.zscore(set, nothing),
    (redis: Redis) => redis.zrange(set, '0', '0'),
    (redis: Redis) => redis.zrangebyscore(set, '-inf', '0', 'LIMIT', 0, 1),
    (redis: Redis) => redis.zrem(set, nothing),
    // No time is before the epoch, and no rank below the first.
    (redis: Redis) => redis.zremrangebyscore(set, '-inf', '(0'),
    (redis: Redis) => redis.zremrangebyrank(set, 1, 0),
  ]);
  return [
    (redis) => redis.ping(),
    (redis) => redis.time(),
    (redis) => redis.hset(workspace, 'rev', 0),
    (redis) => redis.hget(workspace, 'rev'),
    (redis) => redis.hmget(workspace, 'rev'),
    (redis) => redis.exists(workspace),
    (redis) => redis.pexpire(workspace, 1000),
    (redis) => redis.pttl(workspace),
    (redis) => redis.del(workspace),
    (redis) => redis.eval('return 1', 1, workspace),
    (redis) => redis.evalsha('0'.repeat(40), 1, workspace),
    (redis) => redis.set(counter, 0, 'PX', 1000),
    (redis) => redis.get(counter),
    (redis) => redis.incr(counter),
    (redis) => redis.multi({ pipeline: false }),
    (redis) => redis.exec(),
    (redis) => redis.del(counter),
    ...sets,
    (redis) => redis.spublish(channel, ''),
    (redis) => redis.ssubscribe(channel),
    (redis) => redis.sunsubscribe(channel),
  ];
}

/** Other errors do not matter here: a master of a cluster says so where another one has the key. */
function note(error: string, missing: Missing): void {
  if (!error.includes('NOPERM')) return;
  const [, command] = /run the '([^']+)'/i.exec(error) ?? [];
  if (command !== undefined) missing.commands.add(command.toLowerCase());
  else if (/channel/i.test(error)) missing.channels = true;
  else missing.keys = true;
}
