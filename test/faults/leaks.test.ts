import { stat } from 'node:fs/promises';
import { globalAgent } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Random } from '../client/random.ts';
import { type BuiltServer, emptyFolder, type Measures, run } from '../support/built-server.ts';
import { type Generation, generations } from '../support/fixtures.ts';
import { storedIn } from '../support/stored.ts';
import { capacity, close, createWorkspace, runLifecycle, type Target } from './churn.ts';
import { LightClient } from './light-client.ts';
import { atSoak, figure, patience } from './soak.ts';

const MB = 1_000_000;
const workers = 16;
const churnMinutes = Number(process.env.CHURN_MINUTES ?? 60);

const settings = {
  PORT: '0',
  BCRYPT_COST: '4',
  MAX_CAPACITY_OF_WORKSPACE: String(capacity),
  TRUST_PROXY: 'loopback',
  COMMANDS_PER_SECOND: '100000',
  CREATES_PER_MINUTE: '1000000',
  SEAT_GRACE_SECONDS: '1',
};

async function connect(url: string, generation: Generation = generations[0]): Promise<LightClient> {
  const client = await LightClient.connect(url, generation);
  onTestFinished(() => client.close());
  return client;
}

/** Lives through workspaces with many workers at once. @returns how many there were */
async function churn(url: string, ms: number, seed: number): Promise<number> {
  const founder = await LightClient.connect(url, generations[0]);
  const guessed = await createWorkspace(founder, '1357');
  const target: Target = { url, guessed: guessed.invitation };
  const until = Date.now() + ms;
  let count = 0;
  async function work() {
    while (Date.now() < until) {
      count += 1;
      await runLifecycle(target, new Random(seed + count));
    }
  }
  await Promise.all(Array.from({ length: workers }, work));
  await close(guessed, url);
  founder.close();
  return count;
}

/** The measures of a server after all clients have gone. */
async function whenEmpty(server: BuiltServer): Promise<Measures> {
  // Engine.IO keeps a polling client that was closed between two polls, and a timer for it, for 30 s; and a client that has
  // just vanished is closed only when two heartbeats have gone by. On a busy machine there are some in a short run too.
  await pass(atSoak(0, 36_000));
  // TCP connections for polling that nobody uses any more.
  globalAgent.destroy();
  const empty = async () => {
    const measures = await server.measure();
    expect(measures).toMatchObject({ connections: 0, sockets: 0, rooms: 0 });
    expect(measures.resources.TCPSocketWrap ?? 0).toBe(0);
    return measures;
  };
  return vi.waitFor(empty, { timeout: 40_000, interval: 100 });
}

interface Point {
  workspaces: number;
  heap: number;
}

/** Bytes of heap that a workspace leaves behind: the slope of the line through all points, by least squares. */
function bytesLeftByEach(points: readonly Point[]): number {
  const mean = (of: (point: Point) => number) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [workspaces, heap] = [mean((point) => point.workspaces), mean((point) => point.heap)];
  const covariance = mean((point) => (point.workspaces - workspaces) * (point.heap - heap));
  return covariance / mean((point) => (point.workspaces - workspaces) ** 2);
}

it.each([
  { store: 'a JSON store', file: 'rooms.json' },
  { store: 'the memory store', file: '' },
])(
  'With $store, people, networks and guessers come and go and leave nothing behind',
  {
    timeout: patience(churnMinutes * 2 + 10),
  },
  async ({ store, file }) => {
    const folder = await emptyFolder();
    const storage = file === '' ? '' : join(folder, file);
    const env = {
      ...settings,
      JSON_STORAGE_FILE: storage,
      // The server notices vanished clients soon, and sweeps up the workspaces that a lost connection left open.
      HEARTBEAT_SECONDS: '1',
      FIRST_COMMAND_SECONDS: '2',
      WORKSPACE_IDLE_HOURS: '0.001',
    };
    const server = run(folder, { env, probe: true });
    const url = await server.listening();

    // Code is compiled, and caches fill, only as they are used.
    let workspaces = await churn(url, atSoak(1_500, 60_000), 0);
    const before = await whenEmpty(server);
    const points: Point[] = [{ workspaces, heap: before.memory.heapUsed }];
    const rounds = atSoak(1, 8);
    let after = before;
    for (let round = 0; round < rounds; round += 1) {
      workspaces += await churn(url, atSoak(1_500, (churnMinutes * 60_000) / rounds), workspaces);
      after = await whenEmpty(server);
      points.push({ workspaces, heap: after.memory.heapUsed });
      expect(after.memory.heapUsed - before.memory.heapUsed, JSON.stringify(points)).toBeLessThan(2 * MB);
      expect(after.memory.external - before.memory.external).toBeLessThan(MB);
    }
    // Rarely used code is compiled late: what a workspace leaves behind shows in the second half of many.
    const settled = points.slice(points.length / 2);
    if (workspaces > 10_000) expect(bytesLeftByEach(settled), JSON.stringify(points)).toBeLessThan(100);

    const left = await server.liveObjects();
    expect(left).toMatchObject({ Connection: 0, Socket: 0, Client: 0 });
    expect(left.EngineSocket).toBeLessThanOrEqual(atSoak(workers * capacity, 0));
    if (storage !== '') {
      await vi.waitFor(async () => expect(await storedIn(storage)).toEqual({}), { timeout: 20_000, interval: 100 });
    }
    figure(
      `With ${store} ${workspaces} workspaces with ${capacity + 1} connections and more came and went. ` +
        `Heap: ${points.map(({ heap }) => (heap / MB).toFixed(2)).join(', ')} MB, ` +
        `in the second half ${bytesLeftByEach(settled).toFixed(0)} bytes for each. ` +
        `Resident: ${(before.memory.rss / MB).toFixed(0)} MB before, ${(after.memory.rss / MB).toFixed(0)} MB after.`,
    );
  },
);

