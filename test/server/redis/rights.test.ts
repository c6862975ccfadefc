import { pino } from 'pino';
import { beforeAll, describe, expect, it } from 'vitest';
import { readRedisUrl } from '../../../src/server/config/redis.ts';
import { readSettings } from '../../../src/server/config/settings.ts';
import { openRedisBackend } from '../../../src/server/redis/backend.ts';
import { StoreError } from '../../../src/server/storage/store.ts';
import { Lifetime } from '../../support/lifetime.ts';
import { type RedisCluster, startRedisCluster } from './redis-cluster.ts';
import { type Redis, skipsRedis, startRedis } from './redis-server.ts';

const prefix = 'rooms';
const password = 'the-password-of-the-user';

/** The sentence with which a start with this Redis is refused; null where it is not. */
async function refusal(url: string): Promise<string | null> {
  const settings = readSettings({ REDIS_PREFIX: prefix });
  const options = { settings, idleMs: 60_000, keepsGone: false, log: pino({ level: 'silent' }) };
  try {
    const { store, cluster } = await openRedisBackend(readRedisUrl(url, {}), options);
    await store.close();
    await cluster.close();
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(StoreError);
    expect(String(error)).not.toContain(password);
    return (error as StoreError).message;
  }
}

/** What `ACL SETUSER` grants, and the sentence where that is too little. */
const cases: [rights: string, sentence: RegExp | null][] = [
  ['~* &* +@all', null],
  [`~${prefix}:* &${prefix}:* +@all`, null],
  ['~* +@all', /^The user app of Redis may not use the channels rooms:\*\. .* &rooms:\*$/],
  ['~* &elsewhere:* +@all', /use the channels rooms:\*/],
  ['&* +@all', /read and write the keys rooms:\*\. .* ~rooms:\*$/],
  [`~${prefix}:workspace:* &* +@all`, /read and write the keys rooms:\*/],
  ['%R~* &* +@all', /read and write the keys rooms:\*/],
  ['+@all', /use the channels rooms:\*, nor read and write the keys rooms:\*\. .* &rooms:\* ~rooms:\*$/],
  ['~* &* +@all -@scripting', /run eval, evalsha\. .* \+eval \+evalsha$/],
  ['~* &* +@all -spublish', /run spublish\./],
  ['~* &* +@all -ssubscribe', /run ssubscribe\./],
  ['~* &* +@all -multi', /run multi\./],
  ['~* &* +@all -time', /run time\./],
  ['~* &* +@read +info', /run del, eval, .*, zremrangebyscore\./],
];

describe.skipIf(skipsRedis())('A user of Redis', () => {
  const life = new Lifetime();
  let single: Redis;
  let cluster: RedisCluster;
  beforeAll(async () => {
    [single, cluster] = await Promise.all([
      startRedis({ atEnd: life.atEnd, persistent: false }),
      startRedisCluster({ atEnd: life.atEnd }),
    ]);
    return () => life.end();
  });

  const grant = (redis: Redis, rights: string) =>
    redis.cli('ACL', 'SETUSER', 'app', 'reset', 'on', `>${password}`, ...rights.split(' '));
  const as = (url: string, user = `app:${password}`) => url.replace('://', `://${user}@`);

  it.each(cases)('with the rights %s is refused at the start if that is too little: %s', async (rights, sentence) => {
    await grant(single, rights);
    const said = await refusal(as(single.url));
    if (sentence === null) expect(said).toBeNull();
    else expect(said).toMatch(sentence);
  });

  it.each(cases)('of a cluster with the rights %s too: %s', async (rights, sentence) => {
    // One master of the three is enough to have people's commands fail.
    for (const [at, master] of cluster.masters.entries()) await grant(master, at === 1 ? rights : '~* &* +@all');
    const said = await refusal(as(cluster.url));
    if (sentence === null) expect(said).toBeNull();
    else expect(said).toMatch(sentence);
  });

  it('that may not choose a database, or may not ask a cluster for its nodes, is refused with that', async () => {
    await grant(single, '~* &* +@all -select');
    expect(await refusal(as(single.url.replace(/0$/, '1')))).toMatch(
      /NOPERM .*'select'.* Grant its user what it lacks/,
    );
    for (const master of cluster.masters) await grant(master, '~* &* +@all -cluster');
    expect(await refusal(as(cluster.url))).toMatch(/NOPERM .*'cluster.* Grant its user what it lacks/);
  });

  it('is not refused because Redis is busy for a while at the start', async () => {
    await grant(single, '~* &* +@all');
    // Longer than a connection may be silent, and then longer than a command may take.
    await single.cli('CLIENT', 'PAUSE', '4500', 'WRITE');
    expect(await refusal(as(single.url))).toBeNull();
  });

  it('that is unknown, or switched off, is not let in, by a cluster neither', async () => {
    const notLetIn =
      /^Redis lets this server not in \(WRONGPASS .*\)\. Check the name and the password in REDIS_URL\.$/;
    await single.cli('ACL', 'SETUSER', 'app', 'off');
    for (const url of [single.url, cluster.url]) expect(await refusal(as(url, `nobody:${password}`))).toMatch(notLetIn);
    expect(await refusal(as(single.url))).toMatch(notLetIn);
  });
});
