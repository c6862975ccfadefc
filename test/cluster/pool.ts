import { expect, inject, onTestFinished } from 'vitest';
import type { Store } from '../../src/server/storage/store.ts';
import { Lifetime } from '../support/lifetime.ts';
import type { Reachable } from '../support/test-client.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { processes } from './in-one-process.ts';
import { openRedisStore } from './redis-store.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the Redis that all clusters of a run share; '' where there is none on this machine. */
    redisUrl: string;
  }
}

/** To start three processes takes two seconds, and each has 80 MB: so many clusters are kept for the next test. */
const MOST_CLUSTERS = 4;

/** Workspaces do not touch each other, so that tests which want the same environment can share a cluster. */
interface Shared {
  readonly cluster: Cluster;
  readonly store: Store;
  end(): Promise<void>;
}

/** By environment; the one that was used last is the last one. */
const pool = new Map<string, Shared>();
let handedOut = 0;

/** A cluster as one server: with the URL of one of its processes, and clients that are spread over all of them. */
export async function pooledServer(
  env: Record<string, string>,
): Promise<Reachable & { url: string; services: { store: Store } }> {
  const { cluster, store } = await shared(env);
  onTestFinished(() => {
    for (const { living, output } of cluster.nodes) expect(living, output.stdout + output.stderr).toBe(true);
  });
  handedOut += 1;
  const { url = '' } = cluster.nodes[handedOut % cluster.nodes.length] ?? {};
  return { url, services: { store }, connect: cluster.connect };
}

/** Ends what the tests of a file have shared. */
export async function closePool(): Promise<void> {
  const all = [...pool.values()];
  pool.clear();
  await Promise.all(all.map(({ end }) => end()));
}

async function shared(env: Record<string, string>): Promise<Shared> {
  const key = JSON.stringify(Object.entries(env).sort());
  const found = pool.get(key) ?? (await begin(env));
  pool.delete(key);
  pool.set(key, found);
  const [oldest] = pool.entries();
  if (oldest && pool.size > MOST_CLUSTERS) {
    pool.delete(oldest[0]);
    await oldest[1].end();
  }
  return found;
}

async function begin(env: Record<string, string>): Promise<Shared> {
  const life = new Lifetime();
  const redis = { url: inject('redisUrl') };
  // The machine may be busy for longer than the tests of dead processes want to wait for them.
  const cluster = await startCluster({
    nodes: processes,
    env: { NODE_LEASE_SECONDS: '10', ...env },
    redis,
    atEnd: life.atEnd,
  });
  const store = await openRedisStore(cluster);
  life.atEnd(() => store.close());
  return { cluster, store, end: () => life.end() };
}
