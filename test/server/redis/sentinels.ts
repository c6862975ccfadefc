import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { emptyFolder } from '../../support/built-server.ts';
import { freePort } from '../../support/free-port.ts';
import { type AtEnd, ofTest } from '../../support/lifetime.ts';
import type { Program } from '../../support/program.ts';
import { ask, type Redis, runRedis, startRedis } from './redis-server.ts';

const NAME = 'mesh';

/** How many there are, and how many have to agree that the master is gone. */
const SENTINELS = 3;
const QUORUM = 2;

/** Silence of a master that makes a sentinel give it up, in ms. */
const DOWN_AFTER_MS = 500;
/** How long one attempt at a failover may take before another sentinel tries, in ms. */
const FAILOVER_MS = 1000;

interface Sentinels {
  /** As REDIS_URL takes it. */
  readonly url: string;
  /** The Redis that the sentinels began with, and its replica. */
  readonly first: Redis;
  readonly second: Redis;
  /** The port of the master, as the sentinels say it now. */
  masterPort(): Promise<number>;
  /** Kills the first Redis, and waits until every sentinel has gone over to the second one. */
  failOver(): Promise<void>;
}

/** A Redis with a replica, and three sentinels over them that know of each other. */
export async function startSentinels({ atEnd = ofTest }: { atEnd?: AtEnd } = {}): Promise<Sentinels> {
  // Otherwise it waits five seconds for further replicas before it serves the first one.
  const first = await startRedis({ atEnd, args: ['--repl-diskless-sync-delay', '0'] });
  const second = await startRedis({ atEnd, args: ['--replicaof', '127.0.0.1', String(first.port)] });
  await second.logged(/MASTER <-> REPLICA sync: Finished with success/);
  const started = Array.from({ length: SENTINELS }, () => startSentinel(first.port, atEnd));
  const sentinels = await Promise.all(started);
  const everySentinel = async (said: RegExp) => {
    await Promise.all(sentinels.map(({ program }) => program.printed(said)));
  };
  await everySentinel(/\+slave /);
  await everySentinel(new RegExp(`(\\+sentinel [^]*){${SENTINELS - 1}}`));

  const [asked] = sentinels;
  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${NAME}`,
    first,
    second,
    async masterPort() {
      const address = await ask(['-p', String(asked?.port)], ['sentinel', 'get-master-addr-by-name', NAME]);
      return Number(address.split('\n')[1]);
    },
    async failOver() {
      await first.kill();
      await everySentinel(new RegExp(`\\+switch-master .* ${second.port}\\n`));
    },
  };
}

async function startSentinel(masterPort: number, atEnd: AtEnd): Promise<{ port: number; program: Program }> {
  const folder = await emptyFolder(atEnd);
  const port = await freePort();
  // A sentinel keeps what it learns in its configuration, so that has to be a file.
  const file = join(folder, 'sentinel.conf');
  await writeFile(
    file,
    [
      `bind 127.0.0.1`,
      `port ${port}`,
      `dir ${folder}`,
      `sentinel monitor ${NAME} 127.0.0.1 ${masterPort} ${QUORUM}`,
      `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${NAME} ${FAILOVER_MS}`,
      '',
    ].join('\n'),
  );
  const program = runRedis([file, '--sentinel']);
  atEnd(async () => {
    program.kill('SIGKILL');
    await program.ended;
  });
  await program.printed(/\+monitor/);
  return { port, program };
}
