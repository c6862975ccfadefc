import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MemoryPartStore } from '../../src/recorder/memory-part-store.ts';
import type { Bytes, Part } from '../../src/recorder/part-store.ts';
import { Uploader } from '../../src/recorder/uploader.ts';
import { Random } from '../client/random.ts';
import { somePart } from './some-part.ts';
import { type Fault, TusModel } from './tus-model.ts';

const KIB = 1024;
const running: Uploader[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  for (const uploader of running.splice(0)) uploader.close();
  vi.useRealTimers();
});

/** A store with one part, and the uploader that sends it to a model of a server. */
async function uploading(options: { server?: TusModel; share?: () => number; part?: Partial<Part> } = {}) {
  const { server = new TusModel(), share = () => 1, part = {} } = options;
  const store = new MemoryPartStore();
  await store.add({ ...somePart, ...part });
  const recorded: Bytes[] = [];
  const start = () => {
    const uploader = new Uploader({
      store,
      fetch: server.fetch,
      share,
      now: () => performance.now(),
      onChange: () => {},
    });
    running.push(uploader);
    void uploader.run();
    return uploader;
  };
  const record = async (bytes: Bytes) => {
    recorded.push(bytes);
    await store.append('one', bytes, 1);
    for (const uploader of running) uploader.wake();
  };
  const end = async (at: number | null = 99) => {
    await store.update('one', (each) => ({ ...each, end: { at } }));
    for (const uploader of running) uploader.wake();
  };
  const part_ = async () => (await store.parts()).find(({ id }) => id === 'one');
  return { store, server, recorded: () => Buffer.concat(recorded), start, record, end, part: part_ };
}

const pattern = Uint8Array.from({ length: 2000 * KIB }, (_, index) => (index * 7 + (index >> 8)) % 251);
const bytesOf = (size: number, seed = 0): Bytes => pattern.slice(seed, seed + size);

/** Lets time pass in steps of so many ms until something is so, at most for an hour. */
async function until(isSo: () => Promise<boolean> | boolean, step = 100): Promise<void> {
  for (let passed = 0; passed < 3_600_000; passed += step) {
    if (await isSo()) return;
    await vi.advanceTimersByTimeAsync(step);
  }
  throw new Error('it did not happen');
}

it('The bytes of a part go in bodies of at most 512 KiB, the last of which tells their number and when it ended', async () => {
  const { server, recorded, start, record, end, part, store } = await uploading();
  await record(bytesOf(300 * KIB));
  await record(bytesOf(900 * KIB, 3));
  start();
  await until(() => server.bytes.length === 1200 * KIB);
  expect(server.length).toBe(null);
  await record(bytesOf(20 * KIB, 5));
  await end();
  await until(async () => (await part())?.isWhole === true);
  expect(server.bytes.equals(recorded())).toBe(true);
  expect(server).toMatchObject({ length: 1220 * KIB, endedAt: '99' });
  expect(server.requests.map(({ method }) => method).filter((method) => method === 'HEAD')).toHaveLength(1);
  expect(Math.max(...server.requests.map(({ size }) => size))).toBe(512 * KIB);
  expect(server.requests.every(({ token }) => token === 'Bearer secret')).toBe(true);
  expect(await store.read('one', 0, 10)).toBe(null);
});

it('A part that ends after its last byte went, or without a byte, still tells its length', async () => {
  for (const size of [0, 10]) {
    const { server, start, record, end, part } = await uploading();
    if (size > 0) await record(bytesOf(size));
    start();
    await until(() => server.bytes.length === size);
    await end(null);
    await until(async () => (await part())?.isWhole === true);
    expect(server).toMatchObject({ length: size, endedAt: null });
  }
});

it('Whatever the network does, the server has exactly the recorded bytes, and the browser none of them', async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = new Random(seed);
    const one = await uploading();
    const { server, recorded, record, end, part, store } = one;
    const statuses = [409, 413, 423, 429, 500, 502, 503, 504, 507, 404];
    server.proxyTakes = random.chance(0.3) ? 100 * KIB : Number.POSITIVE_INFINITY;
    server.fault = (_method, size): Fault | null => {
      if (random.chance(0.6)) return null;
      if (random.chance(0.5)) return { arrives: random.whole(0, size) };
      return { status: random.pick(statuses) };
    };
    let uploader = one.start();
    for (let chunk = 0; chunk < 6; chunk += 1) {
      await record(bytesOf(1 + random.whole(0, 300 * KIB), chunk));
      await vi.advanceTimersByTimeAsync(random.whole(0, 3_000));
      // The tab is reloaded, or another one takes over.
      if (random.chance(0.3)) {
        uploader.close();
        uploader = one.start();
      }
    }
    await end();
    await until(async () => (await part())?.isWhole === true, 5_000);
    expect(server.bytes.equals(recorded()), `seed ${seed}`).toBe(true);
    expect(server.length).toBe(recorded().length);
    expect(await store.read('one', 0, 10)).toBe(null);
    uploader.close();
    running.length = 0;
  }
});

it('A proxy that takes small bodies alone gets small ones', async () => {
  const server = new TusModel();
  server.proxyTakes = 100 * KIB;
  const { start, record, end, part } = await uploading({ server });
  await record(bytesOf(1000 * KIB));
  await end();
  start();
  await until(async () => (await part())?.isWhole === true);
  expect(server.requests.filter(({ size }) => size > 100 * KIB).map(({ size }) => size / KIB)).toEqual([512, 256, 128]);
  expect(server.bytes.length).toBe(1000 * KIB);
});

