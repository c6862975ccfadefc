/** Builds what Node runs and what browsers load at the same time, and ends with code 1 where one of them fails. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** @returns whether all of these scripts of package.json have run, one after the other */
async function run(...names) {
  for (const name of names) {
    const [code] = await once(spawn('npm', ['run', '--silent', name], { stdio: 'inherit', shell: true }), 'close');
    if (code !== 0) return false;
  }
  return true;
}

// The build of the server empties the folder that holds the libraries too.
const built = await Promise.all([run('build:server', 'build:client'), run('build:page')]);
process.exit(built.every(Boolean) ? 0 : 1);
