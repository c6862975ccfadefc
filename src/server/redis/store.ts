import { setTimeout as sleep } from 'node:timers/promises';
import { KeyedSerialQueue } from '../collections/keyed-serial-queue.ts';
import { isIdle } from '../domain/idle.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { IdleRule } from '../storage/documents.ts';
import { workspaceSchema } from '../storage/schema.ts';
import { type Store, StoreError, UncertainSwap } from '../storage/store.ts';
import { RedisAway, type RedisLink } from './link.ts';
import { LATE } from './scripts.ts';
import { WorkspaceIndex } from './workspace-index.ts';

interface RedisStoreOptions extends IdleRule {
  readonly redis: RedisLink;
  /** What its keys begin with. */
  readonly prefix: string;
  /** The process that the swaps are of. */
  readonly node: string;
  /** Told of what another process has stored in a workspace and not told in time. */
  onUnannounced(id: string, node: string): void;
}

/** How often Redis is asked again what became of a swap, ms. */
const ASK_AGAIN_MS = 500;

/** How often it is looked whether others have told what they stored, and for how long at the most, ms: they may be dead. */
const LOOK_AGAIN_MS = 1;
const TOLD_WITHIN_MS = 100;

/** Keys that a command of keeping has at the most, so that Redis answers others in between. */
const KEYS_AT_ONCE = 500;

/**
 * A store that any number of nodes have in common. Redis forgets what is idle by itself: each swap, and `keep`, begins
 * the time anew.
 *
 * A swap is only ever made within the time that somebody waits for it: it carries a deadline, which Redis compares with
 * its own clock. `now` has to be that clock.
 */
export function redisStore({ redis, prefix, node, idleMs, now, onUnannounced }: RedisStoreOptions): Store {
  const keyOf = (id: string) => `${prefix}:workspace:${id}`;
  // While somebody is connected it is not idle: it lasts until its nodes tell so again, with time to spare.
  const keptMs = Math.ceil(2 * idleMs);
  const ttlOf = ({ attendees }: Workspace) =>
    attendees.some(({ connection }) => connection !== null) ? keptMs : Math.ceil(idleMs);
  const closing = new AbortController();
  const queues = new KeyedSerialQueue();
  const register = new WorkspaceIndex(redis, `${prefix}:workspaces`, keyOf, now);
  let swaps = 0;

  /** Asks until Redis knows. */
  async function outcome(id: string, mark: string, isDeletion: boolean, deadline: number): Promise<boolean> {
    while (!closing.signal.aborted) {
      try {
        const made = await redis.ask((client) => client.meshSwapped(keyOf(id), mark, isDeletion ? '1' : '0', deadline));
        if (made !== LATE) return made === 1;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
      }
      await sleep(ASK_AGAIN_MS, null, { signal: closing.signal, ref: false }).catch(() => null);
    }
    return false;
  }

  async function get(id: string): Promise<Workspace | null> {
    return present(id, await redis.ask((client) => client.hget(keyOf(id), 'doc')));
  }

  function present(id: string, text: string | null | undefined): Workspace | null {
    const workspace = typeof text === 'string' ? read(keyOf(id), text) : null;
    return workspace && !isIdle(workspace, now(), idleMs) ? workspace : null;
  }

  async function getAnnounced(id: string): Promise<Workspace | null> {
    const since = performance.now();
    for (;;) {
      const fields = await redis.ask((client) => client.hmget(keyOf(id), 'doc', 'rev', 'told', 'swaps'));
      const [text, rev, told, swapped] = fields;
      const teller = swapped?.split('.')[0] ?? node;
      // What this node itself has stored, it tells before it changes anything else.
      const isTold = Number(told ?? 0) >= Number(rev ?? 0) || teller === node;
      const isLate = performance.now() - since > TOLD_WITHIN_MS;
      if (isLate && !isTold) onUnannounced(id, teller);
      if (isLate || isTold) return present(id, text);
      await sleep(LOOK_AGAIN_MS);
    }
  }

  return {
    get,
    getAnnounced,

    told(id, rev) {
      redis.ask((client) => client.meshAnnounced(keyOf(id), rev)).catch(() => {});
    },

    async swap(id, rev, next) {
      if (rev === null) await register.enter(id);
      swaps += 1;
      const mark = `${node}.${swaps.toString(36)}`;
      const deadline = Math.floor(now() + redis.patienceMs);
      const expected = rev === null ? '' : String(rev);
      const [revision, document, ttlMs] = next ? [String(next.rev), JSON.stringify(next), ttlOf(next)] : ['', '', 0];
      try {
        const made = await redis.ask((client) =>
          client.meshSwap(keyOf(id), expected, revision, document, mark, ttlMs, deadline),
        );
        if (made === LATE) throw new StoreError('Redis was too late to store that');
        if (made === 1 && !next) register.remove(id);
        return made === 1;
      } catch (error) {
        if (!(error instanceof RedisAway && error.wasSent)) throw error;
        throw new UncertainSwap(error.message, outcome(id, mark, next === null, deadline));
      }
    },

    // What Redis shows is as lasting as Redis makes it.
    async lasts() {
      return true;
    },

    inTurn: (id, update) => queues.run(id, update),

    async keep(ids) {
      for (let at = 0; at < ids.length; at += KEYS_AT_ONCE) {
        const some = ids.slice(at, at + KEYS_AT_ONCE);
        await redis.ask((client) => Promise.all(some.map((id) => client.pexpire(keyOf(id), keptMs))));
      }
    },

    get size() {
      return register.count;
    },

    async close() {
      register.close();
      closing.abort();
    },
  };
}

function read(key: string, text: string): Workspace {
  try {
    return workspaceSchema.parse(JSON.parse(text));
  } catch {
    throw new StoreError(`What Redis holds under ${key} is no workspace`);
  }
}
