/**
 * How well the film of a call of three people fits together, and what it costs to make it. One server, one Chromium, everything
 * on this machine: `npm run bench:film`. Each page claps every two seconds, with a tone and a white picture, and all at
 * the same instant.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { loadConfig } from '../src/server/config/load-config.ts';
import { layout } from '../src/server/recordings/film/layout.ts';
import { start } from '../src/server/server.ts';
import { createServices } from '../src/server/services.ts';
import { clientScript, recorderScript } from '../test/browser/client-script.ts';
import { fakeDevices } from '../test/browser/fake-devices.ts';
import { beeps, coloursOf, flashes } from '../test/server/recordings/film/ffmpeg.ts';

declare global {
  /** A track that is written (W3C mediacapture-transform); Chromium has it on pages too. */
  class MediaStreamTrackGenerator extends MediaStreamTrack {
    constructor(options: { kind: 'audio' | 'video' });
    readonly writable: WritableStream<AudioData>;
  }
}

/** The length of the recording, s. */
const SECONDS = Number(process.env.SECONDS ?? 60);
/** The kernel counts the time of processes in these, a second. */
const TICKS = 100;

const people = [
  { name: 'Owner', hz: 600, colour: '#c00000' },
  { name: 'Guest', hz: 1500, colour: '#00a000' },
  { name: 'Third', hz: 4000, colour: '#0000c0' },
];

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const range = (values: number[]) => `${median(values)} (${Math.min(...values)} to ${Math.max(...values)})`;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The processor time of the programs that this one has started and that have ended, s: fields 16 and 17 of proc(5). */
function endedSeconds(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS;
}

/** Opens a page whose camera and microphone clap. */
async function open(browser: Browser, url: string, how: (typeof people)[number]): Promise<Page> {
  const context = await browser.newContext({ permissions: ['camera', 'microphone'] });
  const scripts = `${await clientScript()}\n${await recorderScript()}`;
  // `tsx` gives functions their names by a helper, which pages do not have.
  const globals = '{ mesh, meshRecorder, __name: (named) => named }';
  await context.addInitScript({ content: `${scripts}\nObject.assign(globalThis, ${globals});` });
  await context.addInitScript(({ hz, colour }) => {
    navigator.mediaDevices.getUserMedia = async () => {
      const now = () => performance.timeOrigin + performance.now();
      const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
      const picture = canvas.getContext('2d');
      setInterval(() => {
        if (!picture) return;
        picture.fillStyle = now() % 2000 < 200 ? '#ffffff' : colour;
        picture.fillRect(0, 0, 640, 360);
        // An encoder sends nothing of a picture that stays.
        picture.fillStyle = '#808080';
        picture.fillRect((now() / 10) % 600, 0, 40, 20);
      }, 15);
      // As a microphone hands it over: each 10 ms what was heard in them. The Web Audio API has latencies of its own.
      const microphone = new MediaStreamTrackGenerator({ kind: 'audio' });
      const writer = microphone.writable.getWriter();
      let until = now();
      setInterval(() => {
        for (; until + 10 <= now(); until += 10) {
          const data = Float32Array.from({ length: 480 }, (_, at) => {
            const ms = until + at / 48;
            return ms % 2000 < 200 ? 0.4 * Math.sin((2 * Math.PI * hz * (ms % 2000)) / 1000) : 0.0001 * Math.random();
          });
          const timestamp = (until - performance.timeOrigin) * 1000;
          const sound = { format: 'f32' as const, sampleRate: 48_000, numberOfFrames: 480, numberOfChannels: 1 };
          void writer.write(new AudioData({ ...sound, timestamp, data }));
        }
      }, 5);
      return new MediaStream([microphone, ...canvas.captureStream(30).getVideoTracks()]);
    };
  }, how);
  const page = await context.newPage();
  await page.goto(`${url}/healthz`);
  await page.evaluate(async (url) => {
    globalThis.client = new mesh.MeshClient({ url });
    await client.media.open();
    globalThis.recorder = new meshRecorder.Recorder(client);
  }, url);
  return page;
}

/** Where somebody is seen in the film: the place whose colour is theirs. */
async function placeOf(file: string, index: number, from: number) {
  for (const box of layout(0, people.length).people) {
    const [colour] = (await coloursOf(file, box, { from, seconds: 0.04 })) as [[number, number, number]];
    if (colour.indexOf(Math.max(...colour)) === index) return box;
  }
  throw new Error(`${people[index]?.name} is not in the film.`);
}