it('Where large bodies fail without an answer, as for a page of another origin, small ones go', async () => {
  const server = new TusModel();
  const { start, record, end, part } = await uploading({ server });
  await record(bytesOf(1000 * KIB));
  await end();
  server.fault = (_method, size) => (size > 100 * KIB ? { arrives: 0 } : null);
  start();
  await until(async () => (await part())?.isWhole === true);
  const tooLarge = server.requests.filter(({ size }) => size > 100 * KIB).map(({ size }) => size / KIB);
  expect(tooLarge).toEqual([512, 512, 256, 256, 128, 128]);
});

it('A full server is said, asked again when it says, and gets everything once it has room', async () => {
  const server = new TusModel();
  const { start, record, end, part } = await uploading({ server });
  await record(bytesOf(KIB));
  await end();
  server.fault = (method) => (method === 'PATCH' ? { status: 507, headers: { 'Retry-After': '60' } } : null);
  const uploader = start();
  await until(() => uploader.problem === 'server-full');
  const sent = server.requests.length;
  await vi.advanceTimersByTimeAsync(59_000);
  expect(server.requests).toHaveLength(sent);
  server.fault = () => null;
  await until(async () => (await part())?.isWhole === true);
  expect(uploader.problem).toBe(null);
});

it('A server that is away is said, and tried at once when the network is back', async () => {
  const server = new TusModel();
  const { start, record, end, part } = await uploading({ server });
  await record(bytesOf(KIB));
  await end();
  server.fault = () => ({ arrives: 0 });
  const uploader = start();
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(uploader.problem).toBe('server-away');
  expect(server.requests.length).toBeLessThan(40);
  server.fault = () => null;
  const before = performance.now();
  uploader.wake({ isServerBack: true });
  await until(async () => (await part())?.isWhole === true);
  expect(performance.now() - before).toBeLessThan(1_000);
});

it('A token that holds no more is forgotten, and with a fresh one the upload goes on', async () => {
  const server = new TusModel();
  const { start, record, end, part, store } = await uploading({ server });
  await record(bytesOf(KIB));
  await end();
  server.fault = () => (server.requests.at(-1)?.token === 'Bearer fresh' ? null : { status: 401 });
  const uploader = start();
  await until(async () => (await part())?.upload === null);
  await store.update('one', (each) => ({ ...each, upload: { url: somePart.upload?.url ?? '', token: 'fresh' } }));
  uploader.wake();
  await until(async () => (await part())?.isWhole === true);
});

it('A part that the server has deleted is dropped and said; one that a proxy does not find is kept', async () => {
  for (const [fault, isKept] of [
    [{ status: 410 }, false],
    [{ status: 404, headers: { 'Tus-Resumable': '1.0.0' } }, false],
    [{ status: 404 }, true],
  ] as const) {
    const server = new TusModel();
    const { start, record, part } = await uploading({ server });
    await record(bytesOf(KIB));
    server.fault = () => fault;
    const uploader = start();
    await vi.advanceTimersByTimeAsync(5_000);
    expect((await part()) !== undefined).toBe(isKept);
    expect(uploader.hasLost).toBe(!isKept);
  }
});

it('A part that the server refuses does not hold up the others', async () => {
  const server = new TusModel();
  const { start, record, store, part } = await uploading({ server });
  const refused = {
    ...somePart,
    id: 'bad',
    startedAt: 0,
    upload: { url: 'https://calls.example.com/bad', token: 'bad' },
  };
  await store.add({ ...refused, end: { at: null } });
  await record(bytesOf(KIB));
  server.fault = () => (server.requests.at(-1)?.token === 'Bearer bad' ? { status: 400 } : null);
  const uploader = start();
  await until(() => server.bytes.length === KIB);
  expect((await part())?.uploaded).toBe(KIB);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server.requests.filter(({ token }) => token === 'Bearer bad')).toHaveLength(1);
  uploader.close();
});

it('While the call needs the network, bodies are small and pauses long', async () => {
  const server = new TusModel();
  let share = 1 / 16;
  const { start, record } = await uploading({ server, share: () => share });
  const { fetch } = server;
  Object.assign(server, {
    fetch: async (...request: Parameters<typeof fetch>) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return fetch(...request);
    },
  });
  await record(bytesOf(1900 * KIB));
  start();
  await vi.advanceTimersByTimeAsync(30_000);
  // A body of 32 KiB takes 0.1 s, and then comes a pause of 1.5 s.
  expect(server.bytes.length / KIB).toBeGreaterThan(500);
  expect(server.bytes.length / KIB).toBeLessThan(700);
  share = 1;
  await until(() => server.bytes.length === 1900 * KIB);
});

it('Bytes that the server had for certain and has no more are said to be lost', async () => {
  const server = new TusModel();
  const { start, record, end, part } = await uploading({ server });
  await record(bytesOf(100 * KIB));
  const uploader = start();
  await until(() => server.bytes.length === 100 * KIB);
  server.bytes = Buffer.alloc(0);
  await end();
  await until(async () => (await part()) === undefined);
  expect(uploader.hasLost).toBe(true);
});
