import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder, run } from '../support/built-server.ts';
import { compiled } from '../support/compiled.ts';
import { candidate } from '../support/fixtures.ts';
import { ask, connect, must } from './clients.ts';
import type { Flood } from './flooder.ts';
import { LatencyProbe } from './latency-probe.ts';
import { type ListeningServer, residentMb, serve } from './serve.ts';
import { atSoak, figure, patience } from './soak.ts';

/** ms; without a fair queue it is 3 to 14 seconds in every one of these floods. */
const HARDLY = 600;

const flooder = new URL('flooder.ts', import.meta.url);

/** Begins a flood. @returns what ends it */
async function begin(flood: Flood): Promise<() => Promise<void>> {
  // The test that measures goes first.
  const program = await compiled(flooder);
  const child = spawn('nice', ['-n', '10', process.execPath, program, JSON.stringify(flood)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const end = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(end);
  await Promise.race([once(child.stdout, 'data'), ended.then(() => Promise.reject(new Error('the flooder ended')))]);
  return end;
}

const nobody = { workspace: { id: '_nowhere' }, attendee: { id: '_nobody' }, accessToken: 'x' };

/** Kinds of floods, with what each connection says; `attend` with the invitation of somebody's workspace. */
const everyFlood: [string, Omit<Flood, 'url' | 'command'> & { command: (token: string) => Flood['command'] }][] = [
  ['commands that do not exist, from one socket', commands(1, () => ['nonsense', {}])],
  ['commands that do not exist, from 100 sockets', commands(100, () => ['nonsense', {}])],
  ['commands without a seat, from 100 sockets', commands(100, () => ['attendees', nobody])],
  ['new workspaces, from 100 sockets', commands(100, () => ['create', { workspace: {}, attendee: {} }])],
  ['large commands, from 400 sockets', commands(400, () => ['create', { workspace: { name: 'x'.repeat(60_000) } }])],
  [
    'PINs to check, from 100 sockets',
    commands(100, (token) => ['attend', { workspace: { token, pin: '0' }, attendee: {} }]),
  ],
  ['PINs to keep, from 100 sockets', commands(100, () => ['create', { workspace: { pin: '1' }, attendee: {} }])],
  [
    'links that are broken, from 100 sockets',
    commands(100, () => ['attend', { workspace: { token: 'x' }, attendee: {} }]),
  ],
  [
    'candidates, from 100 sockets',
    { kind: 'relays', connections: 100, command: () => ['icecandidate', { candidate }] },
  ],
  [
    'polling requests full of commands, from 20 clients',
    { kind: 'polling', connections: 20, command: () => ['nonsense', {}] },
  ],
  ['connections, from 50 clients', { kind: 'connections', connections: 50, command: () => ['iceservers', {}] }],
];

/**
 * All of them in `npm run test:soak`. Otherwise one of each way that a flood takes: commands that cost nothing and commands
 * that cost much, whose fair order has tests of its own, a polling request, and connections.
 */
const ordinary = [
  'commands that do not exist, from 100 sockets',
  'PINs to check, from 100 sockets',
  'polling requests full of commands, from 20 clients',
  'connections, from 50 clients',
];
const floods = everyFlood.filter(([name]) => atSoak(Number(ordinary.includes(name)), 1) === 1);

function commands(connections: number, command: (token: string) => Flood['command']) {
  return { kind: 'commands' as const, connections, command };
}

function floodable(env: Record<string, string> = {}): Promise<ListeningServer> {
  // bcrypt as it is by default, and nobody is locked out of guessing: so that each PIN is really checked.
  const all = {
    BCRYPT_COST: '10',
    PIN_ATTEMPTS: '1000',
    PIN_ATTEMPTS_PER_HOUR: '100000',
    CREATES_PER_MINUTE: '1000000',
    ...env,
  };
  return serve(all, { probe: true });
}

describe('A calm pair is hardly held up by a flood of', () => {
  it.each(floods)('%s', { timeout: patience(5) }, async (name, { command, ...flood }) => {
    const server = await floodable();
    const victim = await must(await connect(server.url), 'create', { workspace: { pin: '1234' }, attendee: {} });
    const pair = await LatencyProbe.connect(server.url);
    const before = await pair.talk(atSoak(300, 3000));
    await server.measure();

    const end = await begin({ url: server.url, ...flood, command: command(victim.workspace.token) });
    const during = await pair.talk(atSoak(1500, 10_000));
    const { eventLoop } = await server.measure();
    await end();
    figure(
      `${name}: p50 ${ms(during.p50)}, p99 ${ms(during.p99)}, max ${ms(during.max)} (calm: p99 ${ms(before.p99)}); ` +
        `event loop p99 ${ms(eventLoop.p99)}, max ${ms(eventLoop.max)}; ${Math.round(residentMb(server))} MB`,
    );
    expect(during.lost).toBe(0);
    expect(during.p99).toBeLessThan(HARDLY);
    // And nothing of it lasts.
    expect((await pair.talk(200)).lost).toBe(0);
  });
});

it.each<[string, Record<string, string>, Flood['command']]>([
  ['idle connections', {}, ['iceservers', {}]],
  ['users who are signed in', { USERS: 'open' }, ['sign-in', { name: 'User {n}' }]],
])('Thousands of %s cost little memory, and hold nobody up', { timeout: patience(5) }, async (what, env, command) => {
  const count = atSoak(500, 10_000);
  const server = await floodable(env);
  const pair = await LatencyProbe.connect(server.url);
  const { memory: empty } = await server.measure();
  await begin({ url: server.url, kind: 'idle', connections: count, command });
  if (command[0] === 'sign-in') {
    const late = await ask(await connect(server.url), 'sign-in', { name: `User ${count - 1}` });
    expect(late).toMatchObject({ ok: false, error: { code: 'NAME_TAKEN' } });
  }
  const latency = await pair.talk(atSoak(500, 30_000));
  const { memory, connections, eventLoop } = await server.measure();
  expect(connections).toBeGreaterThanOrEqual(count + 2);
  const [resident, heap] = [memory.rss - empty.rss, memory.heapUsed - empty.heapUsed].map(
    (bytes) => bytes / count / 1024,
  );
  figure(
    `${count} ${what}: ${resident?.toFixed(1)} kB resident each, ${heap?.toFixed(1)} kB of heap; ` +
      `a calm pair meanwhile: p99 ${ms(latency.p99)}; event loop p99 ${ms(eventLoop.p99)}`,
  );
  expect(latency.lost).toBe(0);
  expect(latency.p99).toBeLessThan(HARDLY);
  expect(heap).toBeLessThan(40);
});

it('Who floods is served more slowly, and is not cut off: each command is answered', async () => {
  const server = await floodable();
  const socket = await connect(server.url);
  const replies = await Promise.all(
    Array.from({ length: 5000 }, () => socket.emitWithAck('iceservers', {}) as Promise<{ ok: boolean }>),
  );
  expect(replies.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(500);
  expect(socket.connected).toBe(true);
});

it('A log that nobody reads holds nobody up', async () => {
  const server = run(await emptyFolder(), { env: { PORT: '0', LOG_LEVEL: 'trace' } });
  const url = (await server.listening()).replace('localhost', '127.0.0.1');
  const pair = await LatencyProbe.connect(url);
  server.stopReading();
  const socket = await connect(url);
  // A pipe holds 64 kB; this is some hundred kilobytes.
  for (let n = 0; n < 3000; n += 1) socket.emit('attendees', nobody);
  await sleep(200);
  const latency = await pair.talk(500);
  expect(latency).toMatchObject({ lost: 0 });
  expect(latency.max).toBeLessThan(HARDLY);
});

const ms = (value: number) => `${value.toFixed(1)} ms`;
