import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FakeMediaStream, FakeNetwork } from '../../client/fake-rtc.ts';
import type { Random } from '../../client/random.ts';
import { seededRandom } from '../../faults/seeded-random.ts';
import { atSoak, figure, patience } from '../../faults/soak.ts';
import { skipsRedis } from '../../server/redis/redis-server.ts';
import { startCluster } from '../cluster.ts';
import { expectNoSecrets, secretPin as pin } from '../log-secrets.ts';
import { ChaosMonkey } from './chaos-monkey.ts';
import { InvariantMonitor } from './invariant-monitor.ts';
import { MeshPage } from './mesh-page.ts';
import { startStickyBalancer } from './sticky-balancer.ts';

const CAPACITY = 5;
const ROOMS = 6;

/** The grace time of seats whose grant was lost, because the node died before it answered, s. */
const GRACE = 12;

/** The longest time from the last kill until everybody is connected and no seat is left of pages that are gone, ms. */
const SETTLED_MS = 40_000;

beforeAll(() => {
  vi.stubGlobal('MediaStream', FakeMediaStream);
  vi.stubGlobal('navigator', {});
});
afterAll(() => {
  vi.unstubAllGlobals();
});

/** A workspace whose owner stays, while guests come and go. */
class Room {
  readonly owner: MeshPage;
  readonly guests = new Set<MeshPage>();
  readonly #openPage: () => Promise<MeshPage>;
  readonly #random: Random;
  joins = 0;
  /** How often a page got a seat although pages held all of them already. */
  overbookings = 0;

  constructor(owner: MeshPage, openPage: () => Promise<MeshPage>, random: Random) {
    this.owner = owner;
    this.#openPage = openPage;
    this.#random = random;
  }

  get pages(): MeshPage[] {
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
    const guest = await this.#openPage();
    if (await guest.attend(this.owner.token, pin)) {
      this.joins += 1;
      this.guests.add(guest);
      if (this.guests.size >= CAPACITY) this.overbookings += 1;
    } else guest.vanish();
  }

  async #depart(guest: MeshPage): Promise<void> {
    this.guests.delete(guest);
    if (this.#random.chance(0.7)) await guest.leave();
    else guest.vanish();
  }

  /** Pairs without a connection, pages with a wrong list of attendees, and pages that are not on the call. */
  get problems(): string[] {
    const everybody = this.pages.map(({ id }) => id).sort();
    return this.pages.flatMap(({ client, name }) => {
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
    const monitor = new InvariantMonitor(cluster, CAPACITY);
    const network = new FakeNetwork(random);
    const everybody: MeshPage[] = [];
    const openPage = async () => {
      const page = new MeshPage(await startStickyBalancer(cluster.nodes, random), network);
      everybody.push(page);
      return page;
    };
    const rooms = await Promise.all(
      Array.from({ length: ROOMS }, async () => {
        const owner = await openPage();
        await owner.create(pin);
        return new Room(owner, openPage, random);
      }),
    );
    const until = performance.now() + atSoak(25_000, 600_000);
    const monkey = new ChaosMonkey(cluster, random);
    await Promise.all([monkey.run(until), ...rooms.map((room) => room.live(until))]);

    const problems = () => rooms.flatMap((room) => room.problems);
    await expect.poll(problems, { timeout: SETTLED_MS, interval: 500 }).toEqual([]);
    const seated = () => rooms.flatMap(({ pages }) => pages.map(({ id }) => id)).sort();
    const stored = async () => (await monitor.all()).flatMap(({ attendees }) => attendees);
    await expect
      .poll(async () => (await stored()).map(({ id }) => id).sort(), { timeout: SETTLED_MS, interval: 500 })
      .toEqual(seated());
    expect((await stored()).filter(({ connection }) => connection === null)).toEqual([]);
    expect(problems()).toEqual([]);
    expect([...monitor.violations]).toEqual([]);
    expect(rooms.map(({ overbookings }) => overbookings)).toEqual(rooms.map(() => 0));
    expect(everybody.flatMap(({ violations }) => [...violations])).toEqual([]);
    for (const { output } of cluster.nodes) expectNoSecrets(output.stdout);
    const joins = rooms.reduce((sum, each) => sum + each.joins, 0);
    // One a second at least: some choices leave Redis away for half of the time.
    expect(joins).toBeGreaterThan(atSoak(25, 600));
    figure(
      `chaos: ${joins} joins, ${monkey.nodeKills} nodes and ${monkey.redisKills} times Redis killed, ` +
        `${seated().length} seated at the end, 0 pairs without a connection; ${monitor.checks} documents looked at`,
    );
  });
});
