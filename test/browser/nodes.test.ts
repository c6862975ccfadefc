import { expect, it } from 'vitest';
import { startCluster } from '../cluster/cluster.ts';
import { startBalancer, whyNoBalancer } from '../deploy/balancer.ts';
import { skipsRedis, startRedis } from '../server/redis/redis-server.ts';
import { describeInChromium } from './chromium.ts';
import { fullMesh, Visitor } from './visitors.ts';

const PATIENCE = 120_000;

/** With CI=true a missing program fails the tests instead of skipping them. */
const isMissing = skipsRedis() || (whyNoBalancer() !== null && process.env.CI !== 'true');

describeInChromium('A call of people at several nodes', (browser) => {
  /** Starts three nodes behind a balancer that sends each connection to another one. */
  async function startNodes() {
    const redis = await startRedis();
    const cluster = await startCluster({ nodes: 3, redis, env: { SEAT_GRACE_SECONDS: '10' } });
    const url = await startBalancer(
      cluster.nodes.map((node) => node.url),
      { sticky: false },
    );
    return { redis, cluster, url };
  }

  /** Brings these people onto a call. */
  async function call(url: string, names: readonly string[]): Promise<{ all: [Visitor, ...Visitor[]]; link: string }> {
    const [first = '', ...rest] = names;
    const arrive = (at: string, name: string) =>
      Visitor.arrive(browser(), at, name, { isLight: true, losesNetwork: true });
    const owner = await arrive(url, first);
    const link = await owner.createWorkspace();
    const others = await Promise.all(rest.map((name) => arrive(link, name)));
    await Promise.all(others.map((other) => other.join()));
    await owner.startCall(others);
    await Promise.all(others.map((other) => other.press('Accept')));
    await fullMesh([owner, ...others], 60_000);
    return { all: [owner, ...others], link };
  }

  it.skipIf(isMissing)(
    'goes on when the nodes are killed one after the other, and takes in others as before',
    async () => {
      const { cluster, url } = await startNodes();
      const { all, link } = await call(url, ['Ada', 'Bob', 'Cyd']);
      for (const node of cluster.nodes) {
        node.kill('SIGKILL');
        await node.ended;
        // The pictures do not wait for the signaling to come back.
        for (const each of all) {
          await each.seesMoving(all.filter((other) => other !== each).map(({ name }) => name));
        }
        for (const each of all) {
          await each.page.getByText('Your call goes on while we reconnect.').waitFor({ state: 'detached' });
        }
        await node.restart();
      }
      // Nobody has built a connection anew.
      for (const each of all) expect(await each.openConnections()).toBe(2);
      const dan = await Visitor.arrive(browser(), link, 'Dan', { isLight: true, losesNetwork: true });
      await dan.join();
      await dan.press('Accept');
      await fullMesh([...all, dan], 60_000);
    },
    PATIENCE,
  );

  it.skipIf(isMissing)(
    'goes on while Redis is away for longer than leases and grace, and is managed again once it is back',
    async () => {
      const { redis, url } = await startNodes();
      const { all } = await call(url, ['Ada', 'Bob', 'Cyd']);
      const [ada, bob] = all as [Visitor, Visitor, Visitor];
      await redis.kill();
      const until = Date.now() + 15_000;
      while (Date.now() < until) {
        for (const each of all) {
          await each.seesMoving(all.filter((other) => other !== each).map(({ name }) => name));
        }
      }
      await redis.start();
      await expect
        .poll(
          async () => {
            await bob.press((await bob.button('Mute').isVisible()) ? 'Mute' : 'Unmute');
            return ada.isShownMuted('Bob');
          },
          { timeout: 20_000, interval: 1000 },
        )
        .toBe(true);
      await fullMesh(all, 60_000);
      for (const each of all) expect(await each.openConnections()).toBe(2);
    },
    PATIENCE,
  );
});
