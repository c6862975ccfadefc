import { freePort } from '../../support/free-port.ts';
import { type AtEnd, ofTest } from '../../support/lifetime.ts';
import { ask, type Redis, startRedis } from './redis-server.ts';

const MASTERS = 3;

/** How long a master may be silent before the others take it for lost, in ms. */
const NODE_TIMEOUT_MS = 2000;

export interface RedisCluster {
  /** As REDIS_URL takes it. */
  readonly url: string;
  readonly masters: readonly Redis[];
}

/** Three masters that share all keys between them. */
export async function startRedisCluster({ atEnd = ofTest }: { atEnd?: AtEnd } = {}): Promise<RedisCluster> {
  const masters = await Promise.all(Array.from({ length: MASTERS }, () => startMaster(atEnd)));
  const addresses = masters.map(({ port }) => `127.0.0.1:${port}`);
  await ask(['--cluster', 'create', ...addresses], ['--cluster-yes']);
  await Promise.all(masters.map(({ logged }) => logged(/Cluster state changed: ok/)));
  return { url: `redis+cluster://${addresses.join(',')}`, masters };
}

async function startMaster(atEnd: AtEnd): Promise<Redis> {
  // By default it adds ten thousand to the other port, which can be more than a port can be.
  const busPort = await freePort();
  const timeout = ['--cluster-node-timeout', String(NODE_TIMEOUT_MS)];
  return startRedis({ atEnd, args: ['--cluster-enabled', 'yes', '--cluster-port', String(busPort), ...timeout] });
}
