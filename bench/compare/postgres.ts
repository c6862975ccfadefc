import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../test/support/free-port.ts';
import { EVERY_CORE, type Measured, startProcess } from './processes.ts';

/** Where Debian keeps the programs of each major version. */
const VERSIONS = '/usr/lib/postgresql';

export interface Postgres extends Measured {
  /** Makes a database. @returns its address, as DATABASE_URL takes it */
  database(name: string): string;
}

/** Starts an empty PostgreSQL with its own defaults: what it has committed is on the disk. */
export async function startPostgres(): Promise<Postgres> {
  const [version] = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort((one, other) => Number(other) - Number(one)) : [];
  if (version === undefined) throw new Error('PostgreSQL is missing. On Debian: apt-get install postgresql');
  const bin = join(VERSIONS, version, 'bin');
  const folder = await mkdtemp(join(tmpdir(), 'mesh-workspaces-bench-'));
  const port = await freePort();
  // PostgreSQL refuses to run as root; its package brings a user.
  const isRoot = process.getuid?.() === 0;
  const unprivileged = isRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
  if (isRoot) execFileSync('chown', ['postgres:postgres', folder]);
  const data = join(folder, 'data');
  const init = ['--auth=trust', '--username=mesh', '--encoding=UTF8', '--locale=C.UTF-8', data];
  const [program = '', ...args] = [...unprivileged, join(bin, 'initdb'), ...init];
  execFileSync(program, args, { cwd: folder, stdio: 'ignore' });
  const places = ['-p', `${port}`, '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`];
  // It says on stderr that it is ready.
  const command = [...unprivileged, 'sh', '-c', 'exec "$0" "$@" 2>&1', join(bin, 'postgres'), '-D', data, ...places];
  const { measured } = await startProcess('PostgreSQL', command, /ready to accept connections/, EVERY_CORE);
  return {
    ...measured,
    database(name) {
      execFileSync(join(bin, 'createdb'), ['--host=127.0.0.1', `--port=${port}`, '--username=mesh', name]);
      return `postgres://mesh@127.0.0.1:${port}/${name}`;
    },
    async stop() {
      await measured.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}
