/**
 * The cost of recording a call of two people in their browsers, and how well their sound fits together afterwards. One server, one
 * Chromium, everything on this machine: `npm run bench:recording`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { loadConfig } from '../src/server/config/load-config.ts';
import { start } from '../src/server/server.ts';
import { createServices } from '../src/server/services.ts';
import { clientScript, recorderScript } from '../test/browser/client-script.ts';
import { fakeDevices } from '../test/browser/fake-devices.ts';

declare global {
  /** The parts of the page, as it told the server of them. */
  var begun: { startedAt: number; url: string }[];
}

const ROUNDS = Number(process.env.ROUNDS ?? 3);
/** What is measured comes after the change has settled, in ms. */
const SETTLING = 5_000;
const MEASURING = 15_000;
/** The kernel counts the time of processes in these, a second. */
const TICKS = 100;

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const range = (values: number[]) => `${median(values)} (${Math.min(...values)} to ${Math.max(...values)})`;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The fields of /proc/<pid>/stat (proc(5)) behind the name of the program; null where the process has ended. */
function statOf(pid: string): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/** The processor time of all processes below this one, in ms: those of the browser. */
function browserMs(): number {
  const parents = new Map<string, { parent: string; ticks: number }>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = statOf(pid);
    if (stat) parents.set(pid, { parent: stat[1] ?? '', ticks: Number(stat[11]) + Number(stat[12]) });
  }
  const isBelow = (pid: string): boolean => {
    const { parent = '' } = parents.get(pid) ?? {};
    return parent === String(process.pid) || (parents.has(parent) && isBelow(parent));
  };
  const ticks = [...parents].map(([pid, each]) => (isBelow(pid) ? each.ticks : 0));
  return (ticks.reduce((sum, each) => sum + each, 0) * 1000) / TICKS;
}

/**
 * What both pages need while nothing changes, in percent of one core, and what the server gets of them, in kbit/s.
 * @param uploaded tells the bytes that it has got
 */
async function measure(uploaded: () => Promise<number>) {
  await sleep(SETTLING);
  const before = { browser: browserMs(), bytes: await uploaded(), at: performance.now() };
  await sleep(MEASURING);
  const ms = performance.now() - before.at;
  const cores = (browserMs() - before.browser) / ms;
  return { percent: Math.round(cores * 100), kbits: Math.round((((await uploaded()) - before.bytes) * 8) / ms) };
}

/** Opens a page whose microphone claps every two seconds, at the same instant on all pages of this machine. */
async function open(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ permissions: ['camera', 'microphone'] });
  const scripts = `${await clientScript()}\n${await recorderScript()}`;
  // `tsx` gives functions their names by a helper, which pages do not have.
  const globals = '{ mesh, meshRecorder, __name: (named) => named }';
  await context.addInitScript({ content: `${scripts}\nObject.assign(globalThis, ${globals});` });
  await context.addInitScript(() => {
    const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await original(constraints);
      const audio = new AudioContext();
      const microphone = audio.createMediaStreamDestination();
      // A microphone is never without a sound.
      const noise = new ConstantSourceNode(audio, { offset: 0.01 });
      noise.connect(microphone);
      noise.start();
      const clap = audio.createBuffer(1, audio.sampleRate / 50, audio.sampleRate);
      clap.getChannelData(0).fill(0.9);
      const schedule = () => {
        const now = performance.timeOrigin + performance.now();
        const wait = 2_000 - (now % 2_000);
        const source = new AudioBufferSourceNode(audio, { buffer: clap });
        source.connect(microphone);
        source.start(audio.currentTime + wait / 1000);
        setTimeout(schedule, wait + 100);
      };
      schedule();
      return new MediaStream([...microphone.stream.getAudioTracks(), ...stream.getVideoTracks()]);
    };
  });
  const page = await context.newPage();
  await page.goto(`${url}/healthz`);
  await page.evaluate(async (url) => {
    globalThis.client = new mesh.MeshClient({ url });
    globalThis.begun = [];
    await client.media.open();
    const original = fetch;
    globalThis.fetch = async (url, init) => {
      const response = await original(url, init);
      if (init?.method !== 'POST' || !response.ok) return response;
      const { uploadUrl } = await response.clone().json();
      begun.push({ startedAt: JSON.parse(String(init.body)).startedAt, url: uploadUrl });
      return response;
    };
    globalThis.recorder = new meshRecorder.Recorder(client);
  }, url);
  return page;
}

