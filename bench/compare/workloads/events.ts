import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { newSecret } from '../../../src/server/webhooks/signature.ts';
import { startRedis } from '../../cluster/redis.ts';
import { openSocketIo } from '../adapters/socketio-frames.ts';
import { ask, serving, thisServer } from '../adapters/this-server.ts';
import { inTurns, SLICE_MS } from '../driver.ts';
import { startPostgres } from '../postgres.ts';
import { type ServerProcess, startServer } from '../processes.ts';
import { median, ratios, type Spread, spread } from '../statistics.ts';

/** Workspaces of each server, which have their meetings by turns. */
const WORKSPACES = 20;

/** A meeting begins so many ms after the one before. */
const EVERY_MS = 100;

/** Meetings in a slice. */
const MEETINGS = Math.round((2 * SLICE_MS) / EVERY_MS);

/** Changes of a meeting: attend, ring, answer, hangup, leave. */
const CHANGES = 5;

/** A server that worked for less than this in `LOOK_MS` has done all that was left to do, µs. */
const QUIET = 1000;
const LOOK_MS = 50;

const measured = ['attend', 'ring', 'leave'] as const;
type Command = (typeof measured)[number];

export type EventsVariant = 'off' | 'recorded' | 'recorded and sent' | 'another build';

export interface Compared {
  value: Spread;
  /** The ratio to the server whose events are off. */
  ratio: Spread;
}

/** The median time from a command to its answer, ms, and µs of the server's processor a change. */
type EventsRow = Record<Command | 'cpu' | 'loop', Compared>;

/** By the store, then by what happens to the events. */
export type EventsFigures = Record<string, Partial<Record<EventsVariant, EventsRow>>>;

type Slice = Record<keyof EventsRow, number>;

interface Meeting {
  owner: WebSocket;
  guest: WebSocket;
  token: string;
  proof: { workspace: { id: string }; attendee: { id: string }; accessToken: string };
}

interface Setup {
  store: string;
  variant: EventsVariant;
  server: ServerProcess;
  meetings: Meeting[];
}

const offer = { type: 'offer', sdp: 'v=0\r\n' } as const;
const answer = { type: 'answer', sdp: 'v=0\r\n' } as const;

async function newMeeting(url: string): Promise<Meeting> {
  const [owner, guest] = [await openSocketIo(url), await openSocketIo(url)];
  const { workspace, attendee, accessToken } = await ask(owner, 'create', { workspace: {}, attendee: {} });
  const proof = { workspace: { id: workspace.id }, attendee: { id: attendee.id }, accessToken };
  return { owner, guest, token: workspace.token, proof };
}

/** A guest attends, is rung, answers, is hung up on, and leaves. @param times gets how long it took, ms */
async function meet({ owner, guest, token, proof }: Meeting, times: Record<Command, number[]>): Promise<void> {
  const timed = async <Result>(command: Command, asked: () => Promise<Result>): Promise<Result> => {
    const began = performance.now();
    const result = await asked();
    times[command].push(performance.now() - began);
    return result;
  };
  const seat = await timed('attend', () => ask(guest, 'attend', { workspace: { token }, attendee: {} }));
  const theirs = { ...proof, attendee: { id: seat.attendee.id }, accessToken: seat.accessToken };
  const call = { id: 'call' };
  await timed('ring', () => ask(owner, 'ring', { ...proof, callee: theirs.attendee, offer, call }));
  await ask(guest, 'answer', { ...theirs, caller: proof.attendee, answer, call });
  await ask(owner, 'hangup', { ...proof, call });
  await timed('leave', () => ask(guest, 'leave', theirs));
}

/** The work that is left after the answers counts too, such as records and webhooks. */
async function untilQuiet(server: ServerProcess): Promise<void> {
  for (let before = server.cpu(), now = Number.POSITIVE_INFINITY; now - before > QUIET; ) {
    if (now !== Number.POSITIVE_INFINITY) before = now;
    await sleep(LOOK_MS);
    now = server.cpu();
  }
}

async function slice({ server, meetings }: Setup): Promise<Slice> {
  const times = { attend: [], ring: [], leave: [] };
  const [cpu, loop] = [server.cpu(), server.mainCpu()];
  for (let n = 0, due = performance.now(); n < MEETINGS; n += 1, due += EVERY_MS) {
    await sleep(Math.max(0, due - performance.now()));
    await meet(meetings[n % WORKSPACES] as Meeting, times);
  }
  await untilQuiet(server);
  return {
    attend: median(times.attend),
    ring: median(times.ring),
    leave: median(times.leave),
    cpu: (server.cpu() - cpu) / (CHANGES * MEETINGS),
    loop: (server.mainCpu() - loop) / (CHANGES * MEETINGS),
  };
}

