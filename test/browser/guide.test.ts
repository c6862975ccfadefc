import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { startServer } from '../support/fixtures.ts';
import { describeInChromium } from './chromium.ts';

const guide = new URL('../../docs/guide/', import.meta.url);
const tasks = readdirSync(guide).map((file) => file.replace(/\.md$/, ''));

/** The page in a document of the guide, as somebody would paste it. */
function pageOf(task: string): string {
  const [, page] = /```html\n([\s\S]*?)```/.exec(readFileSync(new URL(`${task}.md`, guide), 'utf8')) ?? [];
  if (page === undefined) throw new Error(`docs/guide/${task}.md has no page`);
  return page;
}

/** Serves the page of a task, with a server of calls. @returns its URL */
async function serve(task: string, env: Record<string, string> = {}): Promise<string> {
  const { url } = await startServer(env);
  const page = pageOf(task).replaceAll('http://localhost:9090', url);
  const host = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(page));
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    host.closeAllConnections();
    host.close();
  });
  return `http://localhost:${(host.address() as AddressInfo).port}/`;
}

/** Has the browser share a square, which no camera is, instead of asking the person for a screen. Runs in the page. */
function shareASquare(): void {
  const canvas = Object.assign(document.createElement('canvas'), { width: 240, height: 240 });
  setInterval(() => canvas.getContext('2d')?.fillRect(0, 0, Math.random() * 240, 240), 40);
  navigator.mediaDevices.getDisplayMedia = async () => canvas.captureStream(25);
}

