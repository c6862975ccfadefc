import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { emptyFolder } from '../../support/built-server.ts';
import { freePort } from '../../support/free-port.ts';
import { type AtEnd, ofTest } from '../../support/lifetime.ts';
import { follow, type Program } from '../../support/program.ts';

/** Where Debian keeps the programs of each major version. */
const VERSIONS = '/usr/lib/postgresql';

/** The folder with the programs of the newest PostgreSQL here, or null. */
function programs(): string | null {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort((one, other) => Number(other) - Number(one)) : [];
  return (
    versions.map((version) => join(VERSIONS, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb'))) ?? null
  );
}

/** Whether tests that need it are skipped. In CI they fail instead. */
export function skipsPostgres(): boolean {
  return programs() === null && process.env.CI !== 'true';
}

/** A PostgreSQL of the test's own, on the loopback. */
export interface Postgres {
  readonly port: number;
  readonly isRunning: boolean;
  /** A new database. @returns its address as DATABASE_URL takes it; the password is in it */
  database(): Promise<string>;
  /** Ends it as its machine's service manager does. Resolves when it is gone. */
  stop(): Promise<void>;
  /** Ends it as a lost machine would end. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and with the same data. */
  start(): Promise<void>;
  /** Lets it stand still: its connections stay, and nothing is answered. */
  pause(): void;
  resume(): void;
}

const NAME = 'mesh';
/** With characters that an URL has to have escaped. */
const PASSWORD = 'p@ss/word%';

/** @param atEnd when it is ended and its data removed */
export async function startPostgres(atEnd: AtEnd = ofTest): Promise<Postgres> {
  const bin = programs();
  if (bin === null) throw new Error('PostgreSQL is missing. On Debian: apt-get install postgresql');
  const [folder, port] = [await emptyFolder(atEnd), await freePort()];
  const user = unprivileged();
  if (user) await chown(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const setup = ['--no-sync', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C.UTF-8', `--username=${NAME}`];
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, PASSWORD);
  if (user) await chown(passwordFile, user.uid, user.gid);
  await promisify(execFile)(join(bin, 'initdb'), [...setup, `--pwfile=${passwordFile}`, data], {
    ...user,
    cwd: folder,
  });

  // No test cuts the power: what a killed PostgreSQL has written is there without waiting for the disk.
  const settings = {
    fsync: 'off',
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: folder,
    shared_buffers: '16MB',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const run = async (): Promise<Program> => {
    const program = follow(spawn(join(bin, 'postgres'), ['-D', data, ...options], { ...user, cwd: folder }));
    await accepts(program, urlOf(port, 'postgres'));
    return program;
  };

  let running = await run();
  let isRunning = true;
  /** The processes of the sessions first: they end by themselves when the first process is gone. */
  const signalAll = (signal: NodeJS.Signals) => {
    for (const pid of [running.pid, ...childrenOf(running.pid)]) send(pid, signal);
  };
  const end = async (signal: NodeJS.Signals) => {
    if (signal === 'SIGKILL') signalAll(signal);
    else running.kill(signal);
    await running.ended;
    isRunning = false;
  };
  atEnd(() => end('SIGKILL'));
  return {
    port,
    get isRunning() {
      return isRunning;
    },
    database: () => newDatabase(port),
    stop: () => end('SIGINT'),
    kill: () => end('SIGKILL'),
    async start() {
      running = await run();
      isRunning = true;
    },
    pause: () => signalAll('SIGSTOP'),
    resume: () => signalAll('SIGCONT'),
  };
}

/** Makes a new database in a PostgreSQL of the tests. @returns its address as DATABASE_URL takes it */
export async function newDatabase(port: number): Promise<string> {
  const name = `records${randomBytes(6).toString('hex')}`;
  await asking(urlOf(port, 'postgres'), (client) => client.query(`create database ${name}`));
  return urlOf(port, name);
}

/** Lets a test ask with its own connection. */
export async function asking<Result>(url: string, ask: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  // Where it ends meanwhile, the question fails.
  client.on('error', () => {});
  await client.connect();
  try {
    return await ask(client);
  } finally {
    await client.end();
  }
}

const urlOf = (port: number, database: string) =>
  `postgres://${NAME}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${database}`;

/** PostgreSQL refuses to run as root; its package brings a user. */
function unprivileged(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const [, , uid, gid] = /^postgres:.*$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0].split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('There is no user postgres, which Debian brings along.');
  return { uid: Number(uid), gid: Number(gid) };
}

function childrenOf(pid: number): number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  return existsSync(path) ? readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number) : [];
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}

/** Waits until it lets somebody in: it says so on stderr, but before it does. */
async function accepts(program: Program, url: string): Promise<void> {
  let hasEnded = false;
  program.ended.then(() => {
    hasEnded = true;
  });
  while (!hasEnded) {
    const isIn = await asking(url, async () => true).catch(() => false);
    if (isIn) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`PostgreSQL has ended: ${program.output.stderr}`);
}