type Settings = Readonly<Record<string, string>>;

/** Where a server keeps its workspaces, and its records if it has any. */
interface Place {
  readonly store: Settings;
  records(): Settings;
}

interface Places {
  /** By the store; `name` is that of the server. */
  readonly of: Readonly<Record<string, (name: string) => Place | Promise<Place>>>;
  close(): Promise<void>;
}

async function openPlaces(): Promise<Places> {
  const [redis, postgres] = [await startRedis(), await startPostgres()];
  const folder = await mkdtemp(join(tmpdir(), 'mesh-workspaces-bench-'));
  return {
    of: {
      'memory, records in memory': () => ({ store: {}, records: () => ({}) }),
      'JSON file, records in SQLite': async (name) => {
        const own = await mkdtemp(join(folder, name));
        const store = { JSON_STORAGE_FILE: join(own, 'workspaces.json') };
        return { store, records: () => ({ DATABASE_URL: `sqlite:${join(own, 'records.db')}` }) };
      },
      'Redis, records in PostgreSQL': (name) => {
        const store = { STORE: 'redis', REDIS_URL: `redis://127.0.0.1:${redis.port}/0`, REDIS_PREFIX: name };
        return { store, records: () => ({ DATABASE_URL: postgres.database(name) }) };
      },
    },
    async close() {
      await redis.stop();
      await postgres.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** A web server that takes every webhook. @returns its address */
async function startReceiver(): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(204).end());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** The servers of one store: without events, with them, with webhooks too, and another build if BUILT names its main.js. */
async function open(
  store: string,
  place: (name: string) => Place | Promise<Place>,
  receiver: string,
): Promise<Setup[]> {
  const api = {
    API_KEYS: 'bench:bench-only-Qm7rTz4LdW9eKx2ZuN5hJd8cPfGsAv1o',
    PUBLIC_URL: 'https://meet.example.com',
    USERS: 'open',
  };
  const webhooks = { WEBHOOK_URL: receiver, WEBHOOK_SECRET: newSecret() };
  const [off, recorded, sent] = [await place('off'), await place('recorded'), await place('sent')];
  const servers: [EventsVariant, Settings, string?][] = [
    ['off', off.store],
    ['recorded', { ...recorded.store, ...recorded.records(), ...api }],
    ['recorded and sent', { ...sent.store, ...sent.records(), ...api, ...webhooks }],
  ];
  const { BUILT: built } = process.env;
  if (built) servers.push(['another build', (await place('built')).store, built]);
  const setups: Setup[] = [];
  for (const [variant, env, program = thisServer.program] of servers) {
    const server = await startServer({ name: `${store}, ${variant}`, program, env: { ...serving, ...env } });
    const meetings: Meeting[] = [];
    for (let n = 0; n < WORKSPACES; n += 1) meetings.push(await newMeeting(server.url));
    setups.push({ store, variant, server, meetings });
  }
  return setups;
}

/** What events cost the changes that they come from, with each store. Each server has meetings at a calm pace. */
export async function measureEvents(): Promise<EventsFigures> {
  const [places, receiver] = [await openPlaces(), await startReceiver()];
  const figures: EventsFigures = {};
  for (const [store, place] of Object.entries(places.of)) {
    const setups = await open(store, place, receiver);
    const slices = await inTurns(setups, slice);
    const values = (setup: Setup, what: keyof Slice) => (slices.get(setup) ?? []).map((each) => each[what]);
    const compared = (setup: Setup, what: keyof Slice): Compared => ({
      value: spread(values(setup, what)),
      ratio: spread(ratios(values(setup, what), values(setups[0] as Setup, what))),
    });
    figures[store] = Object.fromEntries(
      setups.map((setup) => [
        setup.variant,
        {
          attend: compared(setup, 'attend'),
          ring: compared(setup, 'ring'),
          leave: compared(setup, 'leave'),
          cpu: compared(setup, 'cpu'),
          loop: compared(setup, 'loop'),
        },
      ]),
    );
    for (const { server } of setups) await server.stop();
  }
  await places.close();
  return figures;
}
