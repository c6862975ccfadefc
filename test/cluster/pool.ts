import { expect, inject, onTestFinished } from 'vitest';
import type { Store } from '../../src/server/storage/store.ts';
import { type Address, connecting, type ReachableCluster } from './cluster.ts';
import { Couriers } from './couriers.ts';
import type { Loan, Returned } from './lender.ts';
import { openRedisStore } from './redis-store.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the Redis that all clusters of a run share; '' where there is none on this machine. */
    redisUrl: string;
    /** Where clusters are lent; '' where there is no Redis. */
    lenderUrl: string;
  }
}

/** A server of three processes that other tests use too: nobody may end or stop one, nor fill it. */
export interface SharedCluster extends ReachableCluster {
  /** Of one of its processes. */
  url: string;
  services: { store: Store };
}

interface Opened {
  readonly cluster: ReachableCluster;
  readonly store: Store;
  close(): Promise<void>;
}

/** What this test file has opened at the clusters that it has borrowed, by their ids. */
const opened = new Map<string, Promise<Opened>>();
let borrowed = 0;

/**
 * Borrows a cluster until the test is over, and sees to it that all its processes live then. It is the same one for all
 * tests that want the same environment.
 */
export async function sharedCluster(env: Record<string, string> = {}): Promise<SharedCluster> {
  const loan = await ask<Loan>('borrow', env);
  onTestFinished(async () => {
    for (const { living, printed } of await ask<Returned[]>('return', loan.id)) expect(living, printed).toBe(true);
  });
  const own = opened.get(loan.id) ?? open(loan);
  opened.set(loan.id, own);
  const { cluster, store } = await own;
  borrowed += 1;
  const { url = '' } = cluster.nodes[borrowed % cluster.nodes.length] ?? {};
  return { ...cluster, url, services: { store } };
}

/** Closes what the tests of a file have opened. */
export async function closeOpened(): Promise<void> {
  const all = [...opened.values()];
  opened.clear();
  for (const own of all) await (await own).close();
}

async function open({ urls, prefix }: Loan): Promise<Opened> {
  const nodes: (Address & { living: true })[] = urls.map((url) => ({ url, living: true }));
  const couriers = new Couriers(() => [...urls]);
  const store = await openRedisStore({ redis: { url: inject('redisUrl') }, prefix });
  return {
    cluster: { nodes, ...connecting(nodes, couriers) },
    store,
    async close() {
      await couriers.close();
      await store.close();
    },
  };
}

async function ask<Answer>(what: 'borrow' | 'return', about: unknown): Promise<Answer> {
  const response = await fetch(`${inject('lenderUrl')}/${what}`, { method: 'POST', body: JSON.stringify(about) });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as Answer;
}
