/**
 * Repeats the tests and prints which of them ever failed, to see whether they can be trusted:
 * `npm run test:repeat -- [--times <number>] [--busy] [words of Vitest, such as --project cluster, or files]`.
 * With `--busy` every core has something else to do all the time. Ends with code 1 where a test failed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Failures } from './failures-reporter.ts';

const words = process.argv.slice(2);

/** Takes an option out of the words, so that the others remain for Vitest. @returns its values, or null where it is not there */
function take(option: string, values = 0): string[] | null {
  const at = words.indexOf(option);
  return at < 0 ? null : words.splice(at, 1 + values).slice(1);
}

const times = Number(take('--times', 1)?.[0] ?? 20);
if (!Number.isInteger(times) || times < 1) throw new Error('--times takes a whole number, such as 20.');
// Threads end with this program, however it ends.
if (take('--busy'))
  for (let core = 0; core < availableParallelism(); core += 1) new Worker('for (;;);', { eval: true });

const folder = mkdtempSync(join(tmpdir(), 'mesh-workspaces-repeat-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

/** Runs the tests once. */
async function run(number: number): Promise<Failures> {
  const file = join(folder, `${number}.json`);
  const args = ['vitest', 'run', '--reporter=dot', '--reporter=./scripts/failures-reporter.ts', ...words];
  const env = { ...process.env, FAILURES_FILE: file };
  const [code] = await once(spawn('npx', args, { env, stdio: ['ignore', 'ignore', 'inherit'] }), 'close');
  const failures: Failures = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  if (code === 0 || Object.keys(failures).length > 0) return failures;
  return { 'The run itself': `Vitest ended with code ${code}, and named no test.` };
}

const runs: Failures[] = [];
for (let number = 1; number <= times; number += 1) {
  const begun = Date.now();
  const failures = await run(number);
  runs.push(failures);
  const failed = Object.keys(failures);
  console.log(
    `Run ${number} of ${times}, ${Math.round((Date.now() - begun) / 1000)} s: ${failed.length === 0 ? 'all passed' : failed.join('; ')}`,
  );
}

const everFailed = [...new Set(runs.flatMap((failures) => Object.keys(failures)))];
if (everFailed.length === 0) console.log(`No test failed in ${times} runs.`);
for (const test of everFailed) {
  const messages = runs.map((failures) => failures[test]).filter((message) => message !== undefined);
  console.log(`\n${messages.length} of ${times} times: ${test}\n${[...new Set(messages)].join('\n')}`);
}
process.exit(everFailed.length === 0 ? 0 : 1);
