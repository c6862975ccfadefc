/**
 * The time until everybody in a mesh is connected, how well the pictures move, and the bytes that this takes. One
 * server, one Chromium,
 * everything on this machine: `npm run bench:mesh`.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { loadConfig } from '../src/server/config/load-config.ts';
import { start } from '../src/server/server.ts';
import { createServices } from '../src/server/services.ts';
import { clientScript } from '../test/browser/client-script.ts';
import { fakeDevices } from '../test/browser/fake-devices.ts';
import { clientAlone, gzipped } from '../test/support/client-size.ts';

const SIZES = (process.env.SIZES ?? '2,3,5,8').split(',').map(Number);
const ROUNDS = Number(process.env.ROUNDS ?? 5);

/** One machine encodes n (n - 1) videos; with more people than this the cameras are off. */
const MOST_CAMERAS = 5;
/** Pictures grow for some seconds before they are measured for some seconds, in ms. */
const GROWING = 8_000;
const MEASURING = 4_000;

interface Wire {
  messages: number;
  bytes: number;
}

interface Round {
  /** ms from the last person's attend to the last connected pair, while the others' mesh is connected */
  joinMs: number;
  /** ms from the start of the call to the last pair connected */
  callMs: number;
  /** null without cameras */
  pictures: Pictures | null;
  wire: Wire;
}

interface Pictures {
  /** frames a second of the picture that moves least */
  slowest: number;
  /** the median of the heights, in pixels */
  height: number;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const spread = (values: number[]) => `${median(values)} (${Math.min(...values)} to ${Math.max(...values)})`;

async function servePage(): Promise<{ url: string; close(): void }> {
  const script = await clientScript();
  const http = createServer((request, response) => {
    const isScript = request.url === '/client.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><title>bench</title><script src="client.js"></script>');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => http.once('listening', resolve));
  const close = () => {
    http.closeAllConnections();
    http.close();
  };
  return { url: `http://localhost:${(http.address() as AddressInfo).port}/`, close };
}

/** Counts the frames that the page sends over its WebSocket. Another page sent, and counts, those that it receives. */
function watch(page: Page, wire: Wire): void {
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => {
      wire.messages += 1;
      wire.bytes += Buffer.byteLength(payload);
    });
  });
}

async function connectedWith(page: Page, others: number): Promise<void> {
  const connected = (count: number) => {
    const peers = Object.values(client.state.value.peers);
    return peers.length === count && peers.every(({ state }) => state === 'connected');
  };
  await page.waitForFunction(connected, others, { timeout: 60_000 }).catch(async () => {
    throw new Error(`not connected: ${await page.evaluate(() => JSON.stringify(client.state.value.peers))}`);
  });
}

async function seated(page: Page, count: number): Promise<void> {
  await page.waitForFunction((wanted) => client.state.value.seat?.attendees.length === wanted, count);
}

