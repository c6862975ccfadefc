import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { skipsRedis } from '../server/redis/redis-server.ts';
import { answer, attend, candidate, createWorkspace, type Owner, offer } from '../support/fixtures.ts';
import { secretPin as pin } from './log-secrets.ts';
import { type ProxiedCluster, startProxiedCluster } from './proxied-cluster.ts';
import { becomesReady, expectBusy } from './redis-outage.ts';

/** How long a seat may be taken by nobody, ms. */
const GHOST_MS = 2500;

/** Long leases and graces: only what was stored and never answered is made up for here. Some tests ask without a pause. */
const env = {
  NODE_LEASE_SECONDS: '30',
  SEAT_GRACE_SECONDS: '60',
  MAX_CAPACITY_OF_WORKSPACE: '2',
  COMMANDS_PER_SECOND: '100000',
};

/** How the answer to a change gets lost, which holds these words; resolves when the change was made. */
const losses = [
  {
    how: 'comes too late',
    lose: (cluster: ProxiedCluster, words: string) => stored(cluster, words),
  },
  {
    how: 'is lost with the connection',
    async lose(cluster: ProxiedCluster, words: string) {
      await stored(cluster, words);
      cluster.proxies[0]?.cut('RST');
    },
  },
];

/** Loses the answers to node one from the moment in which it stores these words. Resolves when they are stored. */
async function stored({ proxies, redis, prefix }: ProxiedCluster, words: string): Promise<void> {
  await proxies[0]?.stallAfter(words);
  await expect.poll(async () => (await documents({ redis, prefix })).some((text) => text.includes(words))).toBe(true);
}

async function documents({ redis, prefix }: Pick<ProxiedCluster, 'redis' | 'prefix'>): Promise<string[]> {
  const keys = (await redis.cli('keys', `${prefix}:workspace:*`)).split('\n').filter(Boolean);
  return Promise.all(keys.map((key) => redis.cli('hget', key, 'doc')));
}

/** Everything flows again, and works. */
async function recover(cluster: ProxiedCluster): Promise<void> {
  cluster.proxies[0]?.resume();
  await becomesReady(cluster.one, cluster.two);
}

async function ownerAtOne(cluster: ProxiedCluster): Promise<Owner> {
  return createWorkspace(cluster, { pin, client: await cluster.connectTo(cluster.one) });
}