describeInChromium('The page of the guide', (browser) => {
  const profiles = new Map<string, Promise<BrowserContext>>();
  const tested = new Set<string>();

  /** Opens a page in the profile of a person, which all tests share. It must not report an error. */
  async function open(person: string, url: string): Promise<Page> {
    const profile = profiles.get(person) ?? browser().newContext({ permissions: ['camera', 'microphone'] });
    profiles.set(person, profile);
    const page = await (await profile).newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    onTestFinished(async () => {
      await page.close();
      expect(errors).toEqual([]);
    });
    await page.goto(url);
    return page;
  }

  /** Opens a page twice: as its owner, and by the invitation that the owner's page shows. */
  async function openBoth(url: string): Promise<{ owner: Page; guest: Page }> {
    const owner = await open('owner', url);
    const guest = await open('guest', await invitationOn(owner));
    await guest.locator('#invitation[href]').waitFor({ state: 'attached' });
    return { owner, guest };
  }

  const invitationOn = async (page: Page) => {
    const link = page.locator('#invitation[href]');
    await link.waitFor({ state: 'attached' });
    return link.evaluate((element) => (element as HTMLAnchorElement).href);
  };
  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
  const shows = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();
  const plays = (page: Page) =>
    page.waitForFunction(() => {
      const video = document.querySelector<HTMLVideoElement>('#tiles video');
      return video !== null && video.getVideoPlaybackQuality().totalVideoFrames > 5;
    });

  /** Starts the call. The owner's page may hear of the guest a moment after the guest's own page. */
  const startCall = (owner: Page, isOn: () => Promise<boolean>) =>
    expect
      .poll(
        async () => {
          await press(owner, 'Start call');
          return isOn();
        },
        { interval: 500, timeout: 30_000 },
      )
      .toBe(true);

  const describes = (task: string, title: string, test: () => Promise<void>) => {
    tested.add(task);
    it(`"${task}" ${title}`, test);
  };

  describes('join', 'creates a workspace with a PIN, joins it, comes back after a reload, and leaves', async () => {
    const owner = await open('owner', await serve('join'));
    await owner.getByPlaceholder('Your name').fill('Ada');
    await owner.getByPlaceholder('PIN').fill('2468');
    await press(owner, 'Join');
    const guest = await open('guest', await invitationOn(owner));
    await guest.getByPlaceholder('Your name').fill('Bob');
    await press(guest, 'Join');
    await shows(guest, /PIN/);
    await guest.getByPlaceholder('PIN').fill('2468');
    await press(guest, 'Join');
    await guest.getByRole('listitem').getByText('Ada').waitFor();
    await owner.getByRole('listitem').getByText('Bob').waitFor();
    await guest.reload();
    await guest.getByRole('listitem').getByText('Bob').waitFor();
    await press(guest, 'Leave');
    await shows(guest, 'You are out: left.');
    await owner.getByRole('listitem').getByText('Bob').waitFor({ state: 'detached' });
  });

  describes('ring', 'rings one person, hears a no, and then has a call that both see', async () => {
    const { owner, guest } = await openBoth(await serve('ring'));
    await press(owner, 'Ring Guest');
    await shows(guest, 'is calling');
    await press(guest, 'Decline');
    await shows(owner, 'Guest declined, or is busy.');
    await press(owner, 'Ring everybody');
    await press(guest, 'Accept');
    await plays(owner);
    await plays(guest);
    await press(owner, 'Hang up');
    await guest.locator('#tiles video').waitFor({ state: 'detached' });
  });

  describes('devices', 'shows the own picture, mutes, closes the camera, and changes the microphone', async () => {
    const page = await open('owner', await serve('devices'));
    await press(page, 'Mute');
    await press(page, 'Unmute');
    await press(page, 'Camera off');
    await press(page, 'Camera on');
    await page.waitForFunction(() => {
      const video = document.querySelector('video');
      return video !== null && video.getVideoPlaybackQuality().totalVideoFrames > 5;
    });
    const microphones = page.getByLabel('Microphone');
    const other = await microphones.evaluate((list) => {
      const { options, value } = list as HTMLSelectElement;
      return [...options].map((option) => option.value).find((id) => id !== value);
    });
    await microphones.selectOption(other ?? 'There is one alone.');
    await page.waitForFunction((id) => {
      const stream = document.querySelector('video')?.srcObject as MediaStream | null;
      return stream?.getAudioTracks()[0]?.getSettings().deviceId === id;
    }, other);
    expect(await page.locator('#problem').textContent()).toBe('');
  });

  describes('screen', 'shares the screen on a call, and then the camera again', async () => {
    const { owner, guest } = await openBoth(await serve('screen'));
    await owner.evaluate(shareASquare);
    await startCall(owner, async () => (await owner.locator('#tiles video').count()) === 1);
    await plays(owner);
    await plays(guest);
    const isSquare = () =>
      guest.locator('#tiles video').evaluate((element) => {
        const { videoWidth, videoHeight } = element as HTMLVideoElement;
        return videoWidth === videoHeight;
      });
    await press(owner, 'Share screen');
    await shows(owner, 'Stop sharing');
    await expect.poll(isSquare, { timeout: 30_000 }).toBe(true);
    await press(owner, 'Stop sharing');
    await expect.poll(isSquare, { timeout: 30_000 }).toBe(false);
  });

  describes('chat', 'writes, counts what is new, and shows it to somebody who comes later', async () => {
    const owner = await open('owner', await serve('chat'));
    const invitation = await invitationOn(owner);
    await owner.getByPlaceholder('Message').fill('Hello <b>');
    await press(owner, 'Send');
    await owner.getByText('You: Hello <b>', { exact: true }).waitFor();
    const guest = await open('guest', invitation);
    await shows(guest, 'Owner: Hello <b>');
    await owner.getByRole('list').click();
    expect(await owner.locator('#news').textContent()).toBe('');
    await guest.getByPlaceholder('Message').fill('Good morning');
    await press(guest, 'Send');
    await shows(owner, 'Guest: Good morning');
    await shows(owner, '1 new');
    await owner.getByPlaceholder('Message').focus();
    await expect.poll(() => owner.locator('#news').textContent(), { timeout: 30_000 }).toBe('');
  });

  describes('consultation', 'opens one, joins it as its client, and closes it', async () => {
    const url = await serve('consultation', { USERS: 'open' });
    const [provider, client] = [await open('owner', url), await open('guest', url)];
    for (const [page, name] of [
      [provider, 'Ada'],
      [client, 'Bob'],
    ] as const) {
      await page.getByPlaceholder('Your name').fill(name);
      await press(page, 'Sign in');
      await page.getByPlaceholder('Name of the client').waitFor();
    }
    await provider.getByPlaceholder('Name of the client').fill('bob');
    await press(provider, 'Open a consultation');
    await shows(provider, 'In the room: Ada');
    await press(client, 'Join');
    await shows(provider, 'In the room: Ada, Bob');
    await shows(client, 'In the room: Ada, Bob');
    await press(provider, 'Close');
    await shows(client, 'closed after 0 s of calls');
  });

  describes('recording', 'asks everybody, records who agrees, and has it with the server', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'guide-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { owner, guest } = await openBoth(await serve('recording', { RECORDINGS_DIR: folder }));
    await startCall(owner, () => owner.getByRole('button', { name: 'Record', exact: true }).isVisible());
    await press(owner, 'Record');
    await shows(guest, 'You may close this page.');
    await press(owner, 'Do not record me');
    await press(guest, 'Agree');
    await shows(guest, /kB to go/);
    // Browsers hand over what they recorded every two seconds.
    await expect
      .poll(
        async () => {
          await press(owner, 'Files');
          return owner.locator('#files').innerText();
        },
        { interval: 500, timeout: 30_000 },
      )
      .toMatch(/^Guest, camera: [1-9]\d* bytes$/);
    await press(owner, 'Stop recording');
    await shows(guest, 'You may close this page.');
  });

  describes('errors', 'says why an invitation is refused, and that the connection is there', async () => {
    const page = await open('owner', await serve('errors'));
    await page.getByPlaceholder('Invitation').fill('nonsense');
    await press(page, 'Join');
    await expect.poll(() => page.locator('#refused').textContent(), { timeout: 30_000 }).toMatch(/\.$/);
    expect(await page.locator('#connection').textContent()).toBe('');
  });

  it('has a test for each page', () => {
    expect([...tested].sort()).toEqual([...tasks].sort());
  });

  afterAll(async () => {
    for (const profile of profiles.values()) await (await profile).close();
  });
});
