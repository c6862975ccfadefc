import { compareAndSet, type Documents, deleteIdle, type IdleRule, lookUp, sweepRegularly } from './documents.ts';
import type { Store } from './store.ts';

/**
 * A store that lasts as long as the process.
 *
 * @param options `idleMs`: how long a workspace without anybody connected is kept, in ms; `now`: the clock,
 *   in ms since the epoch.
 */
export function memoryStore(options: IdleRule): Store {
  const documents: Documents = new Map();
  const stopSweeping = sweepRegularly(() => deleteIdle(documents, options), options);

  return {
    async get(id) {
      const workspace = lookUp(documents, id, options);
      if (!workspace) documents.delete(id);
      return workspace;
    },

    async swap(id, rev, next) {
      return compareAndSet(documents, id, rev, next, options);
    },

    async lasts() {
      return true;
    },

    // Swaps compare at once, so updates never wait for each other.
    inTurn: (_, update) => update(),

    // A document says itself whether somebody is connected.
    async keep() {},

    get size() {
      return documents.size;
    },

    async close() {
      stopSweeping();
    },
  };
}
