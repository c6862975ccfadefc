import type { Workspace } from '../domain/workspace.ts';
import { ActiveCalls } from './active-calls.ts';
import { compareAndSet, type Documents, deleteGone, type IdleRule, lookUp, sweepRegularly } from './documents.ts';
import type { Store } from './store.ts';
import { UnusedIds } from './unused-ids.ts';
import { UserIndex } from './user-index.ts';

/**
 * A store that lasts as long as the process.
 *
 * @param options `idleMs`: how long a workspace without anybody connected is kept, in ms; `now`: the clock,
 *   in ms since the epoch.
 */
export function memoryStore(options: IdleRule): Store {
  const documents: Documents = new Map();
  const unused = new UnusedIds(documents);
  const users = new UserIndex(documents);
  const calls = new ActiveCalls(documents);
  const note = (id: string, workspace: Workspace | null) => {
    unused.note(id, workspace);
    users.note(id, workspace);
    calls.note(id, workspace);
  };
  const stopSweeping = sweepRegularly(() => {
    for (const id of deleteGone(documents, options)) note(id, null);
  }, options);

  return {
    async get(id) {
      const workspace = lookUp(documents, id, options);
      if (!workspace && !options.keepsGone && documents.delete(id)) note(id, null);
      return workspace;
    },

    async swap(id, rev, next) {
      const isMade = compareAndSet(documents, id, rev, next, options);
      if (isMade) note(id, next);
      return isMade;
    },

    async read(id) {
      return documents.get(id) ?? null;
    },

    async ofUser(user) {
      return users.of(user);
    },

    // There was nothing.
    atStart: () => [],

    async lasts() {
      return true;
    },

    // Swaps compare at once, so updates never wait for each other.
    inTurn: (_, update) => update(),

    // A document says itself whether somebody is connected.
    async keep() {},

    async unused(most) {
      return unused.first(most);
    },

    get size() {
      return documents.size;
    },

    get calls() {
      return calls.size;
    },

    async close() {
      stopSweeping();
    },
  };
}
