import { describe, expect, it } from 'vitest';
import { startRedisCluster } from './redis-cluster.ts';
import { skipsRedis, startRedis } from './redis-server.ts';
import { startSentinels } from './sentinels.ts';

describe.skipIf(skipsRedis())('a Redis of the test’s own', () => {
  it('answers at its URL, and a second one knows nothing of it', async () => {
    const [one, two] = await Promise.all([startRedis(), startRedis()]);
    expect(await one.cli('-u', one.url, 'set', 'name', 'one')).toBe('OK');
    expect(await one.cli('get', 'name')).toBe('one');
    expect(await two.cli('get', 'name')).toBe('');
  });

  it('has what it acknowledged after a kill, at the same place', async () => {
    const redis = await startRedis();
    await redis.cli('set', 'name', 'kept');
    await redis.kill();
    await expect(redis.cli('get', 'name')).rejects.toThrow('Connection refused');
    await redis.start();
    expect(await redis.cli('get', 'name')).toBe('kept');
  });

  it('forgets everything in a kill where nothing is persistent', async () => {
    const redis = await startRedis({ persistent: false });
    await redis.cli('set', 'name', 'kept');
    await redis.kill();
    await redis.start();
    expect(await redis.cli('get', 'name')).toBe('');
  });

  it('keeps a question waiting while it is paused', async () => {
    const [redis, other] = [await startRedis(), await startRedis()];
    const events: string[] = [];
    redis.pause();
    const answered = redis.cli('ping').then((answer) => events.push(answer));
    for (let n = 0; n < 5; n += 1) await other.cli('ping');
    events.push('resumed');
    redis.resume();
    await answered;
    expect(events).toEqual(['resumed', 'PONG']);
  });

  it('is closed to clients that do not know its password', async () => {
    const redis = await startRedis({ password: 'open: sesame/?' });
    expect(await redis.cli('ping')).toBe('PONG');
    const stranger = await startRedis();
    await expect(stranger.cli('-p', String(redis.port), 'ping')).rejects.toThrow('NOAUTH');
  });

  it('speaks TLS with a certificate that its authority vouches for, and nothing else', async () => {
    const redis = await startRedis({ tls: true });
    expect(redis.url).toMatch(/^rediss:/);
    expect(await redis.cli('ping')).toBe('PONG');
    const plain = await startRedis();
    await expect(plain.cli('-p', String(redis.port), 'ping')).rejects.toThrow();
  });

  it('refuses what it refuses', async () => {
    const redis = await startRedis();
    await expect(redis.cli('set', 'name')).rejects.toThrow('wrong number of arguments');
  });
});

describe.skipIf(skipsRedis())('three sentinels', () => {
  it('name another master when theirs is killed, which has what the former one had', async () => {
    const sentinels = await startSentinels();
    expect(sentinels.url).toMatch(/^redis\+sentinel:\/\/(127\.0\.0\.1:\d+,?){3}\/mesh$/);
    expect(await sentinels.masterPort()).toBe(sentinels.first.port);
    await sentinels.first.cli('set', 'name', 'kept');
    expect(await sentinels.first.cli('wait', '1', '0')).toBe('1');
    await sentinels.failOver();
    expect(await sentinels.masterPort()).toBe(sentinels.second.port);
    expect(await sentinels.second.cli('set', 'other', 'new')).toBe('OK');
    expect(await sentinels.second.cli('get', 'name')).toBe('kept');
  });
});

describe.skipIf(skipsRedis())('three masters', () => {
  it('share the keys, and each knows where the others are', async () => {
    const { masters } = await startRedisCluster();
    for (const { cli } of masters) expect(await cli('cluster', 'info')).toContain('cluster_state:ok');
    const [one] = masters;
    for (const key of ['a', 'b', 'c', 'd']) expect(await one?.cli('-c', 'set', key, key)).toBe('OK');
    const sizes = await Promise.all(masters.map(({ cli }) => cli('dbsize')));
    expect(sizes.map(Number).reduce((sum, each) => sum + each)).toBe(4);
    expect(Math.max(...sizes.map(Number))).toBeLessThan(4);
  });
});
