import type { Durations } from '../collections/durations.ts';
import type { Store } from './store.ts';

/** A store that measures how long its swaps take: those that were stored, that a faster one had overtaken, and that failed. */
export function timedSwaps(store: Store, took: Readonly<Record<'stored' | 'lost' | 'failed', Durations>>): Store {
  const swap: Store['swap'] = async (...change) => {
    const since = performance.now();
    const end = (outcome: keyof typeof took) => took[outcome].add((performance.now() - since) / 1000);
    try {
      const isStored = await store.swap(...change);
      end(isStored ? 'stored' : 'lost');
      return isStored;
    } catch (error) {
      end('failed');
      throw error;
    }
  };
  // Everything else is inherited: the members of a store do not depend on `this`.
  return Object.create(store, { swap: { value: swap, enumerable: true } });
}
