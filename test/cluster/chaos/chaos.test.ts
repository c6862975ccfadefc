import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FakeMediaStream, FakeNetwork } from '../../client/fake-rtc.ts';
import type { Random } from '../../client/random.ts';
import { seededRandom } from '../../faults/seeded-random.ts';
import { atSoak, figure, patience } from '../../faults/soak.ts';
import { skipsRedis } from '../../server/redis/redis-server.ts';
import { startCluster } from '../cluster.ts';
import { expectNoSecrets, secretPin as pin } from '../log-secrets.ts';
import { Documents } from './documents.ts';
import { Member } from './member.ts';
import { Trouble } from './trouble.ts';
import { layWay } from './way.ts';

const CAPACITY = 5;
const ROOMS = 6;

/** What is left of somebody who was granted a seat by a node that died before it said so, s. */
const GRACE = 12;

/** How long it may take until everybody is connected after the last trouble, and nobody is there who is not, ms. */
const SETTLED_MS = 40_000;

beforeAll(() => {
  vi.stubGlobal('MediaStream', FakeMediaStream);
  vi.stubGlobal('navigator', {});
});
afterAll(() => {
  vi.unstubAllGlobals();
});

/** A workspace whose owner stays, while others come and go. */
class Room {
  readonly owner: Member;
  readonly guests = new Set<Member>();
  readonly #arrive: () => Promise<Member>;
  readonly #random: Random;
  joins = 0;
  /** How often somebody was granted a seat although all of them were taken by others who were granted theirs. */
  crowds = 0;

  constructor(owner: Member, arrive: () => Promise<Member>, random: Random) {
    this.owner = owner;
    this.#arrive = arrive;
    this.#random = random;
  }

  get members(): Member[] {
    return [this.owner, ...this.guests];
  }

  async live(until: number): Promise<void> {
    while (performance.now() < until) {
      if (this.#random.chance(0.6)) await this.#join();
      else if (this.guests.size > 1) await this.#depart(this.#random.pick([...this.guests]));
      await sleep(this.#random.between(50, 500));
    }
  }

  async #join(): Promise<void> {
    const guest = await this.#arrive();
    if (await guest.attend(this.owner.token, pin)) {
      this.joins += 1;
      this.guests.add(guest);
      if (this.guests.size >= CAPACITY) this.crowds += 1;
    } else guest.vanish();
  }

  async #depart(guest: Member): Promise<void> {
    this.guests.delete(guest);
    if (this.#random.chance(0.7)) await guest.leave();
    else guest.vanish();
  }

  /** Pairs that lack a connection, or know of somebody who is not there; and those who are not on the call. */
  get flaws(): string[] {
    const everybody = this.members.map(({ id }) => id).sort();
    return this.members.flatMap(({ client, name }) => {
      const { seat, call, peers } = client.state.value;
      const seated = (seat?.attendees ?? []).map(({ id }) => id).sort();
      const others = everybody.filter((id) => id !== seat?.self);
      return [
        ...(String(seated) === String(everybody) ? [] : [`${name} sees ${seated}, there are ${everybody}`]),
        ...(call?.joined ? [] : [`${name} is not on the call`]),
        ...others
          .filter((id) => peers[id]?.state !== 'connected')
          .map((id) => `${name} and ${id}: ${peers[id]?.state} ${peers[id]?.reason}`),
      ];
    });
  }
}

describe.skipIf(skipsRedis())('While nodes and Redis are killed again and again', () => {
  it('everybody who joins a call is connected with everybody on it in the end, and nobody is seated who is not there', {
    timeout: 2 * patience(15),
  }, async () => {
    const random = seededRandom();
    const cluster = await startCluster({
      env: {
        LOG_LEVEL: 'trace',
        NODE_LEASE_SECONDS: '1',
        SEAT_GRACE_SECONDS: String(GRACE),
        RING_TIMEOUT_SECONDS: '3',
        MAX_CAPACITY_OF_WORKSPACE: String(CAPACITY),
        COMMANDS_PER_SECOND: '1000',
        SEATLESS_CONNECTIONS_PER_ADDRESS: '1000',
      },
    });
    const documents = new Documents(cluster, CAPACITY);
    const network = new FakeNetwork(random);
    const everybody: Member[] = [];
    const arrive = async () => {
      const member = new Member(await layWay(cluster.nodes, random), network);
      everybody.push(member);
      return member;
    };
    const rooms = await Promise.all(
      Array.from({ length: ROOMS }, async () => {
        const owner = await arrive();
        await owner.found(pin);
        return new Room(owner, arrive, random);
      }),
    );
    const until = performance.now() + atSoak(25_000, 600_000);
    const trouble = new Trouble(cluster, random);
    await Promise.all([trouble.make(until), ...rooms.map((room) => room.live(until))]);

    const flaws = () => rooms.flatMap((room) => room.flaws);
    await expect.poll(flaws, { timeout: SETTLED_MS, interval: 500 }).toEqual([]);
    const seated = () => rooms.flatMap(({ members }) => members.map(({ id }) => id)).sort();
    const stored = async () => (await documents.all()).flatMap(({ attendees }) => attendees);
    await expect
      .poll(async () => (await stored()).map(({ id }) => id).sort(), { timeout: SETTLED_MS, interval: 500 })
      .toEqual(seated());
    expect((await stored()).filter(({ connection }) => connection === null)).toEqual([]);
    expect(flaws()).toEqual([]);
    expect([...documents.wrongs]).toEqual([]);
    expect(rooms.map(({ crowds }) => crowds)).toEqual(rooms.map(() => 0));
    expect(everybody.flatMap(({ wrongs }) => [...wrongs])).toEqual([]);
    for (const { output } of cluster.nodes) expectNoSecrets(output.stdout);
    const joins = rooms.reduce((sum, each) => sum + each.joins, 0);
    expect(joins).toBeGreaterThan(50);
    figure(
      `chaos: ${joins} joins, ${trouble.nodes} nodes and ${trouble.redis} times Redis killed, ` +
        `${seated().length} seated at the end, 0 pairs without a connection; ${documents.looks} documents looked at`,
    );
  });
});
