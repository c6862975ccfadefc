import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startServer } from '../support/fixtures.ts';
import { reactBundle, reacts } from '../support/react-bundle.ts';
import { renderedBy } from '../support/react-server.ts';
import { describeInChromium } from './chromium.ts';
import { peopleIn } from './people.ts';

describeInChromium('mesh-workspaces/react', (browser) => {
  const { arrive } = peopleIn(browser);

  /** Serves the application that a server has rendered, and the script that brings it to life. */
  async function serve(react: (typeof reacts)[number], input: { url: string; token: string; name: string }) {
    const [html, script] = await Promise.all([
      renderedBy(react, input),
      reactBundle(react, 'react/browser-entry.tsx', 'script'),
    ]);
    const server = createServer((request, response) => {
      const isScript = request.url === '/app.js';
      response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
      response.end(
        isScript
          ? script
          : `<!doctype html><link rel="icon" href="data:,"><div id="root">${html}</div><script src="/app.js"></script>`,
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://localhost:${(server.address() as AddressInfo).port}/`;
  }

  describe.each(reacts)('with React %i', (react) => {
    it('has one seat and one connection in StrictMode, a call that outlives what suspends, and nothing when it is gone', async () => {
      const { url } = await startServer();
      const ada = await arrive(url, 'Ada');
      const link = await ada.createWorkspace({ workspace: 'Atelier' });
      const input = { url, token: link.slice(link.indexOf('#') + 1), name: 'Bob' };
      const bob = await arrive(await serve(react, input), 'Bob');
      const sockets: string[] = [];
      bob.page.on('websocket', (socket) => sockets.push(socket.url()));
      await bob.page.evaluate((given) => {
        globalThis.takeAway = mount(given);
      }, input);
      await bob.heading('Atelier: Ada, Bob').waitFor();
      await ada.startCall([bob]);
      await bob.press('Accept Ada');
      await bob.seesMoving(['Ada']);
      await ada.seesMoving(['Bob']);
      await ada.seesOnly([ada, bob]);
      expect(sockets).toHaveLength(1);
      expect(await bob.openConnections()).toBe(1);
      expect(await bob.captures()).toEqual(['audio', 'video']);
      await bob.page.waitForFunction(() => {
        const video = document.querySelector<HTMLVideoElement>('video.own');
        return video?.muted && video.getVideoPlaybackQuality().totalVideoFrames > 5;
      });
      expect(await bob.page.locator('#heard').textContent()).toBe('Ada rang');

      await bob.press('Camera off');
      await bob.button('Camera on').waitFor();
      await bob.press('Camera on');
      await bob.press('Greet');
      await bob.page.getByText('Hello from Bob').waitFor();
      await bob.press('Rename');
      await ada.tile('Robert').waitFor();
      await bob.press('Load more');
      await bob.page.getByText('Loading', { exact: true }).waitFor();
      await ada.isConnectedWith([{ name: 'Robert' } as typeof bob]);
      await bob.page.evaluate(() => finishLoading());
      await bob.page.getByText('Loaded', { exact: true }).waitFor();
      await bob.seesMoving(['Ada']);
      expect(await bob.openConnections()).toBe(1);

      await bob.page.evaluate(() => takeAway());
      expect(await bob.captures()).toEqual([]);
      expect(await bob.openConnections()).toBe(0);
      expect(sockets).toHaveLength(1);
      await ada.page.locator('figure[data-connection="connected"]').nth(1).waitFor({ state: 'detached' });
    });
  });
});