it('A workspace takes less than 4 kB of heap, and an idle connection less than 40 kB', {
  timeout: patience(10),
}, async () => {
  const count = atSoak(100, 2000);
  const env = { ...settings, HEARTBEAT_SECONDS: '60', FIRST_COMMAND_SECONDS: '60' };
  const server = run(await emptyFolder(), { env, probe: true });
  const url = await server.listening();
  const create = async (client: LightClient) => {
    await createWorkspace(client, null);
    // The commands are answered, but the server has not sent all notices that follow.
    await client.ask('iceservers', {});
  };
  const one = await connect(url);
  for (let n = 0; n < 200; n += 1) await create(one);
  for (const generation of generations) for (let n = 0; n < 10; n += 1) await create(await connect(url, generation));

  let { heapUsed: former } = (await server.measure()).memory;
  const each = async () => {
    const { heapUsed } = (await server.measure()).memory;
    const bytes = (heapUsed - former) / count;
    former = heapUsed;
    return bytes;
  };
  for (let n = 0; n < count; n += 1) await create(one);
  const workspace = await each();
  expect(workspace).toBeLessThan(4_000);
  figure(`A workspace with one seat: ${workspace.toFixed(0)} bytes of heap.`);
  for (const generation of generations) {
    for (let n = 0; n < count; n += 1) await create(await connect(url, generation));
    const connection = (await each()) - workspace;
    expect(connection, generation.name).toBeLessThan(40_000);
    figure(`An idle connection of ${generation.name}: ${connection.toFixed(0)} bytes of heap.`);
  }
});

it('Wrong PINs from ever new addresses take less than 400 bytes each, and no timer', {
  timeout: patience(10),
}, async () => {
  const env = { ...settings, PIN_ATTEMPTS_PER_HOUR: '100000' };
  const server = run(await emptyFolder(), { env, probe: true });
  const url = await server.listening();
  const owner = await connect(url);
  const { invitation } = await createWorkspace(owner, '1357');
  let addresses = 0;
  async function guess(upTo: number): Promise<void> {
    while (addresses < upTo) {
      addresses += 1;
      const address = `10.${addresses >> 16}.${(addresses >> 8) & 255}.${addresses & 255}`;
      const client = await LightClient.connect(url, generations[0], address);
      const reply = await client.ask('attend', { workspace: { ...invitation, pin: 'wrong' }, attendee: {} });
      expect(reply).toMatchObject({ error: { code: 'WRONG_PIN' } });
      client.vanish();
    }
  }
  const guessFromMany = (upTo: number) => Promise.all(Array.from({ length: workers }, () => guess(upTo)));
  const whenAlone = () =>
    vi.waitFor(async () => {
      const measures = await server.measure();
      expect(measures.connections).toBe(1);
      return measures;
    });
  const count = atSoak(300, 20_000);
  await guessFromMany(300);
  const { memory: before } = await whenAlone();
  const { Timeout: timers = 0 } = await server.liveObjects();
  await guessFromMany(300 + count);
  const { memory: after } = await whenAlone();
  const grown = after.heapUsed - before.heapUsed;
  // The heap goes up and down by itself too.
  expect(grown).toBeLessThan(count * 400 + MB);
  expect((await server.liveObjects()).Timeout).toBeLessThan(timers + 10);
  figure(`A wrong PIN: ${(grown / count).toFixed(0)} bytes of heap.`);
});

it('Workspaces that their creators left without a word are forgotten, in memory and on the disk', {
  timeout: patience(5),
}, async () => {
  const folder = await emptyFolder();
  const file = join(folder, 'rooms.json');
  const env = { ...settings, JSON_STORAGE_FILE: file, SEAT_GRACE_SECONDS: '0.2', WORKSPACE_IDLE_HOURS: '0.0002' };
  const server = run(folder, { env, probe: true });
  const url = await server.listening();
  const avatar = 'a'.repeat(8_000);
  const count = atSoak(200, 1_000);
  const workspaces = async () => Object.keys(await storedIn(file)).length;

  async function abandon(): Promise<Measures> {
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect(url)));
    const create = (client: LightClient) => client.ask('create', { workspace: { avatar }, attendee: {} });
    await Promise.all(Array.from({ length: count / 20 }, () => clients.map(create)).flat());
    expect(await workspaces()).toBe(count);
    const full = await server.measure();
    for (const client of clients) client.vanish();
    await vi.waitFor(async () => expect(await workspaces()).toBe(0), { timeout: 60_000, interval: 100 });
    return full;
  }
  await abandon();
  const before = await whenEmpty(server);
  const { Timeout: timers } = await server.liveObjects();
  const full = await abandon();
  const after = await whenEmpty(server);
  expect(full.memory.heapUsed - before.memory.heapUsed).toBeGreaterThan(count * avatar.length);
  expect(after.memory.heapUsed - before.memory.heapUsed).toBeLessThan(0.2 * count * avatar.length);
  expect((await server.liveObjects()).Timeout).toBe(timers);
  server.kill('SIGTERM');
  await server.ended;
  expect((await stat(file)).size).toBeLessThan(100);
});
