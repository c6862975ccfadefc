import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { recordingsFolder } from '../protocol/recording.ts';
import { skipsFfmpeg } from '../server/recordings/film/ffmpeg.ts';
import { startServer } from '../support/fixtures.ts';
import { describeInChromium } from './chromium.ts';
import { cuttingProxy } from './cutting-proxy.ts';
import { light, peopleIn } from './people.ts';
import type { Visitor } from './visitors.ts';

const API_KEY = 'Vn5yQc8LrXw2TkJb7HsEd4MfZg9PaUe3';

/** The files of the recorder among those that a page has loaded. */
const recorderFiles = ({ page }: Visitor): Promise<string[]> =>
  page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => name)
      .filter((name) => /\/assets\/recorder-/.test(name)),
  );

interface Part {
  readonly n: number;
  readonly name: string;
  readonly bytes: number;
  readonly state: string;
  readonly sha256: string | null;
}

interface Recording {
  readonly parts: Part[];
  readonly consents: { readonly given: boolean; readonly text: string }[];
  readonly film: { readonly sha256: string } | null;
}

/** What a host system reads of the only recording. */
async function onlyRecording(url: string): Promise<Recording> {
  const read = async (path: string) => {
    const response = await fetch(`${url}/api/v1/${path}`, { headers: { Authorization: `Bearer ${API_KEY}` } });
    expect(response.status, path).toBe(200);
    return response.json();
  };
  const { items } = await read('recordings');
  expect(items).toHaveLength(1);
  return (await read(`recordings/${items[0].id}`)).recording;
}

/** Downloads the files of buttons. @returns their SHA-256 */
async function downloadAll({ page }: Visitor, buttons: Locator): Promise<string[]> {
  const sums: string[] = [];
  for (const button of await buttons.all()) {
    const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
    expect(download.suggestedFilename()).toMatch(
      /^\d{4}-\d\d-\d\d \d\d-\d\d-\d\d (Ada|Cyd|Everybody in one film)\.(webm|mp4)$/,
    );
    sums.push(
      createHash('sha256')
        .update(await readFile(await download.path()))
        .digest('hex'),
    );
  }
  return sums;
}

/** An upload pauses for up to 37 s, after an answer that did not come, or where pairs lose packets on a busy machine. */
const uploadPatience = { timeout: 60_000 };

