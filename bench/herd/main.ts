/**
 * A herd that comes back: people seated in fives lose their server by kill -9, and all come back within three seconds.
 *
 * `npm run bench:herd -- 2000 10000` measures herds of these sizes on one server with a JSON store, which starts again on
 * the same port and file. With NODES=3, one of three nodes that share a Redis dies with all of them, and they come back
 * at the other two. WITHIN_MS (3000) says how fast they come, CROWDS (4) how many processes they are in.
 *
 * People and server share two cores. The people are as cheap as they can be: they write WebSocket frames by hand and read
 * of most notices only the name. They come back with the times of the client library, over WebSocket alone.
 */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.ts';
import { startRedis } from '../cluster/redis.ts';
import { serving } from '../compare/adapters/this-server.ts';
import { EVERY_CORE, heard, type ServerProcess, startHelper, startServer } from '../compare/processes.ts';
import { quantile } from '../compare/statistics.ts';
import type { Order, Report } from './crowd.ts';
import type { Newcomers } from './newcomers.ts';

const WITHIN_MS = Number(process.env.WITHIN_MS ?? 3000);
const CROWDS = Number(process.env.CROWDS ?? 4);
const NODES = Number(process.env.NODES ?? 1);

/** How long everybody may take at most, ms. */
const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 120_000);

/** As an operator has it; the number of connections from one address is the bench's own. */
const { COMMANDS_PER_SECOND: _, FIRST_COMMAND_SECONDS: __, ...env } = serving;

/** A server that can be killed and started again. */
interface Killable {
  readonly ports: readonly number[];
  /** Kills what the herd is on. @returns the ports to come back to */
  kill(): Promise<readonly number[]>;
  /** Processor time of the servers so far, ms. */
  cpu(): number;
  resident(): number;
  stop(): Promise<void>;
}

const started = (more: Record<string, string>) =>
  startServer({ name: 'the server', program: 'dist/src/main.js', env: { ...env, ...more } }, EVERY_CORE);

async function withFile(): Promise<Killable> {
  const folder = await mkdtemp(join(tmpdir(), 'herd-'));
  const port = await freePort();
  const settings = { PORT: `${port}`, JSON_STORAGE_FILE: join(folder, 'workspaces.json') };
  let server = await started(settings);
  return {
    ports: [port],
    async kill() {
      await server.stop();
      server = await started(settings);
      return [port];
    },
    cpu: () => server.cpu() / 1000,
    resident: () => server.resident(),
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}

const portOf = ({ url }: ServerProcess) => Number(new URL(url).port);

async function withNodes(): Promise<Killable> {
  const redis = await startRedis();
  const settings = { STORE: 'redis', REDIS_URL: `redis://127.0.0.1:${redis.port}/0` };
  const nodes = await Promise.all(Array.from({ length: NODES }, () => started(settings)));
  const [first, ...others] = nodes as [ServerProcess, ...ServerProcess[]];
  return {
    ports: [portOf(first)],
    async kill() {
      await first.stop();
      return others.map(portOf);
    },
    cpu: () => others.reduce((sum, each) => sum + each.cpu(), 0) / 1000,
    resident: () => Math.max(...others.map((each) => each.resident())),
    async stop() {
      for (const each of others) await each.stop();
      await redis.stop();
    },
  };
}

async function tell<Answer>(process: ChildProcess, order: object): Promise<Answer> {
  const answer = heard<Answer>(process);
  process.send(order);
  return answer;
}

async function helper(file: string): Promise<ChildProcess> {
  const process = startHelper(new URL(file, import.meta.url), null, EVERY_CORE);
  await heard(process);
  return process;
}

const ms = (value: number) => (Number.isNaN(value) ? '-' : value.toPrecision(3));
const seconds = (value: number) => (value / 1000).toFixed(1);
const tail = (values: readonly number[]) => `${ms(quantile(values, 0.5))} / ${ms(quantile(values, 0.99))} ms`;

function added(reports: readonly { failures: Record<string, number> }[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const { failures } of reports)
    for (const [reason, count] of Object.entries(failures)) all[reason] = (all[reason] ?? 0) + count;
  return all;
}

async function herd(size: number): Promise<void> {
  const server = NODES === 1 ? await withFile() : await withNodes();
  const crowds = await Promise.all(Array.from({ length: CROWDS }, () => helper('./crowd.ts')));
  const newcomers = await helper('./newcomers.ts');
  const all = <Answer>(order: (index: number) => Order) =>
    Promise.all(crowds.map((crowd, index) => tell<Answer>(crowd, order(index))));
  const seatedAt = performance.now();
  await all((index) => ({ seat: { people: size / CROWDS, ports: server.ports, from: `127.0.0.${index + 2}` } }));
  console.log(`${size} people are seated after ${seconds(performance.now() - seatedAt)} s`);
  const before = NODES === 1 ? 0 : server.cpu();
  const ports = await server.kill();
  const began = performance.now();
  await tell(newcomers, { ports });
  await all(() => ({ comeBack: { ports, withinMs: WITHIN_MS } }));
  let reports: Report[] = [];
  let cpu = 0;
  do {
    await sleep(500);
    cpu = server.cpu() - before;
    reports = await all<Report>(() => ({ report: true }));
  } while (
    reports.reduce((sum, { back, lost }) => sum + back + lost, 0) < size &&
    performance.now() - began < PATIENCE_MS
  );
  const took = performance.now() - began;
  const { waits, waiting, failures } = await tell<Newcomers>(newcomers, { ports: null });
  const backAfter = reports.flatMap((report) => report.backAfter);
  const relays = reports.flatMap((report) => report.relays);
  console.log(`back: ${backAfter.length}, lost: ${reports.reduce((sum, { lost }) => sum + lost, 0)}`);
  console.log(
    `the half are back after ${seconds(quantile(backAfter, 0.5))} s, the last after ${seconds(Math.max(...backAfter))} s`,
  );
  console.log(
    `create of newcomers, p50 / p99: ${tail([...waits, ...waiting])} (${waits.length}, ${waiting.length} wait still)`,
  );
  console.log(`relays of people who are back, p50 / p99: ${tail(relays)} (${relays.length})`);
  console.log(
    `server: ${ms((cpu / took) * 100)} % of a core, ${ms(cpu / size)} ms for each, ${ms(server.resident() / 2 ** 20)} MB`,
  );
  console.log(`failed tries: ${JSON.stringify(added(reports))}, of newcomers: ${JSON.stringify(failures)}`);
  console.log(`people's own timers were late by up to ${ms(Math.max(...reports.map(({ lateMs }) => lateMs)))} ms`);
  for (const process of [...crowds, newcomers]) process.kill('SIGKILL');
  await server.stop();
}

/** A server with this many connections needs as many files, and some besides. */
function needsFiles(size: number): void {
  const limit = Number(/Max open files\s+(\S+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
  if (limit >= size + 100) return;
  process.stderr.write(`${size} people need ulimit -n ${size + 100} or more; here it is ${limit}.\n`);
  process.exit(1);
}

const sizes = process.argv.slice(2).map(Number);
for (const size of sizes) {
  needsFiles(size);
  await herd(size);
}
process.exit();
