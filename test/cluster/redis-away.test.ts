import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { skipsRedis } from '../server/redis/redis-server.ts';
import { attend, candidate, createWorkspace, offer, type Seat } from '../support/fixtures.ts';
import { ContinuousRelay } from './continuous-relay.ts';
import { secretPin } from './log-secrets.ts';
import { LONGER_THAN_LEASE_AND_GRACE, type ProxiedCluster, startProxiedProcesses } from './proxied-cluster.ts';
import { reconnect } from './reconnect.ts';
import { becomesReady, becomesUnready, expectBusy, RECOVERY_MS, statusOf } from './redis-outage.ts';

/** Three people, two of them at one node. */
async function seatThree(cluster: ProxiedCluster) {
  const { one, two } = cluster;
  const pin = secretPin;
  const owner = await createWorkspace(cluster, { pin, client: await cluster.connectTo(one) });
  const bob = await attend(cluster, owner, { pin, session: 'bob', client: await cluster.connectTo(one) });
  const eve = await attend(cluster, owner, { pin, session: 'eve', client: await cluster.connectTo(two) });
  await bob.client.notice('attend');
  return { owner, bob, eve };
}

const absences = [
  {
    how: 'killed and started again with its data',
    begin: ({ redis }: ProxiedCluster) => redis.kill(),
    end: ({ redis }: ProxiedCluster) => redis.start(),
  },
  {
    how: 'stopped and resumed',
    begin: async ({ redis }: ProxiedCluster) => redis.pause(),
    end: async ({ redis }: ProxiedCluster) => redis.resume(),
  },
];

describe.skipIf(skipsRedis())('A Redis that is', () => {
  it.each(absences)(
    '$how for longer than leases and graces costs nobody the seat, and relays at one node no moment',
    async ({ begin, end }) => {
      const cluster = await startProxiedProcesses();
      const { one, two } = cluster;
      const { owner, bob, eve } = await seatThree(cluster);
      const newcomer = await cluster.connectTo(one);
      const call = { id: 'call' };
      const relays = new ContinuousRelay(owner, bob);
      // Where they are is known from then on, and must not be believed while nobody can be reached.
      await owner.client.must('icecandidate', { ...owner.to(eve), candidate });
      await eve.client.notice('icecandidate');
      await eve.client.must('icecandidate', { ...eve.to(owner), candidate });
      await owner.client.notice('icecandidate');

      await begin(cluster);
      const begun = performance.now();
      const create = { workspace: { name: 'Another', pin: secretPin }, attendee: {} };
      await expectBusy(owner.client, 'ring', { ...owner.proof, callee: { id: bob.id }, offer, call });
      await expectBusy(newcomer, 'create', create);
      await expectBusy(newcomer, 'attend', { workspace: { token: owner.token, pin: secretPin }, attendee: {} });
      await expectBusy(newcomer, 're-attend', { ...bob.proof, session: 'bob' });
      await expectBusy(eve.client, 'leave', eve.proof);
      await expectBusy(eve.client, 'mic-toggle', { ...eve.proof, state: false });
      await expectBusy(owner.client, 'kick', { ...owner.proof, kickedAttendee: { id: eve.id } });
      await expectBusy(owner.client, 'hangup', { ...owner.proof, call });
      await expectBusy(owner.client, 'renew-invitation', owner.proof);
      await expectBusy(owner.client, 'destroy', owner.proof);
      await expectBusy(owner.client, 'icecandidate', { ...owner.to(eve), candidate });
      await expectBusy(eve.client, 'icecandidate', { ...eve.to(owner), candidate });
      await becomesUnready(one, two);
      while (performance.now() - begun < LONGER_THAN_LEASE_AND_GRACE) {
        expect(await statusOf(one, '/healthz')).toBe(200);
        expect(await statusOf(two, '/readyz')).toBe(503);
      }
      for (const { client } of [owner, bob, eve]) expect(client.heard).not.toContain('(disconnected)');
      expect(await relays.arrived()).toBeGreaterThan(50);

      await end(cluster);
      const ended = performance.now();
      const back = await Promise.all([
        reconnect(cluster, one, owner),
        reconnect(cluster, one, bob),
        reconnect(cluster, two, eve),
      ]);
      await becomesReady(one, two);
      await expect.poll(async () => (await newcomer.ask('create', create)).ok, { timeout: RECOVERY_MS }).toBe(true);
      expect(performance.now() - ended, 'ms until everything works').toBeLessThan(RECOVERY_MS);
      await expectAllSeated([owner, bob, eve], back);
    },
  );

  it.each(['normal', 'pubsub'])('there, but cuts its connections (%s), is away for a moment only', async (type) => {
    const cluster = await startProxiedProcesses();
    const { owner, bob, eve } = await seatThree(cluster);
    const relays = new ContinuousRelay(owner, bob);
    // Clients that have come back would be disconnected again.
    const times = type === 'pubsub' ? 1 : 3;
    for (let n = 0; n < times; n += 1) {
      await cluster.redis.cli('client', 'kill', 'type', type, 'skipme', 'yes');
      await becomesReady(cluster.one, cluster.two);
      const stranger = await cluster.connect();
      const create = { workspace: {}, attendee: {} };
      await expect.poll(async () => (await stranger.ask('create', create)).ok, { timeout: RECOVERY_MS }).toBe(true);
    }
    if (type === 'normal') expect(await relays.arrived()).toBeGreaterThan(0);
    const back =
      type === 'normal'
        ? [owner, bob, eve]
        : await Promise.all([
            reconnect(cluster, cluster.one, owner),
            reconnect(cluster, cluster.one, bob),
            reconnect(cluster, cluster.two, eve),
          ]);
    await expectAllSeated([owner, bob, eve], back);
  });
});

/** All of them have their seats, and everybody reaches everybody. */
async function expectAllSeated(before: readonly Seat[], now: readonly Seat[]): Promise<void> {
  const ids = before.map(({ id }) => id).sort();
  for (const seat of now) {
    const { attendees } = await seat.client.must('attendees', seat.proof);
    expect(Object.keys(attendees).sort()).toEqual(ids);
    expect(Object.values(attendees).map(({ connected }) => connected)).toEqual([true, true, true]);
  }
  for (const from of now) {
    for (const to of now) {
      if (from === to) continue;
      const text = `${from.id} to ${to.id}`;
      await from.client.must('icecandidate', { ...from.to(to), candidate: { candidate: text } });
      await to.client.notice('icecandidate', ({ candidate }) => candidate.candidate === text);
    }
  }
}
