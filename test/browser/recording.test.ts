import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import type { RecorderState } from '../../src/recorder/recorder.ts';
import { emptyFolder, run, secrets } from '../support/built-server.ts';
import { freePort } from '../support/free-port.ts';
import { httpProxy } from '../support/http-proxy.ts';
import { describeInChromium } from './chromium.ts';
import { cuttingProxy } from './cutting-proxy.ts';
import { hostPage, Participant } from './participants.ts';

declare global {
  /** Hands what a MediaRecorder gave to the test. */
  var gaveBytes: (run: string, base64: string) => Promise<void>;
}

/** What each run of MediaRecorder gave, in its order, as pages told it. */
class Given {
  readonly runs = new Map<string, Buffer[]>();

  async watch(context: BrowserContext): Promise<void> {
    await context.exposeFunction('gaveBytes', (run: string, base64: string) => {
      this.runs.set(run, [...(this.runs.get(run) ?? []), Buffer.from(base64, 'base64')]);
    });
    await context.addInitScript(() => {
      const { start } = MediaRecorder.prototype;
      MediaRecorder.prototype.start = function (this: MediaRecorder, ...args) {
        const run = crypto.randomUUID();
        let before = Promise.resolve();
        this.addEventListener('dataavailable', ({ data }) => {
          before = before.then(async () => {
            const bytes = new Uint8Array(await data.arrayBuffer());
            const text = Array.from({ length: Math.ceil(bytes.length / 8192) }, (_, index) =>
              String.fromCharCode(...bytes.subarray(index * 8192, (index + 1) * 8192)),
            );
            await gaveBytes(run, btoa(text.join('')));
          });
        });
        start.apply(this, args);
      };
    });
  }

  /** The runs that gave something. */
  get size(): number {
    return [...this.runs.values()].filter((pieces) => pieces.some(({ length }) => length > 0)).length;
  }

  /** Whether some run gave exactly these bytes, or, `orBegan`, these first and more after them. */
  has(bytes: Buffer, orBegan = false): boolean {
    const isSame = (given: Buffer) => given.equals(bytes) || (orBegan && given.subarray(0, bytes.length).equals(bytes));
    return [...this.runs.values()].some((pieces) => isSame(Buffer.concat(pieces)));
  }
}

const looks = { polling: 100, timeout: 30_000 };

const startRecorder = (page: Page) =>
  page.evaluate(() => {
    globalThis.recorder = new meshRecorder.Recorder(client);
  });

/** Waits until the state of the recorder on a page is as it should be. */
async function recorderIs(page: Page, is: (state: RecorderState) => boolean): Promise<RecorderState> {
  const source = `(${is.toString()})(recorder.state.value)`;
  await page
    .waitForFunction((source) => new Function(`return ${source}`)(), source, looks)
    .catch(async () => {
      throw new Error(`${source}: ${JSON.stringify(await page.evaluate(() => recorder.state.value))}`);
    });
  return page.evaluate(() => recorder.state.value);
}

const agree = (page: Page) =>
  page
    .waitForFunction(() => client.state.value.recording !== null, null, looks)
    .then(() => page.evaluate(() => client.consent(true, 'v1')));

/** Whether a browser can show what it recorded. */
const plays = (page: Page, bytes: Buffer) =>
  page.evaluate(async (base64) => {
    const video = document.createElement('video');
    video.muted = true;
    const response = await fetch(`data:video/webm;base64,${base64}`);
    video.src = URL.createObjectURL(await response.blob());
    await new Promise((resolve, reject) => {
      video.addEventListener('loadeddata', resolve);
      video.addEventListener('error', () => reject(new Error(video.error?.message)));
    });
    return video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
  }, bytes.toString('base64'));

/** What the server has, by the names of its uploads. */
async function uploadsIn(folder: string): Promise<Buffer[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('_'));
  return Promise.all(names.map((name) => readFile(join(folder, name))));
}

const API_KEY = 'Kq7mXv2TzR9bWn4LpYs6GdHf1cJe8uAo';

/** What a host system reads of all recordings of a server: the SHA-256 of each part that is whole, null of the others. */
async function sumsBy(url: string): Promise<(string | null)[]> {
  const read = async (path: string) => {
    const response = await fetch(`${url}/api/v1/${path}`, { headers: { Authorization: `Bearer ${API_KEY}` } });
    expect(response.status, path).toBe(200);
    return response.json();
  };
  const { items }: { items: { id: string }[] } = await read('recordings');
  const details: { recording: { parts: { sha256: string | null }[] } }[] = await Promise.all(
    items.map(({ id }) => read(`recordings/${id}`)),
  );
  return details.flatMap(({ recording }) => recording.parts.map(({ sha256 }) => sha256));
}

