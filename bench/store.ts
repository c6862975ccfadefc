import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { blank, seated } from '../src/server/domain/seat.ts';
import type { Workspace } from '../src/server/domain/workspace.ts';
import { openJsonStore } from '../src/server/storage/json.ts';
import { memoryStore } from '../src/server/storage/memory.ts';
import type { Store } from '../src/server/storage/store.ts';
import { median, quantile } from './compare/statistics.ts';

// The cost of a change of a workspace in each store, and how long it blocks the event loop.

const SIZES = [10, 1000, 10_000];
/** Bytes of a workspace: two or three people with short names, or one with a long one. */
const WORKSPACE_BYTES = 1500;
const BURST = 100;
const MEASURE_MS = 2000;
const WARM_UP_MS = 500;
/** The number of rounds that look for blocks of the event loop, and their length. */
const ROUNDS = 5;
const ROUND_MS = 400;
/** The loop of changes yields to the event loop after this time. */
const BREATH_MS = 1;

export interface StoreRow {
  store: 'memory' | 'JSON';
  workspaces: number;
  /** Concurrent changes. */
  burst: number;
  /** ms from a change to when it is durable: the median and the 99th percentile. */
  p50: number;
  p99: number;
  /** µs of processor a change, of all threads. */
  cpu: number;
  /** The longest time for which the event loop did nothing else, ms: the median of some rounds. */
  blocked: number;
}

const rule = { idleMs: 3_600_000, now: Date.now };

function workspaceOf(id: string, rev: number): Workspace {
  const person = (n: number) => ({ id: `_attendee${n}`, name: `Attendee ${n}`, avatar: '' });
  const attendees = [0, 1, 2].map((n) =>
    seated({
      profile: person(n),
      session: `session-${n}-of-${id}`,
      connection: `connection-${n}-of-${id}`,
      legacy: false,
      user: null,
    }),
  );
  const plain = {
    ...blank,
    id,
    name: 'Workspace',
    created: 0,
    pinHash: null,
    owner: person(0),
    ownerUser: null,
    attendees,
    used: true,
  };
  const bare = { ...plain, avatar: '', rev, touched: Date.now() };
  return { ...bare, avatar: 'x'.repeat(Math.max(0, WORKSPACE_BYTES - JSON.stringify(bare).length)) };
}

const idOf = (n: number) => `_workspace${n}`;

async function fill(store: Store, size: number): Promise<Workspace[]> {
  const workspaces = Array.from({ length: size }, (_, n) => workspaceOf(idOf(n), 1));
  await Promise.all(workspaces.map((workspace) => store.swap(workspace.id, null, workspace)));
  return workspaces;
}

/** Changes the next workspace in turn. @returns ms until the change is durable */
function changer(store: Store, workspaces: Workspace[]): () => Promise<number> {
  let turn = 0;
  return async () => {
    const place = turn % workspaces.length;
    turn += 1;
    const former = workspaces[place] as Workspace;
    const next = { ...former, rev: former.rev + 1, touched: Date.now() };
    workspaces[place] = next;
    const began = performance.now();
    if (!(await store.swap(next.id, former.rev, next))) throw new Error('Nobody else changes anything here.');
    return performance.now() - began;
  };
}

/** Makes changes for a while, so many at once. @returns ms until each was durable */
async function changes(change: () => Promise<number>, burst: number, ms: number): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + ms;
  let breath = performance.now();
  do {
    for (const time of await Promise.all(Array.from({ length: burst }, change))) times.push(time);
    // Yields: the memory store alone would never let the event loop turn.
    if (performance.now() - breath > BREATH_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      breath = performance.now();
    }
  } while (performance.now() < end);
  return times;
}

/** The longest time between two turns of the event loop during some work, ms. */
async function longestBlock(whatGoesOn: () => Promise<unknown>): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  let [longest, last, watching] = [0, performance.now(), true];
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (watching) setImmediate(look);
  };
  setImmediate(look);
  delays.enable();
  await whatGoesOn();
  delays.disable();
  watching = false;
  // The histogram holds whole intervals of its timer, which is 1 ms itself.
  return Math.max(longest, delays.max / 1e6 - 1);
}

async function measure(
  store: Store,
  kind: StoreRow['store'],
  workspaces: Workspace[],
  burst: number,
): Promise<StoreRow> {
  const change = changer(store, workspaces);
  await changes(change, burst, WARM_UP_MS);
  const before = process.cpuUsage();
  const times = await changes(change, burst, MEASURE_MS);
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / times.length;
  // Once more, because looking that closely takes the processor itself. What another process does to ours looks the
  // same as a block, but not in most of the rounds.
  const blocks: number[] = [];
  for (let n = 0; n < ROUNDS; n += 1) blocks.push(await longestBlock(() => changes(change, burst, ROUND_MS)));
  const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)];
  return { store: kind, workspaces: workspaces.length, burst, p50, p99, cpu, blocked: median(blocks) };
}

export async function measureStore(): Promise<StoreRow[]> {
  const rows: StoreRow[] = [];
  for (const kind of ['memory', 'JSON'] as const) {
    for (const size of SIZES) {
      const folder = await mkdtemp(join(tmpdir(), 'mesh-workspaces-bench-'));
      const store =
        kind === 'JSON' ? await openJsonStore({ file: join(folder, 'store.json'), ...rule }) : memoryStore(rule);
      const workspaces = await fill(store, size);
      for (const burst of [1, BURST]) rows.push(await measure(store, kind, workspaces, burst));
      await store.close();
      await rm(folder, { recursive: true });
    }
  }
  return rows;
}