/** When the claps of a recording were, in ms since the epoch, by the clock of the server. */
async function claps(page: Page, { startedAt, url }: (typeof begun)[number], folder: string): Promise<number[]> {
  const file = await readFile(join(folder, basename(url)));
  const offsets = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const sound = await new AudioContext().decodeAudioData(bytes.buffer);
    const samples = sound.getChannelData(0);
    const found: number[] = [];
    for (let at = 0; at < samples.length; at += 1) {
      const ms = (at / sound.sampleRate) * 1000;
      if (Math.abs(samples[at] ?? 0) > 0.3 && ms - (found.at(-1) ?? -1_000) > 500) found.push(ms);
    }
    return found;
  }, file.toString('base64'));
  return offsets.map((offset) => startedAt + offset);
}

async function agreed(pages: readonly Page[], given: boolean): Promise<void> {
  for (const page of pages) {
    await page.waitForFunction(() => client.state.value.recording !== null);
    await page.evaluate((given) => client.consent(given), given);
  }
  await Promise.all(
    pages.map((page) => page.waitForFunction((given) => recorder.state.value.isRecording === given, given)),
  );
}

const folder = await mkdtemp(join(tmpdir(), 'mesh-recordings-'));
const services = await createServices(loadConfig({ PORT: '0', LOG_LEVEL: 'silent', RECORDINGS_DIR: folder }));
const server = await start(services);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: fakeDevices,
});
try {
  const [owner, guest] = [await open(browser, server.url), await open(browser, server.url)];
  const pages = [owner, guest];
  const token = await owner.evaluate(async () => {
    await client.create({ workspace: {}, attendee: { name: 'Owner' } });
    return client.state.value.seat?.workspace.token ?? '';
  });
  await guest.evaluate((token) => client.attend({ token }), token);
  await owner.waitForFunction(() => client.state.value.seat?.attendees.length === 2);
  await owner.evaluate(() => client.startCall());
  await guest.waitForFunction(() => client.state.value.incoming !== null);
  await guest.evaluate(() => client.accept());
  await guest.waitForFunction(() => Object.values(client.state.value.peers).some(({ state }) => state === 'connected'));
  await owner.evaluate(() => client.startRecording());

  const uploaded = async () => {
    const bytes = await Promise.all(pages.map((page) => page.evaluate(() => recorder.state.value.uploadedBytes)));
    return bytes.reduce((sum, each) => sum + each, 0);
  };
  const rounds: Record<'off' | 'on', Awaited<ReturnType<typeof measure>>[]> = { off: [], on: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.off.push(await measure(uploaded));
    await agreed(pages, true);
    rounds.on.push(await measure(uploaded));
    await agreed(pages, false);
  }
  await Promise.all(pages.map((page) => page.waitForFunction(() => recorder.state.value.mayClose)));

  const apart: number[] = [];
  const [own = [], others = []] = await Promise.all(pages.map((page) => page.evaluate(() => begun)));
  for (const [index, part] of own.entries()) {
    const other = others[index];
    if (!other) continue;
    const [first, second] = [await claps(owner, part, folder), await claps(guest, other, folder)];
    const nearest = (at: number) => Math.min(...second.map((each) => Math.abs(each - at)));
    apart.push(
      ...first
        .map(nearest)
        .filter((ms) => ms < 1_000)
        .map(Math.round),
    );
  }
  const [without, recorded] = [rounds.off, rounds.on].map((each) => range(each.map(({ percent }) => percent)));
  console.log(`two pages, recorded by nobody: ${without} % of one core`);
  console.log(`two pages, both recorded:      ${recorded} % of one core`);
  console.log(`recorded and uploaded:         ${range(rounds.on.map(({ kbits }) => kbits))} kbit/s`);
  console.log(`one clap in both recordings:   ${range(apart)} ms apart, ${apart.length} claps`);
} finally {
  await browser.close();
  await server.close();
  await rm(folder, { recursive: true });
}
