import type { BrowserContext, Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { startServer, type TestServer } from '../support/fixtures.ts';
import { describeInChromium } from './chromium.ts';
import { cuttingProxy } from './cutting-proxy.ts';
import { fullMesh, hostPage, Participant, type ParticipantOptions } from './participants.ts';
import { stallingProxy, type Treatment } from './stalling-proxy.ts';
import { strippingProxy } from './stripping-proxy.ts';

const PATIENCE = 90_000;

describeInChromium('The client library, in a browser', (browser) => {
  async function people(count: number, options: ParticipantOptions): Promise<[Participant, ...Participant[]]> {
    const host = await hostPage();
    const names = ['Ada', 'Bob', 'Cyd', 'Dan', 'Eve'].slice(0, count);
    const all = await Promise.all(names.map((name) => Participant.open(browser(), host, name, options)));
    const [first, ...rest] = all;
    if (!first) throw new Error('nobody was asked for');
    return [first, ...rest];
  }

  /** Brings people into one workspace and onto the call. */
  async function call(count: number, options: ParticipantOptions): Promise<[Participant, ...Participant[]]> {
    const all = await people(count, options);
    const [owner, ...guests] = all;
    const token = await owner.create('2468');
    for (const guest of guests) await guest.attend(token, '2468');
    await owner.startCall(all.length);
    await Promise.all(guests.map((guest) => guest.accept()));
    return all;
  }

  function server(env: Record<string, string> = {}): Promise<TestServer> {
    return startServer(env);
  }

  it.each([2, 3, 5])(
    'connects %i people with each other, every picture moving',
    async (count) => {
      const { url } = await server();
      const all = await call(count, { url });
      await fullMesh(all);
      for (const { errors } of all) expect(errors).toEqual([]);
    },
    PATIENCE,
  );

  it(
    'brings somebody who comes late onto the call, and lets people leave it and come back',
    async () => {
      const { url } = await server();
      const [ada, bob, cyd] = (await people(3, { url })) as [Participant, Participant, Participant];
      const token = await ada.create();
      await bob.attend(token);
      await ada.startCall(2);
      await bob.accept();
      await fullMesh([ada, bob]);
      await cyd.attend(token);
      await cyd.accept();
      await fullMesh([ada, bob, cyd]);

      await bob.page.evaluate(() => client.leaveCall());
      await fullMesh([ada, cyd]);
      await ada.startCall(3);
      await bob.accept();
      await fullMesh([ada, bob, cyd]);
    },
    PATIENCE,
  );

  it(
    'gives everybody who reloads, the owner too, their place on the call again',
    async () => {
      const { url } = await server();
      const all = (await call(3, { url })) as [Participant, Participant, Participant];
      await fullMesh(all);
      for (const each of [all[1], all[0]]) {
        await each.reload();
        await fullMesh(all);
      }
    },
    PATIENCE,
  );

  it(
    'completes the mesh although the network is cut again and again while it is negotiated',
    async () => {
      const { url } = await server();
      const proxy = await cuttingProxy(url);
      const all = await people(3, { url: proxy.url });
      const [owner, ...guests] = all;
      const token = await owner.create();
      for (const guest of guests) await guest.attend(token);
      await owner.startCall(all.length);
      for (const guest of guests) await guest.page.waitForFunction(() => client.state.value.incoming !== null);
      const accepted = Promise.all(guests.map((guest) => guest.page.evaluate(() => client.accept())));
      await accepted;
      proxy.cut();
      await proxy.away(700);
      await fullMesh(all, 30_000);
    },
    PATIENCE,
  );

  it(
    'hears of an answer that got lost while the caller had no network',
    async () => {
      const { url } = await server();
      const proxy = await cuttingProxy(url);
      const host = await hostPage();
      const ada = await Participant.open(browser(), host, 'Ada', { url: proxy.url });
      const bob = await Participant.open(browser(), host, 'Bob', { url });
      await bob.attend(await ada.create());
      await ada.startCall(2);
      await bob.page.waitForFunction(() => client.state.value.incoming !== null);
      const back = proxy.away(1500);
      await bob.accept();
      await back;
      await fullMesh([ada, bob]);
      expect(await ada.page.evaluate(() => client.state.value.ringing)).toEqual([]);
    },
    PATIENCE,
  );

  it(
    'brings an owner back who closed the page, by the link, and a second page beside it in as a guest',
    async () => {
      const { url } = await server();
      const host = await hostPage();
      const ada = await Participant.open(browser(), host, 'Ada', { url });
      const token = await ada.create();
      const isOwner = async (): Promise<boolean | undefined> => {
        const page = await ada.page.context().newPage();
        await page.goto(host);
        const second = new Participant(page, 'Ada', { url });
        await second.start();
        await second.attend(token);
        return page.evaluate(() => client.state.value.seat?.isOwner);
      };
      expect(await isOwner()).toBe(false);
      await ada.page.close();
      expect(await isOwner()).toBe(true);
    },
    PATIENCE,
  );

  it(
    'ends the call for everybody as soon as the server is back, where the owner ended it meanwhile',
    async () => {
      const { url } = await server();
      const proxy = await cuttingProxy(url);
      const all = (await call(2, { url: proxy.url })) as [Participant, Participant];
      await fullMesh(all);
      const [ada, bob] = all;
      const back = proxy.away(1000);
      await ada.page.waitForFunction(() => client.state.value.connection === 'reconnecting');
      await ada.page.evaluate(() => client.hangup());
      await back;
      for (const { page } of [ada, bob]) {
        await page.waitForFunction(() => {
          const { connection, call, peers } = client.state.value;
          return connection === 'connected' && call === null && Object.keys(peers).length === 0;
        });
      }
    },
    PATIENCE,
  );

  it(
    'puts an owner who left the call onto it again, at once',
    async () => {
      const { url } = await server();
      const all = (await call(3, { url })) as [Participant, Participant, Participant];
      await fullMesh(all);
      const [ada] = all;
      await ada.page.evaluate(() => client.leaveCall());
      await fullMesh(all.slice(1));
      // Pairs that miss each other begin anew at the deadline, and are 'failed' then.
      await ada.page.evaluate(() => {
        client.state.subscribe(({ peers }) => {
          if (Object.values(peers).some(({ state }) => state === 'failed')) document.title = 'missed each other';
        });
      });
      await ada.startCall(3);
      await fullMesh(all);
      expect(await ada.page.title()).toBe('host');
    },
    PATIENCE,
  );

  it(
    'keeps media flowing while the server is away, and the seat when it is back',
    async () => {
      const { url } = await server();
      const proxy = await cuttingProxy(url);
      const all = await call(2, { url: proxy.url });
      await fullMesh(all);
      await proxy.away(1500);
      const [ada] = all;
      await ada.page.waitForFunction(() => client.state.value.connection === 'connected');
      await fullMesh(all);
      expect(await ada.page.evaluate(() => client.state.value.seat?.attendees.length)).toBe(2);
    },
    PATIENCE,
  );

  it(
    'connects when both sides of a pair offer at the same moment',
    async () => {
      const { url } = await server();
      const all = (await call(2, { url })) as [Participant, Participant];
      await fullMesh(all);
      // Both lose their page's connections at once, and both begin anew.
      await Promise.all(all.map((each) => each.reload()));
      await fullMesh(all);
    },
    PATIENCE,
  );

  it(
    'reaches a server under a path, whether the server is told or a proxy takes the path away',
    async () => {
      const told = `${(await server({ BASE_PATH: '/calls/' })).url}/calls`;
      const stripped = await strippingProxy((await server()).url, '/calls');
      const visit = visits(await browser().newContext(), await hostPage());
      const took = await visit([{ url: told }, { url: `${told}/#an-invitation` }, { url: stripped }]);
      expect(took).toHaveLength(3);
    },
    PATIENCE,
  );

  it(
    'connects by polling within 15 s where a proxy carries no WebSocket, and at once on the next visit',
    async () => {
      const { url } = await server();
      const treatments: Treatment[] = ['unanswered', 'carries nothing', 'one way', 200, 403, 502];
      const proxies = await Promise.all(treatments.map((treatment) => stallingProxy(url, treatment)));
      const visit = visits(await browser().newContext(), await hostPage());
      const first = await visit(proxies);
      expect(first.filter((ms) => ms > 15_000)).toEqual([]);
      expect(
        first.slice(0, 3).filter((ms) => ms < 5_000),
        'a WebSocket that may still work gets its time',
      ).toEqual([]);
      const next = await visit(proxies);
      expect(next.filter((ms) => ms > 5_000)).toEqual([]);
    },
    PATIENCE,
  );

  it(
    'goes on by polling where a WebSocket falls silent soon after it connected, and begins so on the next visit',
    async () => {
      const { url } = await server({ HEARTBEAT_SECONDS: '1' });
      const proxy = await stallingProxy(url, 'well');
      const visit = visits(await browser().newContext(), await hostPage());
      await visit([proxy], (page) => {
        proxy.stall();
        return page.evaluate(async () => {
          const until = (wanted: string) =>
            new Promise<void>((resolve) => {
              const end = client.state.subscribe(({ connection }) => {
                if (connection !== wanted) return;
                end();
                resolve();
              });
            });
          await until('reconnecting');
          await until('connected');
        });
      });
      expect(proxy.webSockets()).toBe(1);
      // WebSocket would stay silent for six seconds.
      for (const ms of await visit([proxy])) expect(ms).toBeLessThan(5_000);
    },
    PATIENCE,
  );

  it(
    'brings messages over the data channel in their order, whatever listeners of the host throw, and refuses one too large',
    async () => {
      const { url } = await server();
      const all = (await call(3, { url })) as [Participant, Participant, Participant];
      await fullMesh(all);
      const [ada, ...others] = all;
      for (const { page } of others) {
        await page.evaluate(() => {
          document.title = '';
          client.onMessage(() => {
            throw new Error('a bug of the host');
          });
          client.onMessage(async () => {
            throw new Error('a late bug of the host');
          });
          client.onMessage((_, message) => {
            document.title = `${document.title} ${message.length}`;
          });
        });
      }
      const refusal = await ada.page.evaluate(() => {
        try {
          client.send(null, 'x'.repeat(300_000));
          return null;
        } catch (error) {
          return (error as { code?: string }).code;
        } finally {
          for (const length of [262_144, 1, 5]) client.send(null, 'x'.repeat(length));
        }
      });
      expect(refusal).toBe('TOO_LARGE');
      for (const { page, errors } of others) {
        await page.waitForFunction(() => document.title === '262144 1 5');
        const bugs = ['a bug of the host', 'a late bug of the host'];
        await expect.poll(() => [...errors].sort()).toEqual([...bugs, ...bugs, ...bugs].sort());
      }
    },
    PATIENCE,
  );
});

/**
 * Visits of one browser to a page that connects with several servers at once.
 * @returns a function that opens the page, and resolves with the ms until each connection was there
 */
function visits(context: BrowserContext, host: string) {
  onTestFinished(() => context.close());
  return async (servers: readonly { url: string }[], then?: (page: Page) => Promise<void>): Promise<number[]> => {
    const page = await context.newPage();
    await page.goto(host);
    const took = await page.evaluate(
      (urls) =>
        Promise.all(
          urls.map(
            (url) =>
              new Promise<number>((resolve) => {
                const begun = performance.now();
                globalThis.client = new mesh.MeshClient({ url });
                client.state.subscribe(({ connection }) => {
                  if (connection === 'connected') resolve(performance.now() - begun);
                });
              }),
          ),
        ),
      servers.map(({ url }) => url),
    );
    await then?.(page);
    await page.close();
    return took;
  };
}
