import { expect, it } from 'vitest';
import { recordingsFolder } from '../protocol/recording.ts';
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

/** What a host system reads of the only recording. */
async function onlyRecording(url: string): Promise<{ parts: Part[]; consents: { given: boolean; text: string }[] }> {
  const read = async (path: string) => {
    const response = await fetch(`${url}/api/v1/${path}`, { headers: { Authorization: `Bearer ${API_KEY}` } });
    expect(response.status, path).toBe(200);
    return response.json();
  };
  const { items } = await read('recordings');
  expect(items).toHaveLength(1);
  return (await read(`recordings/${items[0].id}`)).recording;
}

describeInChromium('A recording on the page', (browser) => {
  const { arrive, call } = peopleIn(browser);
  const folder = recordingsFolder();
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
    await cyd.press('Accept');
    await ada.tile('Cyd').getByRole('img', { name: 'Asked about being recorded' }).waitFor();
    await cyd.press('Agree');
    await ada.tile('Cyd').getByRole('img', { name: 'Agreed to be recorded' }).waitFor();
    await cyd.press('Recording');
    await cyd.page.getByText('You are being recorded.').waitFor();
    await cyd.page.getByText('all of it on the server').waitFor();

    await cyd.page.reload();
    await cyd.isConnectedWith([ada, bob]);
    await cyd.press('Recording');
    await cyd.page.getByText('You are being recorded.').waitFor();
    expect(await cyd.button('Agree').count()).toBe(0);

    const isBack = proxy.away(1_500);
    await ada.press('Recording');
    await ada.page.getByText(/ left\./).waitFor();
    await isBack;
    await ada.page.getByText('all of it on the server').waitFor();

    await cyd.press('Stop recording me');
    await cyd.page.getByText('You are not recorded.').waitFor();
    await cyd.hears('The recording is uploaded.');
    await ada.press('Stop recording');
    await ada.hears('The recording is uploaded.');
    expect(await ada.button('Recording').count()).toBe(0);
    await ada.press('Leave workspace');
    await ada.hears('The recording is uploaded. You may close this page.');

    const { parts, consents } = await onlyRecording(server.url);
    expect(parts.map(({ state }) => state)).toEqual(parts.map(() => 'complete'));
    expect([...new Set(parts.map(({ name }) => name))].sort()).toEqual(['Ada', 'Cyd']);
    expect(consents.map(({ given, text }) => [given, text])).toEqual(
      [true, false, true, false].map((given) => [given, 'en-1']),
    );
  });
});