const folder = await mkdtemp(join(tmpdir(), 'mesh-recordings-'));
const env = { PORT: '0', LOG_LEVEL: 'silent', RECORDINGS_DIR: folder, RECORDING_COMPOSE: 'true' };
const services = await createServices(loadConfig(env));
const server = await start(services);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: fakeDevices,
});
try {
  const pages: Page[] = [];
  for (const how of people) pages.push(await open(browser, server.url, how));
  const [owner, ...guests] = pages as [Page, ...Page[]];
  const token = await owner.evaluate(async () => {
    await client.create({ workspace: {}, attendee: { name: 'Owner' } });
    return client.state.value.seat?.workspace.token ?? '';
  });
  for (const [index, guest] of guests.entries()) {
    await guest.evaluate(
      async ({ token, name }) => {
        await client.attend({ token, attendee: { name } });
      },
      { token, name: people[index + 1]?.name ?? '' },
    );
  }
  await owner.waitForFunction(() => client.state.value.seat?.attendees.length === 3);
  await owner.evaluate(() => client.startCall());
  for (const guest of guests) {
    await guest.waitForFunction(() => client.state.value.incoming !== null);
    await guest.evaluate(() => client.accept());
  }
  for (const page of pages) {
    await page.waitForFunction(
      () => Object.values(client.state.value.peers).filter(({ state }) => state === 'connected').length === 2,
    );
  }
  await owner.evaluate(() => client.startRecording());
  for (const page of pages) {
    await page.waitForFunction(() => client.state.value.recording !== null);
    await page.evaluate(() => client.consent(true));
  }
  await Promise.all(pages.map((page) => page.waitForFunction(() => recorder.state.value.isRecording)));
  const recording = await owner.evaluate(() => client.state.value.recording?.id ?? '');
  await sleep(SECONDS * 1000);
  await owner.evaluate(() => client.stopRecording());
  await Promise.all(pages.map((page) => page.waitForFunction(() => recorder.state.value.mayClose)));
  await Promise.all(pages.map((page) => page.close()));
  const before = { at: performance.now(), seconds: endedSeconds() };
  const { records, recordings } = services;
  if (!records || !recordings) throw new Error('Nothing is recorded here.');
  let film = await records.films.get(recording);
  while (film?.state !== 'complete') {
    if (film?.problem) throw new Error(film.problem);
    await sleep(100);
    film = await records.films.get(recording);
  }
  const minutes = (film.durationMs ?? 0) / 60_000;
  const wall = (performance.now() - before.at) / 1000;
  const spent = endedSeconds() - before.seconds;

  const file = (await recordings.films.file(recording))?.path ?? '';
  const heard = await Promise.all(people.map(({ hz }) => beeps(file, hz)));
  const between = ((heard[0]?.[1] ?? 0) + (heard[0]?.[2] ?? 0)) / 2;
  const seen: number[][] = [];
  for (const index of people.keys()) seen.push(await flashes(file, await placeOf(file, index, between)));
  // Of each clap of the owner, the nearest ones of the others.
  const claps = (heard[0] ?? []).map((at) =>
    [...heard, ...seen].map((times) =>
      times.reduce((best, each) => (Math.abs(each - at) < Math.abs(best - at) ? each : best), 1e9),
    ),
  );
  const whole = claps.filter((times) => times.every((each) => Math.abs(each - (times[0] ?? 0)) < 1));
  const spread = (times: number[]) => Math.round((Math.max(...times) - Math.min(...times)) * 1000);
  console.log(
    `a film of ${Math.round(minutes * 60)} s, ${Math.round((film.bytes ?? 0) / 1e6 / minutes)} MB a minute; ${whole.length} claps`,
  );
  console.log(
    `one clap, heard of three people:          ${range(whole.map((times) => spread(times.slice(0, 3))))} ms apart`,
  );
  console.log(
    `one clap, seen of three people:           ${range(whole.map((times) => spread(times.slice(3))))} ms apart`,
  );
  console.log(`one clap, all that is heard and seen:     ${range(whole.map(spread))} ms apart`);
  console.log(`made in ${(wall / minutes).toFixed(1)} s a minute, with ${(spent / minutes).toFixed(1)} s of one core`);
} finally {
  await browser.close();
  await server.close();
  await rm(folder, { recursive: true });
}