describeInChromium('A recording on the page', (browser) => {
  const { arrive, call } = peopleIn(browser);
  const [folder, filmFolder] = [recordingsFolder(), recordingsFolder()];
  const away = { ...light, losesNetwork: true };

  it('asks everybody, late comers too, says all the time that it is on, and when the page may be closed', async () => {
    const server = await startServer({ RECORDINGS_DIR: folder, API_KEYS: `host:${API_KEY}` });
    const proxy = await cuttingProxy(server.url);
    const {
      ada,
      others: [bob],
      link,
    } = await call(proxy.url, ['Bob'], away);
    if (!bob) throw new Error('Bob did not come.');
    expect(await recorderFiles(bob)).toEqual([]);

    // Bob writes a message meanwhile: the question takes nothing from him.
    await bob.press('Chat');
    await bob.field('Message').fill('Good');
    await ada.press('Record');
    await bob.button('Agree').waitFor();
    await bob.hears('May this browser record you?');
    await bob.page.keyboard.type(' day');
    await bob.press('People');
    await bob.press('Chat');
    expect(await bob.field('Message').inputValue()).toBe('Good day');
    await ada.page.waitForFunction(() => document.activeElement?.role === 'alertdialog');
    await ada.page.keyboard.press('Enter');
    await ada.press('Agree');
    await bob.press('Do not agree');
    await ada.hears('Bob does not agree to be recorded.');
    await ada.tile('Bob').getByRole('img', { name: 'Does not agree to be recorded' }).waitFor();
    await bob.press('Recording');
    await bob.page.getByText('You are not recorded.').waitFor();

    const cyd = await arrive(link, 'Cyd', away);
    await cyd.join();
    await cyd.button('Recording').waitFor();
    await cyd.hears('This call is being recorded.');
    await cyd.press('Accept');
    await ada.tile('Cyd').getByRole('img', { name: 'Asked about being recorded' }).waitFor();
    await cyd.press('Agree');
    await ada.tile('Cyd').getByRole('img', { name: 'Agreed to be recorded' }).waitFor();
    await cyd.press('Recording');
    await cyd.page.getByText('You are being recorded.').waitFor();
    await cyd.page.getByText('all of it on the server').waitFor(uploadPatience);

    await cyd.page.reload();
    await cyd.isConnectedWith([ada, bob]);
    await cyd.press('Recording');
    await cyd.page.getByText('You are being recorded.').waitFor();
    expect(await cyd.button('Agree').count()).toBe(0);

    // Every two seconds the browser hands over what it has recorded: some of that is due meanwhile.
    const isBack = proxy.away(3_000);
    await ada.press('Recording');
    await ada.page.getByText(/ left\./).waitFor();
    await isBack;
    await ada.page.getByText('all of it on the server').waitFor(uploadPatience);
    for (const { page } of [ada, cyd]) await page.getByTitle('Server: Connected').waitFor();

    await cyd.press('Stop recording me');
    await cyd.page.getByText('You are not recorded.').waitFor();
    await cyd.hears('The recording is uploaded.', uploadPatience);
    // An owner who has left the call can still end the recording of it.
    await ada.press('Leave call');
    await ada.press('Stop recording');
    await ada.button('Recording').waitFor({ state: 'detached' });
    await ada.hears('The recording is uploaded.', uploadPatience);
    await ada.press('Recordings');
    await ada.page.getByText(/· \d\d:\d\d · complete$/).waitFor();
    const downloaded = await downloadAll(
      ada,
      // After a reload the microphone may be open before the camera: a part of sound alone.
      ada.page.getByRole('button', { name: /^Download: (Ada|Cyd), (Camera and m|M)icrophone, from / }),
    );
    await ada.page.keyboard.press('Escape');
    await ada.press('Close workspace');
    await ada.page.getByText('You can download the recordings afterwards too, in this browser').waitFor();
    await ada.press('Cancel');
    await ada.press('Leave workspace');
    await ada.hears('The recording is uploaded. You may close this page.', uploadPatience);

    const { parts, consents } = await onlyRecording(server.url);
    expect(downloaded.sort()).toEqual(parts.map(({ sha256 }) => sha256).sort());
    expect(parts.map(({ state }) => state)).toEqual(parts.map(() => 'complete'));
    expect([...new Set(parts.map(({ name }) => name))].sort()).toEqual(['Ada', 'Cyd']);
    expect(consents.map(({ given }) => given).sort()).toEqual([false, false, true, true]);
    expect([...new Set(consents.map(({ text }) => text))]).toEqual(['en-1']);
  });

  it('goes on at the next visit with what was left, and the browser asks before such a page is closed', async () => {
    const composes = !skipsFfmpeg();
    const server = await startServer({
      RECORDINGS_DIR: filmFolder,
      RECORDING_COMPOSE: String(composes),
      API_KEYS: `host:${API_KEY}`,
    });
    const proxy = await cuttingProxy(server.url);
    const {
      ada,
      others: [bob],
    } = await call(proxy.url, ['Bob'], away);
    if (!bob) throw new Error('Bob did not come.');
    await ada.press('Record');
    for (const { page } of [ada, bob]) {
      await page.setViewportSize({ width: 320, height: 640 });
      await page.getByRole('button', { name: 'Agree', exact: true }).waitFor();
      const outside = page.getByRole('button').evaluateAll((buttons) =>
        buttons
          .map((button) => ({ name: button.ariaLabel ?? button.textContent, box: button.getBoundingClientRect() }))
          .filter(({ box }) => box.left < 0 || box.right > innerWidth)
          .map(({ name }) => name),
      );
      expect(await outside).toEqual([]);
      const agree = await page.getByRole('button', { name: 'Agree', exact: true }).boundingBox();
      expect((agree?.y ?? 0) + (agree?.height ?? 0)).toBeLessThan(600);
      await page.setViewportSize({ width: 1000, height: 640 });
    }
    await bob.press('Agree');
    await bob.press('Recording');
    await bob.page.getByText('all of it on the server').waitFor(uploadPatience);

    // The bytes find no way to the server any more.
    await bob.page.context().route(/\/uploads\//, (route) => route.abort());
    await ada.press('Stop recording');
    await bob.hears('Please do not close this page yet.');
    await bob.press('Leave workspace');
    await bob.hears('Please do not close this page yet.');
    const asked = new Promise<string>((resolve) => {
      bob.page.once('dialog', (dialog) => {
        resolve(dialog.type());
        void dialog.accept();
      });
    });
    await bob.page.goto(proxy.url);
    expect(await asked).toBe('beforeunload');
    await bob.hears('The server cannot be reached.');
    await bob.page.context().unroute(/\/uploads\//);
    await bob.hears('What this browser recorded on an earlier visit is being uploaded.');
    await bob.page.waitForFunction(() => localStorage.getItem('mesh-workspaces.uploads') === null);

    await bob.page.reload();
    await bob.heading('Create a workspace').waitFor();
    expect(await recorderFiles(bob)).toEqual([]);
    await ada.press('Recordings');
    await ada.page.getByText(/· \d\d:\d\d · complete$/).waitFor();
    if (!composes) return;
    const film = ada.page.getByRole('listitem').filter({ hasText: 'Everybody in one film' });
    const button = film.getByRole('button', { name: 'Download: Everybody in one film', exact: true });
    await button.waitFor({ timeout: 40_000 });
    const sums = await downloadAll(ada, button);
    expect(sums).toEqual([(await onlyRecording(server.url)).film?.sha256]);
  });
});