async function round(browser: Browser, pageUrl: string, url: string, size: number): Promise<Round> {
  const wire: Wire = { messages: 0, bytes: 0 };
  const pages: Page[] = [];
  for (let n = 0; n < size; n += 1) {
    const context = await browser.newContext({ permissions: ['camera', 'microphone'] });
    const page = await context.newPage();
    watch(page, wire);
    await page.goto(pageUrl);
    await page.evaluate(
      async ([server, camera]) => {
        globalThis.client = new mesh.MeshClient({ url: server });
        await client.media.open();
        await client.media.setCamera(camera);
      },
      [url, size <= MOST_CAMERAS] as const,
    );
    pages.push(page);
  }
  const [owner, ...guests] = pages;
  const last = guests.at(-1);
  if (!owner || !last) throw new Error('a mesh has two at least');
  const token = await owner.evaluate(async () => {
    await client.create({ workspace: {}, attendee: { name: 'Owner' } });
    return client.state.value.seat?.workspace.token ?? '';
  });
  const join = async (page: Page) => page.evaluate((invitation) => client.attend({ token: invitation }), token);
  const accept = async (page: Page) => {
    await page.waitForFunction(() => client.state.value.incoming !== null);
    await page.evaluate(() => client.accept());
  };

  const early = guests.slice(0, -1);
  for (const page of early) await join(page);
  await seated(owner, size - 1);
  const callStart = performance.now();
  await owner.evaluate(() => client.startCall());
  await Promise.all(early.map(accept));
  const there = [owner, ...early];
  await Promise.all(there.map((page) => connectedWith(page, there.length - 1)));
  const callMs = Math.round(performance.now() - callStart);

  const joinStart = performance.now();
  await join(last);
  // With two people there is no call yet that could ring the newcomer.
  if (early.length === 0) {
    await seated(owner, size);
    await owner.evaluate(() => client.startCall());
  }
  await accept(last);
  await Promise.all(pages.map((page) => connectedWith(page, size - 1)));
  const joinMs = Math.round(performance.now() - joinStart);
  const seen = size <= MOST_CAMERAS ? (await Promise.all(pages.map(pictures))).flat() : [];
  for (const page of pages) await page.context().close();
  const slowest = Math.round(Math.min(...seen.map(({ rate }) => rate)) * 10) / 10;
  const height = median(seen.map((picture) => picture.height));
  return { joinMs, callMs, pictures: seen.length > 0 ? { slowest, height } : null, wire };
}

/** Plays every picture that a page gets, and measures how well it moves. */
function pictures(page: Page): Promise<{ rate: number; height: number }[]> {
  return page.evaluate(
    async (pauses) => {
      const videos = Object.values(client.state.value.peers).map(({ stream }) => {
        const video = document.createElement('video');
        Object.assign(video, { muted: true, width: 160, srcObject: stream });
        document.body.append(video);
        void video.play();
        return video;
      });
      const looks: { at: number; frames: number[] }[] = [];
      for (const ms of pauses) {
        await new Promise((resolve) => setTimeout(resolve, ms));
        const frames = videos.map((video) => video.getVideoPlaybackQuality().totalVideoFrames);
        looks.push({ at: performance.now(), frames });
      }
      const [before, after] = looks;
      if (!before || !after) return [];
      return videos.map((video, index) => ({
        rate: (((after.frames[index] ?? 0) - (before.frames[index] ?? 0)) * 1000) / (after.at - before.at),
        height: video.videoHeight,
      }));
    },
    [GROWING, MEASURING],
  );
}

const services = await createServices(loadConfig({ PORT: '0', LOG_LEVEL: 'silent', MAX_CAPACITY_OF_WORKSPACE: '10' }));
const server = await start(services);
const host = await servePage();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: fakeDevices,
});
try {
  console.log(`Client without socket.io-client: ${gzipped(await clientAlone())} bytes, gzipped\n`);
  console.log(
    `| people | last one joins, ms | slowest picture, frames/s | height | messages a pair | kB a pair |\n|---|---|---|---|---|---|`,
  );
  for (const size of SIZES) {
    const rounds: Round[] = [];
    for (let n = 0; n < ROUNDS; n += 1) rounds.push(await round(browser, host.url, server.url, size));
    const pairs = (size * (size - 1)) / 2;
    const messages = spread(rounds.map(({ wire }) => Math.round(wire.messages / pairs)));
    const bytes = spread(rounds.map(({ wire }) => Math.round(wire.bytes / pairs / 100) / 10));
    const seen = rounds.flatMap(({ pictures }) => pictures ?? []);
    const slowest = seen.length > 0 ? spread(seen.map((each) => each.slowest)) : '-';
    const height = seen.length > 0 ? spread(seen.map((each) => each.height)) : '-';
    const joins = spread(rounds.map(({ joinMs }) => joinMs));
    console.log(`| ${size} | ${joins} | ${slowest} | ${height} | ${messages} | ${bytes} |`);
  }
} finally {
  await browser.close();
  host.close();
  await server.close();
}
