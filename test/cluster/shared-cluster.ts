import { expect, inject, onTestFinished } from 'vitest';
import type { Store } from '../../src/server/storage/store.ts';
import { type Address, connecting, type ReachableCluster } from './cluster.ts';
import type { NodeState, PooledCluster } from './cluster-pool.ts';
import { DeliveryBarrier } from './delivery-barrier.ts';
import { openRedisStore } from './redis-store.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the Redis that all clusters of a run share; '' where this machine has none. */
    redisUrl: string;
    /** The URL of the pool of clusters; '' where there is no Redis. */
    clusterPoolUrl: string;
  }
}

/** A server of three processes that other tests use too: a test must neither end, stop nor fill one. */
export interface SharedCluster extends ReachableCluster {
  /** The URL of one of its processes. */
  url: string;
  services: { store: Store };
}

interface Opened {
  readonly cluster: ReachableCluster;
  readonly store: Store;
  close(): Promise<void>;
}

/** The connections of this test file to its clusters, by the clusters' ids. */
const opened = new Map<string, Promise<Opened>>();
let acquired = 0;

/**
 * Acquires a cluster until the test is over, and checks that all its processes live then. Tests that want the same
 * environment get the same cluster.
 */
export async function sharedCluster(env: Record<string, string> = {}): Promise<SharedCluster> {
  const pooled = await ask<PooledCluster>('acquire', env);
  onTestFinished(async () => {
    for (const { living, printed } of await ask<NodeState[]>('release', pooled.id)) expect(living, printed).toBe(true);
  });
  const own = opened.get(pooled.id) ?? open(pooled);
  opened.set(pooled.id, own);
  const { cluster, store } = await own;
  acquired += 1;
  const { url = '' } = cluster.nodes[acquired % cluster.nodes.length] ?? {};
  return { ...cluster, url, services: { store } };
}

/** Closes the connections of a test file to its clusters. */
export async function closeOpened(): Promise<void> {
  const all = [...opened.values()];
  opened.clear();
  for (const own of all) await (await own).close();
}

async function open({ urls, prefix }: PooledCluster): Promise<Opened> {
  const nodes: (Address & { living: true })[] = urls.map((url) => ({ url, living: true }));
  const barrier = new DeliveryBarrier(() => [...urls]);
  const store = await openRedisStore({ redis: { url: inject('redisUrl') }, prefix });
  return {
    cluster: { nodes, ...connecting(nodes, barrier) },
    store,
    async close() {
      await barrier.close();
      await store.close();
    },
  };
}

async function ask<Answer>(what: 'acquire' | 'release', about: unknown): Promise<Answer> {
  const response = await fetch(`${inject('clusterPoolUrl')}/${what}`, { method: 'POST', body: JSON.stringify(about) });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as Answer;
}