const sumsOf = (files: readonly Buffer[]) => files.map((file) => createHash('sha256').update(file).digest('hex'));

/** A server that records, and runs again after a kill; with a network before it that a test can take away. */
async function recordingServer() {
  const folder = await emptyFolder();
  const port = String(await freePort());
  const env = {
    PORT: port,
    RECORDINGS_DIR: 'recordings',
    JSON_STORAGE_FILE: 'calls.json',
    API_KEYS: `host:${API_KEY}`,
    ...secrets,
  };
  const start = () => run(folder, { env });
  let server = start();
  const url = await server.listening();
  const proxy = await cuttingProxy(url);
  return {
    url,
    proxy,
    uploads: () => uploadsIn(join(folder, 'recordings')),
    sums: () => sumsBy(`http://localhost:${port}`),
    kill: async () => {
      server.kill('SIGKILL');
      await server.ended;
    },
    restart: async () => {
      server = start();
      await server.listening();
    },
  };
}

/** Opens the page of somebody, in a profile of its own. @param prepare changes the browser before that */
async function arrive(
  browser: Browser,
  { host, url, given, name }: { host: string; url: string; given: Given; name: string },
  prepare: (context: BrowserContext) => Promise<unknown> = async () => {},
): Promise<Participant> {
  const context = await browser.newContext({ permissions: ['camera', 'microphone'] });
  onTestFinished(() => context.close());
  await given.watch(context);
  await prepare(context);
  const page = await context.newPage();
  await page.goto(host);
  const participant = new Participant(page, name, { url });
  await participant.start();
  return participant;
}

/** Two people on a call that is recorded, to which both have agreed. */
async function recordedCall(ada: Participant, bob: Participant): Promise<void> {
  await bob.attend(await ada.create());
  await ada.startCall(2);
  await bob.accept();
  await ada.page.waitForFunction(() => client.state.value.call?.participants.length === 2, null, looks);
  await Promise.all([ada, bob].map(({ page }) => startRecorder(page)));
  await ada.page.evaluate(() => client.startRecording());
  await Promise.all([ada, bob].map(({ page }) => agree(page)));
}

const resumeIn = (page: Page) =>
  page.evaluate(() => {
    globalThis.recorder = meshRecorder.resumeUploads();
  });