describe.skipIf(skipsRedis())('A change that was made, but whose answer', () => {
  describe.each(losses)('$how:', ({ lose }) => {
    it('an attend leaves no ghost: the place is free again at once, and for one only', async () => {
      const cluster = await startProxiedCluster({ env });
      const owner = await createWorkspace(cluster, { pin, client: await cluster.connectTo(cluster.two) });
      const newcomer = await cluster.connectTo(cluster.one);
      const attend = { workspace: { token: owner.token, pin }, attendee: { name: 'Ghost' } };
      await Promise.all([lose(cluster, 'Ghost'), expectBusy(newcomer, 'attend', attend)]);
      await recover(cluster);
      const others = await Promise.all([cluster.connectTo(cluster.one), cluster.connectTo(cluster.two)]);
      const crowd = [newcomer, ...others];
      const granted = new Set<unknown>();
      const everybodyTries = async () => {
        for (const each of crowd) if ((await each.ask('attend', attend)).ok) granted.add(each);
        return granted.size;
      };
      await expect.poll(everybodyTries, { timeout: GHOST_MS, interval: 100 }).toBe(1);
      expect(await everybodyTries()).toBe(1);
      const { attendees } = await owner.client.must('attendees', owner.proof);
      expect(Object.values(attendees).map(({ name }) => name)).toEqual(['Owner', 'Ghost']);
    });

    it('a ring is told the callee late, and a hangup too', async () => {
      const cluster = await startProxiedCluster({ env: { ...env, MAX_CAPACITY_OF_WORKSPACE: '4' } });
      const owner = await ownerAtOne(cluster);
      const bob = await attend(cluster, owner, { pin, client: await cluster.connectTo(cluster.two) });
      const call = { id: 'unheard' };
      const ring = { ...owner.proof, callee: { id: bob.id }, offer, call };
      await Promise.all([lose(cluster, '"unheard"'), expectBusy(owner.client, 'ring', ring)]);
      await recover(cluster);
      await bob.client.notice('ring', ({ call }) => call.id === 'unheard');
      await bob.client.must('answer', { ...bob.proof, caller: { id: owner.id }, answer, call });
      await bob.client.notice('call-joined');

      const back = await ownerBack(cluster, owner);
      await Promise.all([lose(cluster, '"call":null'), expectBusy(back.client, 'hangup', { ...back.proof, call })]);
      await recover(cluster);
      await bob.client.notice('hangup', ({ call }) => call.id === 'unheard');
    });

    it('a workspace that nobody was told of is gone', async () => {
      const cluster = await startProxiedCluster({ env });
      const founder = await cluster.connectTo(cluster.one);
      const create = { workspace: { name: 'Nowhere', pin }, attendee: {} };
      await Promise.all([lose(cluster, 'Nowhere'), expectBusy(founder, 'create', create)]);
      await recover(cluster);
      await expect.poll(() => documents(cluster), { timeout: GHOST_MS }).toEqual([]);
    });

    it('a return of an owner without a seat does not end the seat that the owner has taken elsewhere since', async () => {
      const cluster = await startProxiedCluster({ env });
      const owner = await createWorkspace(cluster, { pin, client: await cluster.connectTo(cluster.two) });
      await owner.client.must('leave', owner.proof);
      const first = await cluster.connectTo(cluster.one);
      const back = { ...owner.proof, attendee: { id: owner.id, name: 'Returned' } };
      await Promise.all([lose(cluster, 'Returned'), expectBusy(first, 're-attend', back)]);
      const second = await cluster.connectTo(cluster.two);
      await second.must('re-attend', back);
      await recover(cluster);
      const recovered = performance.now();
      while (performance.now() - recovered < GHOST_MS) await second.must('attendees', owner.proof);
    });

    it('a re-attend does not take the seat from a client that has come back elsewhere since', async () => {
      const cluster = await startProxiedCluster({ env });
      const owner = await ownerAtOne(cluster);
      const bob = await attend(cluster, owner, { pin, client: await cluster.connectTo(cluster.two) });
      const late = await cluster.connectTo(cluster.one);
      const again = { ...bob.proof, attendee: { id: bob.id, name: 'Late' } };
      await Promise.all([lose(cluster, 'Late'), expectBusy(late, 're-attend', again)]);
      const newest = await cluster.connectTo(cluster.two);
      await newest.must('re-attend', bob.proof);
      await recover(cluster);
      const recovered = performance.now();
      for (let from = await ownerBack(cluster, owner); performance.now() - recovered < GHOST_MS; ) {
        // After a cut it may be asked to come back once more.
        if (!from.client.socket.connected) from = await ownerBack(cluster, owner);
        from.client.send('icecandidate', { ...from.to(bob), candidate });
        await sleep(10);
      }
      await late.settled();
      expect(newest.heard).toContain('icecandidate');
      expect(late.heard).not.toContain('icecandidate');
    });

    it('a re-attend of somebody who has gone away meanwhile does not hold the seat', async () => {
      const cluster = await startProxiedCluster({ env });
      const owner = await createWorkspace(cluster, { pin, client: await cluster.connectTo(cluster.two) });
      const bob = await attend(cluster, owner, { pin, client: await cluster.connectTo(cluster.two) });
      const again = await cluster.connectTo(cluster.one);
      const back = { ...bob.proof, attendee: { id: bob.id, name: 'Fleeting' } };
      await Promise.all([lose(cluster, 'Fleeting'), expectBusy(again, 're-attend', back)]);
      again.close();
      bob.client.close();
      await recover(cluster);
      const isConnected = async () => (await owner.client.must('attendees', owner.proof)).attendees[bob.id]?.connected;
      await expect.poll(isConnected, { timeout: GHOST_MS }).toBe(false);
    });
  });
});

/** The owner, once its seat answers: after a cut it may have been asked to come back. */
async function ownerBack(cluster: ProxiedCluster, owner: Owner) {
  const client = await cluster.connectTo(cluster.one);
  await client.must('re-attend', owner.proof);
  return { ...owner, client };
}
