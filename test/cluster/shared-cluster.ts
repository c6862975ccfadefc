import { expect, inject, onTestFinished } from 'vitest';
import type { Store } from '../../src/server/storage/store.ts';
import { newDatabase } from '../server/records/postgres-server.ts';
import { Lifetime } from '../support/lifetime.ts';
import { type Node, type ReachableCluster, startCluster, startLocalCluster } from './cluster.ts';
import { threeOf } from './seats-on-nodes.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the Redis that clusters of a run share; '' where this machine has none. */
    redisUrl: string;
    /** The port of the PostgreSQL that they share; 0 where this machine has none. */
    postgresPort: number;
  }
}

// Clusters that the tests of a file share where they want the same environment: workspaces do not touch each other. A test
// must neither end, stop nor fill a node of one.

/** No node ends and Redis stays, so a node waits for both, however busy the machine is. */
const patience = { NODE_LEASE_SECONDS: '60', REDIS_TIMEOUT_SECONDS: '10' };

/** A server whose nodes are in the process of the tests. */
interface LocalCluster extends ReachableCluster {
  /** The URL of one of its nodes: of another one each time. */
  readonly url: string;
  readonly services: { readonly store: Store };
}

const file = new Lifetime();
const separate = new Map<string, ReturnType<typeof startCluster>>();
const local = new Map<string, Promise<LocalCluster>>();
let acquired = 0;

/** @returns a cluster whose nodes are processes of their own; all of them still live when the test is over */
export async function sharedCluster(env: Record<string, string> = {}): Promise<ReachableCluster<Node>> {
  const cluster = await memoized(separate, env, () =>
    startCluster({ redis: { url: inject('redisUrl') }, env: { ...patience, ...env }, atEnd: file.atEnd }),
  );
  onTestFinished(() => {
    for (const { living, output } of cluster.nodes) expect(living, output.stdout + output.stderr).toBe(true);
  });
  return cluster;
}

/**
 * What the protocol promises holds over nodes that share nothing but Redis and PostgreSQL. Where a test does not end
 * them, they need not be processes, which take a second each to start.
 * @returns a cluster whose nodes are in this process
 */
export async function localCluster(env: Record<string, string> = {}): Promise<LocalCluster> {
  const cluster = await memoized(local, env, () => startSharedLocalCluster(env));
  acquired += 1;
  const { url = '' } = cluster.nodes[acquired % cluster.nodes.length] ?? {};
  return { ...cluster, url };
}

/** Ends the clusters of a test file. */
export async function endSharedClusters(): Promise<void> {
  separate.clear();
  local.clear();
  await file.end();
}

function memoized<Cluster>(clusters: Map<string, Cluster>, env: Record<string, string>, make: () => Cluster): Cluster {
  const key = JSON.stringify(Object.entries(env).sort());
  const cluster = clusters.get(key) ?? make();
  clusters.set(key, cluster);
  return cluster;
}

async function startSharedLocalCluster(env: Record<string, string>): Promise<LocalCluster> {
  const database = env.USERS ? { DATABASE_URL: await newDatabase(inject('postgresPort')) } : {};
  const cluster = await startLocalCluster({
    redis: { url: inject('redisUrl') },
    env: { LOG_LEVEL: 'silent', ...patience, ...database, ...env },
    atEnd: file.atEnd,
  });
  const [{ url, services }] = threeOf(cluster);
  return { ...cluster, url, services };
}