describeInChromium('A recording', (browser) => {
  it('is on the server byte by byte, after cuts, a reload, kill -9 of the server, two tabs and a closed tab', async () => {
    const server = await recordingServer();
    const { proxy } = server;
    const host = await hostPage({ records: true });
    const given = new Given();
    const open = (name: string) => arrive(browser(), { host, url: proxy.url, given, name });
    const [ada, bob] = await Promise.all([open('Ada'), open('Bob')]);
    await recordedCall(ada, bob);
    await Promise.all([ada, bob].map(({ page }) => recorderIs(page, (state) => state.uploadedBytes > 0)));

    proxy.cut();
    await bob.reload();
    await startRecorder(bob.page);
    await recorderIs(bob.page, (state) => state.isRecording);

    await server.kill();
    await recorderIs(ada.page, (state) => state.problems.some(({ code }) => code === 'server-away'));
    await server.restart();
    await Promise.all([ada, bob].map(({ page }) => recorderIs(page, (state) => state.problems.length === 0)));

    const second = await ada.page.context().newPage();
    await second.goto(host);
    await resumeIn(second);
    await recorderIs(second, (state) => state.upload === 'elsewhere' && !state.mayClose);
    await second.close();

    // Ada's tab goes while the server is away, with bytes that it did not send.
    const isBack = proxy.away(3_000);
    const { recordedBytes } = await recorderIs(ada.page, (state) => state.pendingBytes > 0);
    const visit = await ada.page.context().newPage();
    await ada.page.close();
    await visit.goto(host);
    await resumeIn(visit);
    const resumed = await recorderIs(visit, (state) => state.uploadedBytes > 0 && state.mayClose);
    expect(resumed.uploadedBytes).toBeGreaterThanOrEqual(recordedBytes);

    await isBack;
    await recorderIs(bob.page, (state) => state.uploadedBytes > 0 && state.pendingBytes === 0);
    // A withdrawal counts without a connection too.
    await bob.page.evaluate(() => void client.consent(false).catch(() => {}));
    await recorderIs(bob.page, (state) => !state.isRecording && state.mayClose);

    const files = await server.uploads();
    expect((await server.sums()).sort()).toEqual(sumsOf(files).sort());
    // Two runs ended because their page was gone: what came last may not have reached the storage of the browser.
    expect(files.filter((bytes) => given.has(bytes, true))).toHaveLength(files.length);
    expect(files.filter((bytes) => !given.has(bytes)).length).toBeLessThanOrEqual(2);
    expect(files).toHaveLength(given.size);
    for (const bytes of files) expect(await plays(bob.page, bytes)).toBe(true);
    expect(bob.errors).toEqual([]);
  });

  it('begins a new part with other tracks, and says when the browser has no room or keeps nothing', async () => {
    const server = await recordingServer();
    const host = await hostPage({ records: true });
    const given = new Given();
    const who = { host, url: server.proxy.url, given };
    const [ada, bob] = await Promise.all([
      arrive(browser(), { ...who, name: 'Ada' }, (context) =>
        context.addInitScript(() => {
          const canvas = document.createElement('canvas');
          setInterval(() => canvas.getContext('2d')?.fillRect(Math.random() * 300, 0, 9, 99), 50);
          navigator.mediaDevices.getDisplayMedia = async () => canvas.captureStream(10);
        }),
      ),
      arrive(browser(), { ...who, name: 'Bob' }, (context) =>
        context.addInitScript(() => {
          IDBFactory.prototype.open = () => {
            throw new DOMException('refused', 'SecurityError');
          };
        }),
      ),
    ]);
    // Chromium remembers for half a minute that there is room.
    const devtools = await ada.page.context().newCDPSession(ada.page);
    const { origin } = new URL(host);
    await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
    await recordedCall(ada, bob);
    await recorderIs(ada.page, (state) => state.problems.some(({ code }) => code === 'storage-full'));
    await devtools.send('Storage.overrideQuotaForOrigin', { origin });
    await recorderIs(ada.page, (state) => state.uploadedBytes > 0 && state.problems.length === 0);
    await recorderIs(bob.page, (state) => state.uploadedBytes > 0);
    await recorderIs(bob.page, (state) => state.problems.map(({ code }) => code).join() === 'no-storage');

    await ada.page.evaluate(() => client.media.setCamera(false));
    await ada.page.evaluate(() => client.media.setMicrophone(false));
    await ada.page.evaluate(() => client.media.shareScreen());
    await expect.poll(() => given.size, { timeout: 20_000 }).toBe(4);
    await ada.page.evaluate(() => client.stopRecording());
    await Promise.all([ada, bob].map(({ page }) => recorderIs(page, (state) => state.mayClose)));

    const files = await server.uploads();
    expect((await server.sums()).sort()).toEqual(sumsOf(files).sort());
    expect(files.filter((bytes) => given.has(bytes))).toHaveLength(4);
    for (const bytes of files) expect(await plays(bob.page, bytes)).toBe(true);
    expect(await ada.page.evaluate(() => recorder.state.value)).toMatchObject({ pendingBytes: 0, problems: [] });
    expect([...ada.errors, ...bob.errors]).toEqual([]);
  });

  it('of a page without a network until the call and its workspace were over comes days later, past a proxy with limits', async () => {
    const server = await recordingServer();
    const proxy = await httpProxy(Number(new URL(server.url).port));
    const host = await hostPage({ records: true });
    const given = new Given();
    const [ada, bob] = await Promise.all([
      arrive(browser(), { host, url: server.url, given, name: 'Ada' }),
      arrive(browser(), { host, url: proxy.url, given, name: 'Bob' }),
    ]);
    await recordedCall(ada, bob);
    await recorderIs(bob.page, (state) => state.uploadedBytes > 0);

    proxy.isAway = true;
    proxy.cut();
    await recorderIs(bob.page, (state) => state.pendingBytes > 400_000);
    await bob.page.evaluate(() => client.media.setCamera(false));
    await expect.poll(() => given.size, { timeout: 20_000 }).toBe(3);
    await ada.page.evaluate(() => client.destroy());
    await recorderIs(ada.page, (state) => state.mayClose);
    // The tab goes, and with it the seat.
    const context = bob.page.context();
    await bob.page.close();

    const visit = await context.newPage();
    await visit.addInitScript((days) => {
      const { now } = Date;
      Date.now = () => now() + days * 86_400_000;
    }, 6);
    let hasCut = false;
    proxy.fateOf = ({ method, size }) => {
      // The page is of another origin, and cannot read the answer of a proxy.
      if (size > 300_000) return { status: 413 };
      const isFirst = method === 'PATCH' && !hasCut;
      hasCut ||= isFirst;
      return isFirst ? { arrives: 50_000 } : null;
    };
    proxy.isAway = false;
    await visit.goto(host);
    await resumeIn(visit);
    await recorderIs(visit, (state) => state.uploadedBytes > 0 && state.mayClose);
    expect(hasCut).toBe(true);

    const files = await server.uploads();
    expect(files).toHaveLength(3);
    expect((await server.sums()).sort()).toEqual(sumsOf(files).sort());
    expect(files.filter((bytes) => given.has(bytes, true))).toHaveLength(3);
    for (const bytes of files) expect(await plays(visit, bytes)).toBe(true);
  });
});
