/**
 * The benchmark: this server side by side with others, and alone where no other is comparable. `npm run bench` measures
 * all parts, `npm run bench -- relay idle` some. What was measured goes into docs/figures/bench.json, and from there
 * into docs/performance.md and its picture (`npm run bench:draw` draws them again).
 *
 * SLICES (12) and SLICE_MS (400) say how often and how long each is measured, ONLY which servers, parted by commas;
 * PAIRS how many pairs talk in the part `pairs`, METRICS=true has that part measure this server with metrics too, and BUILT
 * the main.js of another build of this server to compare there and in the part `events`. The parts `events`, `chat` and
 * `consultations` also need redis-server and PostgreSQL.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { circumstancesNow, keepFigures, type PartName, type Parts } from './figures.ts';
import { isPart, parts } from './parts.ts';
import { heard, startHelper } from './processes.ts';

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function needsTwoCores(): void {
  try {
    execFileSync('taskset', ['-c', '0,1', 'true'], { stdio: 'ignore' });
  } catch {
    fail('The benchmark gives server and driver a core each: it needs Linux, taskset (util-linux) and cores 0 and 1.');
  }
  if (cpus().length < 2) fail('The benchmark needs two cores.');
}

/** A server and the holder of its idle connections each have so many sockets, and some files besides. */
const FILES = 12_000;

function needsFiles(): void {
  const limit = /Max open files\s+(\S+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  if (Number(limit) < FILES) fail(`The benchmark opens 10,000 connections: it needs ulimit -n ${FILES} or more.`);
}

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !isPart(name));
if (unknown !== undefined) fail(`There is no part ${unknown}. There are: ${Object.keys(parts).join(', ')}.`);
const chosen = (asked.length > 0 ? asked : Object.keys(parts)) as PartName[];

needsTwoCores();
needsFiles();
// Read before the first measurement, because the bench's own load would count.
const circumstances = circumstancesNow();
for (const name of chosen) {
  const began = performance.now();
  const helper = startHelper(new URL('./part.ts', import.meta.url), name, parts[name].cores);
  const figures = await heard<Parts[typeof name]>(helper);
  const seconds = Math.round((performance.now() - began) / 1000);
  keepFigures(name, { ...circumstances, seconds }, figures);
  console.log(`${name}: ${seconds} s`);
}
