import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { leaseOf } from '../../../src/server/cluster.ts';
import { readRedisUrl } from '../../../src/server/config/redis.ts';
import type { Workspace } from '../../../src/server/domain/workspace.ts';
import { openRedis } from '../../../src/server/redis/connect.ts';
import { RedisLink } from '../../../src/server/redis/link.ts';
import { redisStore } from '../../../src/server/redis/store.ts';
import { StoreError, UncertainSwap } from '../../../src/server/storage/store.ts';
import { startTcpProxy } from '../../faults/tcp-proxy.ts';
import { Lifetime } from '../../support/lifetime.ts';
import { attendeeOf, callOf, storeContract, workspaceOf } from '../storage/contract.ts';
import { type Redis as RedisServer, skipsRedis, startRedis } from './redis-server.ts';

const timeoutMs = 300;

describe.skipIf(skipsRedis())('On a real Redis', () => {
  const life = new Lifetime();
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis({ atEnd: life.atEnd });
    return () => life.end();
  });

  let opened = 0;
  async function open(
    options: { at?: RedisServer; prefix?: string; idleMs?: number } & Partial<
      Pick<Parameters<typeof redisStore>[0], 'now' | 'onLate' | 'lease' | 'onUnannounced'>
    > = {},
  ) {
    opened += 1;
    const own = leaseOf(`node${opened}`, 0);
    const { at = redis, idleMs = 3_600_000, now = Date.now, ...others } = options;
    const {
      onLate = () => {},
      lease = () => ({ name: own, endsAt: Number.POSITIVE_INFINITY }),
      onUnannounced = () => {},
    } = others;
    const prefix = options.prefix ?? `test${opened}`;
    const client = openRedis(readRedisUrl(at.url, {}));
    client.on('error', () => {});
    await new Promise((resolve) => client.once('ready', resolve));
    const link = new RedisLink(client, timeoutMs);
    const store = redisStore({ redis: link, prefix, lease, idleMs, now, onUnannounced, onLate });
    return { store, link, client, prefix, idleMs, now, cleanUp: () => client.disconnect() };
  }

  /** As `open`, for one test. */
  async function opens(options: Parameters<typeof open>[0] = {}) {
    const all = await open(options);
    onTestFinished(async () => {
      await all.store.close();
      all.cleanUp();
    });
    return all;
  }

  storeContract('The Redis store', async () => {
    // No swap is ever too late by it.
    let time = Date.now() + 3_600_000;
    const all = await open({ idleMs: 60_000, now: () => time });
    /** Redis has no clock that could be set: its keys grow older instead, but for those that a node keeps. */
    async function advance(ms: number): Promise<void> {
      time += ms;
      for (const key of await all.client.keys(`${all.prefix}:workspace:*`)) {
        const { attendees }: Workspace = JSON.parse((await all.client.hget(key, 'doc')) ?? '');
        if (attendees.some(({ connection }) => connection !== null)) await all.store.keep([key.split(':')[2] ?? '']);
        else await all.client.pexpire(key, (await all.client.pttl(key)) - ms);
      }
    }
    return { ...all, advance };
  });

  it('a revision that nobody announces is that of the lease under which it was stored', async () => {
    let lapses = 0;
    const found: [string, string][] = [];
    const author = await opens({
      prefix: 'unannounced',
      lease: () => ({ name: leaseOf('author', lapses), endsAt: Number.POSITIVE_INFINITY }),
    });
    const other = await opens({
      prefix: 'unannounced',
      onUnannounced: (id, lease) => found.push([id, lease]),
    });
    lapses = 1;
    await author.store.swap('a', null, workspaceOf('a', { touched: Date.now() }));
    lapses = 2;
    expect(await author.store.getAnnounced?.('a')).toMatchObject({ rev: 1 });
    expect(await other.store.getAnnounced?.('a')).toMatchObject({ rev: 1 });
    expect(found).toEqual([['a', leaseOf('author', 1)]]);
  });

  it('a node stores nothing once its lease has run out, and asks for the time of Redis', async () => {
    const lease = { name: leaseOf('late', 0), endsAt: Date.now() + 3_600_000 };
    let late = 0;
    const { store } = await opens({
      lease: () => lease,
      onLate: () => {
        late += 1;
      },
    });
    expect(await store.swap('a', null, workspaceOf('a', { touched: Date.now() }))).toBe(true);
    lease.endsAt = Date.now() - 1;
    const next = workspaceOf('a', { rev: 2, touched: Date.now() });
    await expect(store.swap('a', 1, next)).rejects.toThrow(StoreError);
    expect(late).toBe(1);
    expect(await store.get('a')).toMatchObject({ rev: 1 });
    lease.endsAt = Date.now() + 3_600_000;
    expect(await store.swap('a', 1, next)).toBe(true);
  });

  it('what one node has stored the others see, and of many swaps at once by several nodes one is made', async () => {
    const nodes = await Promise.all([1, 2, 3].map(() => opens({ prefix: 'shared' })));
    await nodes[0]?.store.swap('a', null, workspaceOf('a', { touched: Date.now() }));
    const made = await Promise.all(
      nodes.flatMap(({ store }, node) =>
        Array.from({ length: 20 }, (_, n) =>
          store.swap('a', 1, workspaceOf('a', { rev: 2, name: `${node}.${n}`, touched: Date.now() })),
        ),
      ),
    );
    expect(made.filter(Boolean)).toHaveLength(1);
    const winner = made.indexOf(true);
    for (const { store } of nodes) {
      expect((await store.get('a'))?.name).toBe(`${Math.floor(winner / 20)}.${winner % 20}`);
    }
  });

  it('forgets by itself what is idle, and keeps what somebody is connected to for as long as it is kept', async () => {
    const { store, prefix, idleMs } = await opens({ idleMs: 200 });
    const now = Date.now();
    const attendees = [attendeeOf('owner', { connection: 'n.1' })];
    await store.swap('idle', null, workspaceOf('idle', { touched: now }));
    await store.swap('used', null, workspaceOf('used', { touched: now, attendees }));
    await store.swap('left', null, workspaceOf('left', { touched: now, attendees }));
    const keys = async () => (await redis.cli('keys', `${prefix}:workspace:*`)).split('\n').sort();
    for (let round = 0; round < 6; round += 1) {
      await sleep(idleMs / 2);
      await store.keep(['used', 'never created']);
    }
    // Nobody has asked for any of them.
    expect(await keys()).toEqual([`${prefix}:workspace:used`]);
    expect(await store.get('used')).not.toBeNull();
  });

  it('counts what there is, of all nodes, and nothing of anybody else', async () => {
    const { store, client, prefix } = await opens();
    const { store: another } = await opens({ prefix });
    for (const id of ['a', 'b', 'c']) await store.swap(id, null, workspaceOf(id, { touched: Date.now() }));
    expect(store.size).toBe(3);
    await expect.poll(() => another.size, { timeout: 5000 }).toBe(3);
    await store.swap('a', 1, null);
    await client.set('of somebody else', '1');
    await expect.poll(() => another.size, { timeout: 5000 }).toBe(2);
  });

  it('counts what Redis has forgotten no more, and what is used for longer still', async () => {
    let time = Date.now() + 3_600_000;
    const { store, client, prefix } = await opens({ now: () => time });
    for (const id of ['gone', 'used']) await store.swap(id, null, workspaceOf(id, { touched: time }));
    await client.del(`${prefix}:workspace:gone`);
    expect(store.size).toBe(2);
    time += 3_600_000;
    await expect.poll(() => store.size, { timeout: 5000 }).toBe(1);
    expect(await client.zrange(`${prefix}:workspaces`, '0', '-1')).toEqual(['used']);
  });

  it('counts the calls of all nodes, and a call that is gone without a note no longer than a minute', async () => {
    let time = Date.now();
    const { store, client, prefix } = await opens({ now: () => time });
    const { store: another } = await opens({ prefix, now: () => time });
    const call = callOf('call');
    for (const id of ['a', 'b']) await store.swap(id, null, workspaceOf(id, { touched: time, call }));
    await expect.poll(() => another.calls, { timeout: 5000 }).toBe(2);
    await client.del(`${prefix}:workspace:a`);
    time += 61_000;
    await expect.poll(() => store.calls, { timeout: 5000 }).toBe(1);
    expect(await client.zrange(`${prefix}:calls`, '0', '-1')).toEqual(['b']);
  });

  it('makes no swap that comes late by the clock of Redis, and tells that its own may be wrong', async () => {
    let behindMs = 3_600_000;
    const told: number[] = [];
    const { store } = await opens({
      now: () => Date.now() - behindMs,
      onLate() {
        told.push(behindMs);
        behindMs = 0;
      },
    });
    await expect(store.swap('a', null, workspaceOf('a', { touched: Date.now() }))).rejects.toThrow(StoreError);
    expect(told).toEqual([3_600_000]);
    expect(await store.get('a')).toBeNull();
    expect(await store.swap('a', null, workspaceOf('a', { touched: Date.now() }))).toBe(true);
    expect(told).toHaveLength(1);
  });

  it('refuses a document that is none, and only that one', async () => {
    const { store, client, prefix } = await opens();
    await store.swap('good', null, workspaceOf('good', { touched: Date.now() }));
    await client.hset(`${prefix}:workspace:bad`, 'rev', '1', 'doc', '{"id":');
    await expect(store.get('bad')).rejects.toThrow(StoreError);
    await expect(store.get('bad')).rejects.toThrow(`${prefix}:workspace:bad`);
    expect(await store.get('good')).not.toBeNull();
  });

  it('while Redis is away everything is refused in time, and works again when it is back', async () => {
    const own = await startRedis();
    const { store } = await opens({ at: own });
    await store.swap('a', null, workspaceOf('a', { touched: Date.now() }));
    await own.kill();
    const began = performance.now();
    await expect(store.get('a')).rejects.toThrow(StoreError);
    await expect(store.swap('a', 1, null)).rejects.toThrow(StoreError);
    await expect(store.keep(['a'])).rejects.toThrow(StoreError);
    expect(performance.now() - began).toBeLessThan(1000);
    await own.start();
    await expect.poll(() => store.get('a').catch(() => null), { timeout: 5000 }).not.toBeNull();
  });

  it('a swap that Redis comes to after its time is not made, and that is known in the end', async () => {
    const own = await startRedis();
    const { store, link } = await opens({ at: own });
    await store.swap('a', null, workspaceOf('a', { touched: Date.now() }));
    own.pause();
    const began = performance.now();
    const error = await store.swap('a', 1, workspaceOf('a', { rev: 2 })).catch((reason: unknown) => reason);
    expect(performance.now() - began).toBeLessThan(timeoutMs + 300);
    expect(error).toBeInstanceOf(UncertainSwap);
    // Once it is known that Redis does not answer, nobody waits for it.
    const again = performance.now();
    await expect(store.get('a')).rejects.toThrow(StoreError);
    expect(performance.now() - again).toBeLessThan(50);
    await sleep(timeoutMs);
    own.resume();
    await link.try((client) => client.ping());
    expect(await (error as UncertainSwap).outcome).toBe(false);
    expect((await store.get('a'))?.rev).toBe(1);
  });

  it('nothing is said of a swap that got lost on its way while it could still arrive', async () => {
    const own = await startRedis();
    const proxy = await startTcpProxy(`http://127.0.0.1:${own.port}`);
    const lateMs = 2000;
    const { store } = await opens({
      at: { ...own, url: own.url.replace(`${own.port}`, new URL(proxy.url).port) },
      now: () => Date.now() + lateMs,
    });
    await store.swap('a', null, workspaceOf('a', { touched: Date.now() }));
    proxy.stall('up');
    const began = Date.now();
    const swap = store.swap('a', 1, workspaceOf('a', { rev: 2 })).catch((reason: unknown) => reason);
    proxy.cut('RST');
    proxy.resume();
    const error = await swap;
    expect(error).toBeInstanceOf(UncertainSwap);
    expect(await (error as UncertainSwap).outcome).toBe(false);
    expect(Date.now() - began).toBeGreaterThanOrEqual(lateMs);
  });

  it.each([
    { what: 'a change', next: workspaceOf('a', { rev: 2, touched: Date.now() }) },
    { what: 'a deletion', next: null },
  ])(
    '$what whose answer is lost is known to be made in the end, also after others were made upon it',
    async ({ next }) => {
      const own = await startRedis();
      const { store, client } = await opens({ at: own, prefix: 'lost' });
      const another = await opens({ at: own, prefix: 'lost' });
      await store.swap('a', null, workspaceOf('a', { touched: Date.now() }));
      own.pause();
      const swap = store.swap('a', 1, next).catch((reason: unknown) => reason);
      // It has arrived there, and is carried out when there is nobody any more to be told.
      await sleep(20);
      (client as Redis).stream.destroy();
      own.resume();
      const error = await swap;
      expect(error).toBeInstanceOf(UncertainSwap);
      await expect.poll(async () => (await another.store.get('a'))?.rev ?? null).toBe(next ? 2 : null);
      if (next) expect(await another.store.swap('a', 2, { ...next, rev: 3 })).toBe(true);
      expect(await (error as UncertainSwap).outcome).toBe(true);
    },
  );
});
