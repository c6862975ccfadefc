import { execFile, spawn, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generate } from 'selfsigned';
import { emptyFolder } from '../../support/built-server.ts';
import { freePort } from '../../support/free-port.ts';
import { type AtEnd, ofTest } from '../../support/lifetime.ts';
import { follow, type Program } from '../../support/program.ts';

/** Is Redis on this machine, with its command line? */
function hasRedis(): boolean {
  return ['redis-server', 'redis-cli'].every((program) => spawnSync(program, ['--version']).error === undefined);
}

/** Whether tests that need it are skipped. In CI they fail instead. */
export function skipsRedis(): boolean {
  return !hasRedis() && process.env.CI !== 'true';
}

export interface RedisOptions {
  /** false: nothing is written, and a kill loses everything. Otherwise what Redis has acknowledged is on disk. */
  persistent?: boolean;
  password?: string;
  /** Speaks TLS only, with a certificate of its own. */
  tls?: boolean;
  /** Lines of its configuration, as words on the command line: `--cluster-enabled yes`. */
  args?: string[];
  atEnd?: AtEnd;
}

/** A Redis of the test's own, on the loopback. */
export interface Redis {
  readonly port: number;
  /** As REDIS_URL takes it; the password is in it. */
  readonly url: string;
  /** The PEM file of the authority that its certificate is from, where it speaks TLS. */
  readonly ca: string | null;
  /** Its output since the last start. */
  readonly log: string;
  /** Ends it as a lost machine would end. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same port and with the same data. */
  start(): Promise<void>;
  /** Lets it stand still: its connections stay, and nothing is answered. */
  pause(): void;
  resume(): void;
  /** Asks it by redis-cli. @returns what that prints @throws what Redis refuses */
  cli(...args: string[]): Promise<string>;
  /** The rest of a line of the log, once it is there. */
  logged(what: RegExp): Promise<RegExpExecArray>;
}

/** @param options departures from the defaults: every write to disk at once, no password, TCP, for one test */
export async function startRedis(options: RedisOptions = {}): Promise<Redis> {
  const { persistent = true, password, tls = false, args = [], atEnd = ofTest } = options;
  const folder = await emptyFolder(atEnd);
  const port = await freePort();
  const ca = tls ? join(folder, 'cert.pem') : null;
  const program = [
    ...['--bind', '127.0.0.1', '--dir', folder, '--save', ''],
    ...(persistent ? ['--appendonly', 'yes', '--appendfsync', 'always'] : []),
    ...(password === undefined ? [] : ['--requirepass', password]),
    ...(ca === null
      ? ['--port', String(port)]
      : ['--port', '0', '--tls-port', String(port), ...(await tlsFiles(folder))]),
    ...args,
  ];
  const client = [
    ...['-h', '127.0.0.1', '-p', String(port), '-e'],
    ...(password === undefined ? [] : ['-a', password, '--no-auth-warning']),
    ...(ca === null ? [] : ['--tls', '--cacert', ca]),
  ];

  let running = runRedis(program);
  const end = async () => {
    running.kill('SIGKILL');
    await running.ended;
  };
  atEnd(end);
  await isReady(running);
  const credentials = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
  return {
    port,
    url: `${tls ? 'rediss' : 'redis'}://${credentials}127.0.0.1:${port}/0`,
    ca,
    get log() {
      return running.output.stdout;
    },
    kill: end,
    async start() {
      running = runRedis(program);
      await isReady(running);
    },
    pause: () => running.kill('SIGSTOP'),
    resume: () => running.kill('SIGCONT'),
    cli: (...words) => ask(client, words),
    logged: (what) => running.printed(what),
  };
}

/** Runs Redis, or a sentinel of it. */
export function runRedis(args: string[]): Program {
  return follow(spawn('redis-server', args));
}

async function isReady(redis: Program): Promise<void> {
  await redis.printed(/Ready to accept connections/);
}

/** Runs redis-cli. @returns what it prints */
export async function ask(client: readonly string[], words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('redis-cli', [...client, ...words]);
  return stdout.trimEnd();
}

/** Makes a certificate of 127.0.0.1. @returns what tells Redis of it */
async function tlsFiles(folder: string): Promise<string[]> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
  const file = (name: string) => join(folder, `${name}.pem`);
  await writeFile(file('cert'), cert);
  await writeFile(file('key'), key);
  return ['--tls-cert-file', file('cert'), '--tls-key-file', file('key'), '--tls-auth-clients', 'no'];
}
