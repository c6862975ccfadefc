import { expect, onTestFinished } from 'vitest';
import { startTcpProxy, type TcpProxy } from '../faults/tcp-proxy.ts';
import { type Redis, startRedis } from '../server/redis/redis-server.ts';
import { type AnyNode, type Cluster, type Node, startCluster, startLocalCluster } from './cluster.ts';
import { expectNoSecrets, redisPassword } from './log-secrets.ts';
import type { NodesOptions } from './nodes.ts';

/** A cluster whose nodes reach Redis through proxies that can fail. */
export interface ProxiedCluster<At extends AnyNode = AnyNode> extends Cluster<Redis, At> {
  /** The proxy between each node and Redis. */
  readonly proxies: readonly TcpProxy[];
  /** The nodes of two, by name. */
  readonly one: At;
  readonly two: At;
}

/** How long a lease lasts, and after it the seat of a node that is gone, s. */
const LEASE = 1;
export const GRACE = 2;

/** An outage of Redis that lasts longer has ended every lease and every grace time, ms. */
export const LONGER_THAN_LEASE_AND_GRACE = (LEASE + GRACE) * 1000 + 500;

interface ProxiedClusterOptions {
  nodes?: number;
  env?: Record<string, string>;
}

/**
 * Starts nodes in this process over a Redis of their own, each through a proxy of its own. At the end of the test it checks
 * that every node still runs, and that no log holds a secret even at the level `trace`.
 */
export async function startProxiedCluster(options: ProxiedClusterOptions = {}): Promise<ProxiedCluster> {
  return proxied(startLocalCluster, options);
}

/** The same with processes, for tests that end a node, let it stand still, or count what it does in a time. */
export async function startProxiedProcesses(options: ProxiedClusterOptions = {}): Promise<ProxiedCluster<Node>> {
  return proxied(startCluster, options);
}

async function proxied<At extends AnyNode>(
  startThem: (options: NodesOptions & { redis: Redis }) => Promise<Cluster<Redis, At>>,
  { nodes = 2, env = {} }: ProxiedClusterOptions,
): Promise<ProxiedCluster<At>> {
  const redis = await startRedis({ password: redisPassword });
  const proxies = await Promise.all(
    Array.from({ length: nodes }, () => startTcpProxy(`http://127.0.0.1:${redis.port}`)),
  );
  const cluster = await startThem({
    nodes,
    redis,
    env: {
      LOG_LEVEL: 'trace',
      NODE_LEASE_SECONDS: String(LEASE),
      SEAT_GRACE_SECONDS: String(GRACE),
      COMMANDS_PER_SECOND: '1000',
      ...env,
    },
    envOf: (at) => ({ REDIS_URL: throughProxy(redis.url, proxies[at]) }),
  });
  onTestFinished(() => {
    for (const { living, output } of cluster.nodes) {
      expect(living, output.stdout + output.stderr).toBe(true);
      expect(output.stderr).toBe('');
      expectNoSecrets(output.stdout);
    }
  });
  const [one, two] = cluster.nodes;
  if (!one || !two) throw new Error('A proxied cluster needs two nodes.');
  return { ...cluster, proxies, one, two };
}

function throughProxy(redisUrl: string, proxy: TcpProxy | undefined): string {
  const url = new URL(redisUrl);
  if (proxy) url.port = new URL(proxy.url).port;
  return url.href;
}
