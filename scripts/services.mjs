/**
 * Makes sure that the programs are there which tests use and npm does not bring: coturn, for TURN credentials that
 * a real relay accepts, Chromium, for calls in a real browser, ip, for networks that are cut, Redis, for nodes that are
 * one server, and nginx, as the balancer before them. As root on a machine with apt it installs what is missing;
 * elsewhere it says what to install, and the tests that need it are skipped with a line that says so. With CI=true a
 * missing one is an error.
 *
 * Plain JavaScript, because it runs before anything is built.
 */
import { spawnSync } from 'node:child_process';

const services = [
  { program: 'turnserver', debian: 'coturn', forWhat: 'the tests of TURN credentials' },
  { program: 'chromium', debian: 'chromium', forWhat: 'the tests in a real browser' },
  { program: 'ip', debian: 'iproute2', forWhat: 'the tests of lost networks in network namespaces' },
  { program: 'redis-server', debian: 'redis-server', forWhat: 'the tests of nodes that share a Redis' },
  { program: 'nginx', debian: 'nginx-light', forWhat: 'the tests of a balancer before several nodes' },
];

/** Debian keeps some of them where only root looks. */
const isThere = (program) => spawnSync('sh', ['-c', `PATH="$PATH:/usr/sbin" command -v ${program}`]).status === 0;
const missing = () => services.filter(({ program }) => !isThere(program));

const wanted = missing().map(({ debian }) => debian);
if (wanted.length > 0 && process.getuid?.() === 0 && isThere('apt-get')) {
  console.log(`Installing ${wanted.join(', ')} for the tests.`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-qq'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...wanted], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

for (const { program, debian, forWhat } of missing()) {
  console.warn(`${program} is missing, so ${forWhat} cannot run. On Debian: apt-get install ${debian}`);
  if (process.env.CI === 'true') process.exitCode = 1;
}
