import { expect, onTestFinished } from 'vitest';
import { layWire, type Wire } from '../faults/wire.ts';
import { type Redis, startRedis } from '../server/redis/redis-server.ts';
import { type Cluster, type Node, startCluster } from './cluster.ts';
import { expectDiscreet, redisPassword } from './discretion.ts';

/** A cluster whose Redis may be lost. */
export interface Fragile extends Cluster<Redis> {
  /** The way of each node to Redis. */
  readonly wires: readonly Wire[];
  /** The nodes of two, by name. */
  readonly one: Node;
  readonly two: Node;
}

/** So long does a lease last, and after it the seat of a node that is gone, s. */
const LEASE = 1;
export const GRACE = 2;

/** Leases, graces: whatever could be lost for an absence of Redis is lost for one that lasts longer, ms. */
export const LONGER_THAN_ANYTHING = (LEASE + GRACE) * 1000 + 500;

interface FragileOptions {
  nodes?: number;
  env?: Record<string, string>;
}

/**
 * Nodes over a Redis of their own, each over a wire of its own. Whatever happens to that Redis, none may end, and none may
 * say what is nobody's business, however much it is asked to say.
 */
export async function startFragile({ nodes = 2, env = {} }: FragileOptions = {}): Promise<Fragile> {
  const redis = await startRedis({ password: redisPassword });
  const wires = await Promise.all(Array.from({ length: nodes }, () => layWire(`http://127.0.0.1:${redis.port}`)));
  const cluster = await startCluster({
    nodes,
    redis,
    env: {
      LOG_LEVEL: 'trace',
      NODE_LEASE_SECONDS: String(LEASE),
      SEAT_GRACE_SECONDS: String(GRACE),
      COMMANDS_PER_SECOND: '1000',
      ...env,
    },
    envOf: (at) => ({ REDIS_URL: throughWire(redis.url, wires[at]) }),
  });
  onTestFinished(() => {
    for (const { living, output } of cluster.nodes) {
      expect(living, output.stdout + output.stderr).toBe(true);
      expect(output.stderr).toBe('');
      expectDiscreet(output.stdout);
    }
  });
  const [one, two] = cluster.nodes;
  if (!one || !two) throw new Error('It takes two.');
  return { ...cluster, wires, one, two };
}

function throughWire(redisUrl: string, wire: Wire | undefined): string {
  const url = new URL(redisUrl);
  if (wire) url.port = new URL(wire.url).port;
  return url.href;
}
