import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import {
  attend,
  candidate,
  createWorkspace,
  generations,
  type Owner,
  reattend,
  type Seat,
} from '../support/fixtures.ts';
import { ReconnectingClient } from './reconnecting-client.ts';
import { type ListeningServer, serve } from './serve.ts';
import { atSoak, figure, patience } from './soak.ts';
import { type Pace, startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

const forever = '3600';
/** Between two polls there is no connection that could be cut, and only the heartbeat tells. */
const unpolled = { HEARTBEAT_SECONDS: '1' };

interface Guest {
  proxy: TcpProxy;
  seat: Seat;
  name: string;
}

/** A guest with each generation of client, each through a proxy of its own. */
async function oneOfEach(server: ListeningServer, owner: Owner, pace?: Pace): Promise<Guest[]> {
  const guests = generations.map(async (generation) => {
    const proxy = await startTcpProxy(server.url, pace);
    const seat = await attend(server, owner, { client: await proxy.connect({ generation }) });
    return { proxy, seat, name: generation.name };
  });
  return Promise.all(guests);
}

const isPresent = ({ client }: Owner, { id }: Seat, present: boolean) =>
  client.notice('presence', ({ attendee, connected }) => attendee.id === id && connected === present);

/** The same numbers for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7f_ff_ff_ff;
    return state / 0x80_00_00_00;
  };
}

describe('A connection that is cut', () => {
  it('with a FIN or a RST keeps its seat for the grace time, and comes back unnoticed but as presence', async () => {
    const server = await serve({ ...unpolled, SEAT_GRACE_SECONDS: forever });
    const owner = await createWorkspace(server);
    for (const { proxy, seat } of await oneOfEach(server, owner)) {
      for (const how of ['FIN', 'RST'] as const) {
        proxy.cut(how);
        await isPresent(owner, seat, false);
        proxy.resume();
        const back = await proxy.connect();
        await back.must('attendees', seat.proof);
        await isPresent(owner, seat, true);
        back.send('icecandidate', { ...seat.to(owner), candidate });
        await owner.client.notice('icecandidate');
      }
    }
    await owner.client.settled();
    expect(owner.client.heard).toEqual([]);
  });

  it('loses its seat after the grace time', async () => {
    const server = await serve({ ...unpolled, SEAT_GRACE_SECONDS: '0.5' });
    const owner = await createWorkspace(server);
    const guests = await oneOfEach(server, owner);
    for (const { proxy } of guests) proxy.cut('RST');
    for (const { seat } of guests) await owner.client.notice('leave', ({ id }) => id === seat.id);
    expect(Object.keys((await owner.client.must('attendees', owner.proof)).attendees)).toEqual([owner.id]);
    const late = await server.connect();
    for (const { seat } of guests) {
      expect(await late.refused('re-attend', seat.proof)).toMatchObject({ code: 'NOT_SEATED' });
    }
  });
});

it('A half-open connection is noticed within two heartbeats', async () => {
  const heartbeat = atSoak(1, 10);
  const server = await serve({ SEAT_GRACE_SECONDS: forever, HEARTBEAT_SECONDS: String(heartbeat) });
  const owner = await createWorkspace(server);
  const guests = await oneOfEach(server, owner);
  const since = Date.now();
  const noticed = guests.map(async ({ proxy, seat, name }) => {
    proxy.stall();
    await vi.waitFor(() => isPresent(owner, seat, false), { timeout: 40_000 });
    return { name, ms: Date.now() - since };
  });
  for (const { name, ms } of await Promise.all(noticed)) {
    figure(`half-open, ${name}: noticed after ${ms} ms with heartbeats of ${heartbeat} s`);
    // A busy machine is late by itself.
    expect(ms, name).toBeLessThan(2 * heartbeat * 1000 + 1000);
  }
});

it('The newest connection has the seat although the former one is half-open, which hears of it when it reads', async () => {
  const server = await serve({ SEAT_GRACE_SECONDS: forever });
  const owner = await createWorkspace(server);
  for (const { proxy, seat } of await oneOfEach(server, owner)) {
    proxy.stall();
    const newest = await reattend(server, seat);
    await owner.client.must('icecandidate', { ...owner.to(seat), candidate });
    await newest.client.notice('icecandidate');
    proxy.resume();
    await seat.client.notice('superseded');
    await seat.client.notice('(disconnected)');
    expect(seat.client.heard).not.toContain('icecandidate');
    expect(newest.client.heard).not.toContain('superseded');
  }
  expect(owner.client.heard).not.toContain('leave');
});

it('An offer and a hundred candidates arrive whole and in order over a slow line, both ways', {
  timeout: patience(5),
}, async () => {
  const pace = { bytesPerSecond: atSoak(100_000, 2_000), latencyMs: 300 };
  // A heartbeat waits behind what was sent before it.
  const server = await serve({ SEAT_GRACE_SECONDS: forever, HEARTBEAT_SECONDS: '120' });
  const owner = await createWorkspace(server);
  const since = Date.now();
  const burst = (from: Seat, to: Seat) => {
    const data = { type: 'offer', sdp: 'a='.repeat(2000) } as const;
    from.client.send('negotiation', { ...from.to(to), message: { type: 'offer', data } });
    for (let n = 0; n < 100; n += 1) {
      from.client.send('icecandidate', { ...from.to(to), candidate: { ...candidate, sdpMid: String(n) } });
    }
  };
  const arrives = async ({ client }: Seat, from: Seat) => {
    const inOrder = Array.from({ length: 100 }, (_, n) => String(n));
    await vi.waitFor(
      () => {
        const mids = client.received.flatMap(({ notice, payload }) => {
          const { broadcaster, candidate } = payload as { broadcaster?: { id: string }; candidate: { sdpMid: string } };
          return notice === 'icecandidate' && broadcaster?.id === from.id ? [candidate.sdpMid] : [];
        });
        expect(mids).toEqual(inOrder);
      },
      { timeout: patience(4) - 10_000, interval: 200 },
    );
    await client.notice('negotiation', ({ attendee }) => attendee.id === from.id);
  };
  const guests = await oneOfEach(server, owner, pace);
  for (const { seat } of guests) {
    burst(owner, seat);
    burst(seat, owner);
  }
  await Promise.all(guests.flatMap(({ seat }) => [arrives(seat, owner), arrives(owner, seat)]));
  figure(`offer and 100 candidates both ways at ${pace.bytesPerSecond} B/s: ${Date.now() - since} ms`);
  expect(owner.client.heard).not.toContain('presence');
});

it('Whoever connects anew fifty times within the grace time keeps one seat', async () => {
  const server = await serve({ SEAT_GRACE_SECONDS: forever });
  const owner = await createWorkspace(server);
  const proxy = await startTcpProxy(server.url);
  const guest = await attend(server, owner, { client: await proxy.connect() });
  for (let n = 0; n < 50; n += 1) {
    if (n % 3 > 0) proxy.cut(n % 2 === 0 ? 'RST' : 'FIN');
    proxy.resume();
    const client = await proxy.connect({ generation: generations[n % 4] ?? generations[0] });
    await client.must('re-attend', guest.proof);
  }
  const { attendees } = await owner.client.must('attendees', owner.proof);
  expect(Object.keys(attendees)).toHaveLength(2);
  expect(attendees[guest.id]).toMatchObject({ connected: true });
  expect(owner.client.heard).not.toContain('leave');
});

/** Guests on bad lines, which connect again after each cut; they fill their workspace. */
async function onBadLines(server: ListeningServer, owner: Owner, count: number, random: () => number) {
  const people = Array.from({ length: count }, async (_, index) => {
    const seat = await attend(server, owner, { name: `Guest ${index}` });
    const proxy = await startTcpProxy(server.url);
    const generation = generations[index % 4] ?? generations[0];
    const person = new ReconnectingClient(proxy.url, generation, seat);
    await seat.client.notice('(disconnected)');
    proxy.loseBytes(random);
    return { proxy, seat, person };
  });
  return Promise.all(people);
}

it('When bad lines become good ones, everybody is seated once and sees the truth', {
  timeout: patience(10),
}, async () => {
  const count = 8;
  const server = await serve({
    SEAT_GRACE_SECONDS: forever,
    HEARTBEAT_SECONDS: '1',
    MAX_CAPACITY_OF_WORKSPACE: String(count + 1),
  });
  const seed = Date.now() & 0x7f_ff_ff_ff;
  const random = randomFrom(seed);
  const owner = await createWorkspace(server);
  const people = await onBadLines(server, owner, count, random);
  const everybody = [owner.id, ...people.map(({ seat }) => seat.id)].sort();
  for (let round = 0; round < atSoak(1, 25); round += 1) {
    for (const { proxy } of people) proxy.loseBytes(random);
    for (let turn = 0; turn < 10; turn += 1) {
      for (const { person, seat } of people) {
        const to = people[Math.floor(random() * count)]?.seat ?? seat;
        person.send('icecandidate', { ...seat.to(to), candidate });
      }
      await sleep(100);
    }
    for (const { proxy } of people) proxy.resume();
    await vi.waitFor(() => expect(people.filter(({ person }) => !person.isConnected)).toEqual([]), {
      timeout: 20_000,
      interval: 50,
    });
    for (const { person, seat } of people) {
      await vi.waitFor(
        async () => {
          const reply = await person.ask('re-attend', seat.proof);
          if (!reply.ok) throw new Error(`seed ${seed}, round ${round}: ${reply.error.code}`);
          const { attendees } = reply;
          expect(Object.keys(attendees).sort(), `seed ${seed}`).toEqual(everybody);
          expect(
            Object.values(attendees).filter(({ connected }) => !connected),
            `seed ${seed}`,
          ).toEqual([]);
        },
        { timeout: 15_000, interval: 100 },
      );
    }
    const newcomer = await server.connect();
    const refused = await newcomer.refused('attend', { workspace: { token: owner.token }, attendee: {} });
    expect(refused, `seed ${seed}`).toMatchObject({ code: 'FULL' });
    newcomer.close();
  }
  expect(owner.client.heard).not.toContain('leave');
  const connections = people.reduce((sum, { person }) => sum + person.connections, 0);
  expect(connections).toBeGreaterThan(count);
  figure(`bad lines: ${count} people connected ${connections} times, and everybody saw the truth afterwards`);
});

it('While thirty people come over bad lines, the relays of a calm pair go on', { timeout: patience(5) }, async () => {
  const server = await serve({ SEAT_GRACE_SECONDS: forever, HEARTBEAT_SECONDS: '1', MAX_CAPACITY_OF_WORKSPACE: '31' });
  const calm = await createWorkspace(server);
  const peer = await attend(server, calm);
  const crowded = await createWorkspace(server);
  const people = await onBadLines(server, crowded, 30, randomFrom(Date.now() & 0x7f_ff_ff_ff));
  let worst = 0;
  const until = Date.now() + atSoak(2000, 40_000);
  let relays = 0;
  for (; Date.now() < until; relays += 1) {
    const sent = performance.now();
    calm.client.send('icecandidate', { ...calm.to(peer), candidate });
    await peer.client.notice('icecandidate');
    worst = Math.max(worst, performance.now() - sent);
    const { person } = people[relays % people.length] ?? {};
    person?.send('attendees', person.seat.proof);
    await sleep(5);
  }
  expect(worst).toBeLessThan(1500);
  const connections = people.reduce((sum, { person }) => sum + person.connections, 0);
  expect(connections).toBeGreaterThan(30);
  figure(
    `30 people on bad lines connected ${connections} times: of ${relays} relays the latest took ${Math.round(worst)} ms`,
  );
});
