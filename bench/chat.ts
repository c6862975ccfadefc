/**
 * How smoothly a chat of 10,000 messages scrolls up to its beginning, on the built page in Chromium: `npm run bench:chat`.
 */
import { chromium, type Page } from 'playwright-core';
import { loadConfig } from '../src/server/config/load-config.ts';
import { start } from '../src/server/server.ts';
import { createServices } from '../src/server/services.ts';
import { fakeDevices } from '../test/browser/fake-devices.ts';

const MESSAGES = Number(process.env.MESSAGES ?? 10_000);
/** How far it scrolls from frame to frame, in CSS pixels: 12,000 a second at 60 frames a second. */
const STEP = Number(process.env.STEP ?? 200);

interface Smoothness {
  /** Times between two frames while it scrolls, in ms, in ascending order. */
  frames: number[];
  /** The tasks of more than 50 ms (W3C Long Tasks), in ms. */
  longTasks: number[];
}

const at = (values: number[], share: number) =>
  values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

/** Messages as people write them: most are short, some have several lines, a few have a link. */
function textOf(number: number): string {
  if (number % 7 === 0)
    return `${number}: ${'A longer message about the knee and how it was on the stairs. '.repeat(3)}`;
  if (number % 11 === 0) return `${number}: see https://example.org/leaflet/${number}`;
  return `${number}: a short message`;
}

async function writeChat(page: Page): Promise<void> {
  await page.getByRole('textbox', { name: 'Your name' }).fill('Ada');
  await page.getByRole('button', { name: 'Create workspace' }).click();
  await page.getByRole('figure', { name: 'Ada' }).waitFor();
  const seat = await page.evaluate(() => sessionStorage.getItem('mesh-workspaces.seat') ?? '');
  const { workspace, attendee, accessToken } = JSON.parse(seat);
  const { io } = await import('socket.io-client');
  const socket = io(new URL(page.url()).origin, { transports: ['websocket'] });
  const proof = { workspace: { id: workspace }, attendee: { id: attendee }, accessToken };
  // It has the seat from its first command on, and the page comes back to it with a reload.
  for (let number = 1; number <= MESSAGES; number += 100) {
    const batch = Array.from({ length: Math.min(100, MESSAGES - number + 1) }, (_, index) =>
      socket.emitWithAck('message', { ...proof, messageId: `m${number + index}`, text: textOf(number + index) }),
    );
    for (const answer of await Promise.all(batch)) if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  }
  socket.close();
}

/**
 * Scrolls up frame by frame until the first message is there, and measures the frames meanwhile.
 * @param step in CSS pixels; 0: measures the frames of a page at rest for five seconds
 */
async function scrollUp(page: Page, step: number): Promise<Smoothness> {
  const { frames, longTasks } = await page.evaluate(async (step): Promise<Smoothness> => {
    const frames: number[] = [];
    const longTasks: number[] = [];
    const observer = new PerformanceObserver((tasks) => {
      longTasks.push(...tasks.getEntries().map(({ duration }) => duration));
    });
    observer.observe({ type: 'longtask' });
    const list = document.querySelector('.messages');
    if (!list) throw new Error('there is no chat');
    const nextFrame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
    let last = await nextFrame();
    const first = () => list.querySelector('.message-text')?.textContent ?? '';
    const end = last + (step === 0 ? 5_000 : Number.POSITIVE_INFINITY);
    while (last < end && (list.scrollTop > 0 || !first().startsWith('1: '))) {
      list.scrollTop -= step;
      const now = await nextFrame();
      frames.push(now - last);
      last = now;
    }
    return { frames, longTasks };
  }, step);
  const ascending = (values: number[]) => values.toSorted((one, other) => one - other);
  return { frames: ascending(frames), longTasks: ascending(longTasks) };
}

const services = await createServices(
  loadConfig({
    PORT: '0',
    LOG_LEVEL: 'silent',
    DEVELOPMENT: 'true',
    USERS: 'open',
    COMMANDS_PER_SECOND: '100000',
  }),
);
const server = await start(services);
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium-headless-shell', args: fakeDevices });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
// tsx keeps the names of functions by a helper, which pages do not have.
await page.addInitScript('globalThis.__name = (named) => named');
await page.goto(server.url);
await writeChat(page);
await page.reload();
await page.getByRole('button', { name: 'Chat', exact: true }).click();
await page.getByText(textOf(MESSAGES), { exact: true }).waitFor();
const atRest = await scrollUp(page, 0);
const session = await page.context().newCDPSession(page);
await session.send('Performance.enable', { timeDomain: 'threadTicks' });
/** The processor time of the page's main thread, in ms. */
const busyMs = async () => {
  const { metrics } = await session.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000;
};
const before = await busyMs();
const scrolling = await scrollUp(page, STEP);
const busy = (await busyMs()) - before;
const drawn = await page.locator('.message').count();
for (const [name, { frames, longTasks }] of Object.entries({ 'at rest': atRest, scrolling })) {
  const [middle, late, longest] = [0.5, 0.99, 1].map((share) => at(frames, share).toFixed(1));
  console.log(`${name}: ${frames.length} frames, median ${middle} ms, p99 ${late} ms, longest ${longest} ms;`);
  console.log(`  ${longTasks.length} tasks of more than 50 ms, the longest of ${at(longTasks, 1).toFixed(0)} ms`);
}
console.log(
  `while scrolling, ${(busy / scrolling.frames.length).toFixed(2)} ms of processor a frame on the main thread`,
);
console.log(`${MESSAGES} messages, of which the page draws ${drawn}`);
await browser.close();
await server.close();
process.exit(0);
