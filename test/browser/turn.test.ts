import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { hasCoturn, startCoturn } from '../server/ice/coturn-server.ts';
import { startServer } from '../support/fixtures.ts';
import { takenIceUrls } from '../support/ice-urls.ts';
import { describeInChromium } from './chromium.ts';
import { fullMesh, hostPage, Participant } from './participants.ts';

const SECRET = 'the secret that coturn and the server share';
const PATIENCE = 90_000;

describeInChromium('Calls through relays only', (browser) => {
  /** Two people who may use relays only, on a call. */
  async function call(env: Record<string, string>): Promise<[Participant, Participant]> {
    const { url } = await startServer(env);
    const host = await hostPage();
    const options = { url, iceTransportPolicy: 'relay', deadlineMs: 6_000 } as const;
    const [ada, bob] = await Promise.all([
      Participant.open(browser(), host, 'Ada', options),
      Participant.open(browser(), host, 'Bob', options),
    ]);
    await bob.attend(await ada.create());
    await ada.startCall(2);
    await bob.accept();
    return [ada, bob];
  }

  async function failure({ page }: Participant): Promise<string | null> {
    await page.waitForFunction(() => Object.values(client.state.value.peers).some(({ state }) => state === 'failed'));
    return page.evaluate(() => Object.values(client.state.value.peers)[0]?.reason ?? null);
  }

  const withCoturn = hasCoturn() || process.env.CI === 'true' ? it : it.skip;

  withCoturn(
    'connect through a real coturn, with the credentials that the server gives',
    async () => {
      const { port, stop } = await startCoturn(SECRET);
      onTestFinished(stop);
      const all = await call({
        ICE_PROVIDER: 'coturn',
        COTURN_URLS: `turn:127.0.0.1:${port}?transport=udp`,
        COTURN_SECRET: SECRET,
      });
      await fullMesh(all);
      const [ada] = all;
      await ada.page.waitForFunction(() =>
        Object.values(client.state.value.peers).every(({ route }) => route !== null),
      );
      expect((await ada.peers()).map(({ route }) => route)).toEqual(['relay']);
    },
    PATIENCE,
  );

  withCoturn(
    'say that the relay refused the credentials',
    async () => {
      const { port, stop } = await startCoturn(SECRET);
      onTestFinished(stop);
      const [ada] = await call({
        ICE_PROVIDER: 'coturn',
        COTURN_URLS: `turn:127.0.0.1:${port}?transport=udp`,
        COTURN_SECRET: 'another secret',
      });
      expect(await failure(ada)).toBe('turn-unauthorized');
    },
    PATIENCE,
  );

  it(
    'say that the relay is down',
    async () => {
      // A port that is taken, so that nobody else gets it, and never answers.
      const silent = createSocket('udp4').bind(0, '127.0.0.1');
      onTestFinished(() => {
        silent.close();
      });
      await once(silent, 'listening');
      const { port } = silent.address() as AddressInfo;
      const [ada, bob] = await call({
        ICE_PROVIDER: 'static',
        ICE_SERVERS: JSON.stringify([
          { urls: `turn:127.0.0.1:${port}?transport=udp`, username: 'somebody', credential: 'something' },
        ]),
      });
      expect(await failure(ada)).toBe('turn-unreachable');
      expect(await failure(bob)).toBe('turn-unreachable');
    },
    PATIENCE,
  );

  it(
    'say that there is no relay at all',
    async () => {
      const [ada] = await call({ ICE_PROVIDER: 'static', ICE_SERVERS: '[{"urls":"stun:127.0.0.1:9"}]' });
      expect(await failure(ada)).toBe('no-relay-candidates');
    },
    PATIENCE,
  );

  it('may name every address that the server takes: RTCPeerConnection takes each of them', async () => {
    const page = await browser().newPage();
    onTestFinished(() => page.close());
    const refused = await page.evaluate(
      (urls) =>
        urls.filter((url) => {
          try {
            new RTCPeerConnection({ iceServers: [{ urls: url, username: 'u'.repeat(508), credential: 'c' }] }).close();
            return false;
          } catch {
            return true;
          }
        }),
      Object.values(takenIceUrls),
    );
    expect(refused).toEqual([]);
  });
});
