import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type AtEnd, ofTest } from './lifetime.ts';
import { follow, type Program } from './program.ts';

const main = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
const probeModule = new URL('../faults/probe.mjs', import.meta.url).href;
/** The probe calls the garbage collector, needs compiled code to stay, and wants no warning of Node on stderr. */
const probeFlags = [
  '--expose-gc',
  '--no-flush-bytecode',
  '--disable-warning=ExperimentalWarning',
  '--import',
  probeModule,
];

/** Secrets as an operator would make them. */
export const secrets = {
  MAGICK_TOKEN: 'Yb3vTq8LrW0eKx5ZuN2hJd7cPfGsAm1oRi6VtQzB',
  SALT_STRING: 'Hn4wSj9MkX1fLy6AvP3iKe8dQgHtBn2pSj7WuRaC',
};

/** The environment of a server that serves other machines. */
export const production = { DEVELOPMENT: 'false', CORS_ORIGINS: 'https://meet.example.com', ...secrets };

/** An empty folder, removed when the test is over. */
export async function emptyFolder(atEnd = ofTest): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mesh-workspaces-'));
  atEnd(() => rm(folder, { recursive: true }));
  return folder;
}

/** The probe's measurements inside the server. */
export interface Measures {
  /** Since it was asked before: how late the event loop was, in ms, and which part of the time it worked. */
  eventLoop: { p50: number; p99: number; max: number; utilization: number };
  /** Bytes, after a garbage collection. */
  memory: { heapUsed: number; external: number; arrayBuffers: number; rss: number };
  /** The resources that keep the process alive, counted by kind: handles, requests and timers. */
  resources: Record<string, number>;
  /** Of Engine.IO */
  connections: number;
  /** Of Socket.IO */
  sockets: number;
  rooms: number;
}

/** The built server as a process of its own, which does not outlive the test. */
export interface BuiltServer extends Program {
  /** Where it listens, once it says so. */
  listening(): Promise<string>;
  /** Leaves what it prints from now on in the pipe. */
  stopReading(): void;
  /** Closes the pipe, as a reader that ends does. */
  closeOutput(): void;
  /** Looks inside, where it runs with the probe. One question at a time. */
  measure(): Promise<Measures>;
  /** Counts the live objects of some classes. Takes a second, in which the server stands still. */
  liveObjects(): Promise<Record<string, number>>;
}

interface RunOptions {
  program?: string;
  args?: string[];
  env?: Record<string, string>;
  probe?: boolean;
  within?: string[];
  node?: string;
  atEnd?: AtEnd;
}

/**
 * Runs the built server with this environment and no other.
 * @param folder where it runs
 * @param options `program`: another copy of its main.js; `probe`: so that `measure` and `liveObjects` can be called;
 *   `within`: a command that runs it, such as in another network; `node`: the program of Node, if not the one that runs
 *   the tests; `atEnd`: when it is killed, if it still runs
 */
export function run(
  folder: string,
  {
    program: file = main,
    args = [],
    env = {},
    probe = false,
    within = [],
    node = process.execPath,
    atEnd = ofTest,
  }: RunOptions = {},
): BuiltServer {
  if (!existsSync(file))
    throw new Error('The built server, dist/src/main.js, is missing. Build it with: npm run build');
  const [command = '', ...rest] = [...within, node, ...(probe ? probeFlags : []), file, ...args];
  const child = spawn(command, rest, {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe', ...(probe ? (['ipc'] as const) : [])],
  }) as ChildProcessByStdio<null, Readable, Readable>;
  const program = follow(child);
  atEnd(async () => {
    program.kill('SIGKILL');
    await program.ended;
  });
  const question = <Answer>(name: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (!child.send) throw new Error('It runs without the probe.');
      child.once('message', (answer) => resolve(answer as Answer));
      child.send(name);
      program.ended.then(() => reject(new Error('It ended before it answered.')));
    });
  return {
    ...program,
    stopReading: () => {
      child.stdout.pause();
    },
    closeOutput: () => {
      child.stdout.destroy();
    },
    measure: () => question('measures'),
    liveObjects: () => question('liveObjects'),
    listening: async () => (await program.printed(/Listening on (https?:\/\/[^\s"]+).*\n/))[1] ?? '',
  };
}

/** The one sentence, without a stack, that a server prints on stderr when it ends with code 1. */
export async function refusal(server: BuiltServer): Promise<string> {
  expect(await server.ended).toEqual({ code: 1, signal: null });
  const { stderr } = server.output;
  expect(stderr).toMatch(/^\S[^\n]*\n$/);
  expect(stderr).not.toMatch(/Error:|node_modules|\.js\b/);
  return stderr;
}
