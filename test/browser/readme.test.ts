import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { startServer } from '../support/fixtures.ts';
import { describeInChromium } from './chromium.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

describeInChromium('The page in README.md', (browser) => {
  it('is a whole video call, as printed', async () => {
    const [, example] = /```html\n([\s\S]*?)```/.exec(readme) ?? [];
    if (example === undefined) throw new Error('README.md has no page');
    expect(example.trim().split('\n').length).toBeLessThanOrEqual(30);

    const { url } = await startServer();
    const page = example.replaceAll('http://localhost:9090', url);
    const host = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(page));
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      host.closeAllConnections();
      host.close();
    });

    const open = async (address: string) => {
      const context = await browser().newContext({ permissions: ['camera', 'microphone'] });
      onTestFinished(() => context.close());
      const tab = await context.newPage();
      await tab.goto(address);
      return tab;
    };
    const owner = await open(`http://localhost:${(host.address() as AddressInfo).port}/`);
    const invitation = owner.getByRole('link', { name: 'Invitation' });
    await invitation.waitFor();
    const guest = await open(await invitation.evaluate((link) => (link as HTMLAnchorElement).href));
    await guest.getByRole('link', { name: 'Invitation' }).waitFor();
    // The call rings only people who are there already, so the owner presses again until somebody answers.
    await expect
      .poll(async () => {
        await owner.getByRole('button', { name: 'Start call' }).click();
        return owner.locator('video').count();
      })
      .toBe(1);
    for (const tab of [owner, guest]) {
      await tab.waitForFunction(() => {
        const video = document.querySelector('video');
        return video !== null && video.getVideoPlaybackQuality().totalVideoFrames > 5;
      });
    }
  }, 60_000);
});
