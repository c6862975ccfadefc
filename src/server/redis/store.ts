import { setTimeout as sleep } from 'node:timers/promises';
import { nodeOfLease } from '../cluster.ts';
import { KeyedSerialQueue } from '../collections/keyed-serial-queue.ts';
import { hasConnection, isGone } from '../domain/idle.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { IdleRule } from '../storage/documents.ts';
import { workspaceSchema } from '../storage/schema.ts';
import { type Store, StoreError, UncertainSwap } from '../storage/store.ts';
import { CallIndex } from './call-index.ts';
import { RedisDeadlines } from './deadlines.ts';
import { RedisAway, type RedisLink } from './link.ts';
import { CALL_CHANGED, LATE } from './scripts.ts';
import { UnusedIndex } from './unused-index.ts';
import { RedisUserIndex } from './user-index.ts';
import { WorkspaceIndex } from './workspace-index.ts';

interface RedisStoreOptions extends IdleRule {
  readonly redis: RedisLink;
  /** The beginning of its keys. */
  readonly prefix: string;
  /** The present lease of the node that makes the swaps, and when it ends, ms since the epoch by the clock of Redis. */
  readonly lease: () => { name: string; endsAt: number };
  /**
   * Called when another node has stored a revision of a workspace and not announced it in time.
   * @param lease the one that this node had then. The node may have another one by now, and is not dead when this is over.
   */
  onUnannounced(id: string, lease: string): void;
  /** Called when Redis took a swap for late: its clock may be another one than `now` says. */
  onLate?(): void;
}

/** The pause between two questions to Redis what became of a swap, ms. */
const ASK_AGAIN_MS = 500;

/** The pause between two looks whether another node has announced what it stored, ms. */
const LOOK_AGAIN_MS = 1;

/** Nobody waits longer than this for the announcement, ms: the other node may be dead. */
const ANNOUNCED_WITHIN_MS = 100;

/** Redis keeps a workspace that is gone for so long, ms: nodes and records may be away. */
const LAST_EVENTS_MS = 7 * 86_400_000;

/** `keep` renews no more keys than this at a time, so that Redis answers others in between. */
const KEYS_AT_ONCE = 500;

/**
 * A store that any number of nodes have in common. Idle workspaces expire in Redis by themselves: each swap, and
 * `keep`, begins the time anew.
 *
 * Redis makes a swap only while its sender waits for it, and has its lease: the swap carries a deadline, which Redis
 * compares with its own clock. `now` has to be that clock. So a node that was frozen stores nothing under the lease that it
 * lost: others would take the seats in it for lost long ago.
 */
export function redisStore(options: RedisStoreOptions): Store {
  const { redis, prefix, lease, idleMs, now, keepsGone = false, onUnannounced, onLate } = options;
  const keyOf = (id: string) => `${prefix}:workspace:${id}`;
  // While somebody is connected the workspace is not idle. It lasts until its nodes call `keep` again, with time to
  // spare.
  const keptMs = Math.ceil(2 * idleMs) + (keepsGone ? LAST_EVENTS_MS : 0);
  const ttlOf = (workspace: Workspace) => (keepsGone || hasConnection(workspace) ? keptMs : Math.ceil(idleMs));
  const closing = new AbortController();
  const queues = new KeyedSerialQueue();
  const index = new WorkspaceIndex(redis, `${prefix}:workspaces`, keyOf, now);
  const unused = new UnusedIndex(redis, `${prefix}:unused`, idleMs, get);
  const users = new RedisUserIndex(redis, `${prefix}:user`, { keptMs, now, get });
  const deadlines = new RedisDeadlines(redis, `${prefix}:deadlines`);
  const calls = new CallIndex(redis, `${prefix}:calls`, keyOf, now);
  let swaps = 0;

  /** Asks until Redis knows whether a swap was made. */
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
    return workspace && !isGone(workspace, now(), idleMs) ? workspace : null;
  }

  async function getAnnounced(id: string): Promise<Workspace | null> {
    const since = performance.now();
    for (;;) {
      const fields = await redis.ask((client) => client.hmget(keyOf(id), 'doc', 'rev', 'told', 'swaps'));
      const [text, rev, announced, swapped] = fields;
      const author = swapped?.split('.')[0] ?? lease().name;
      // This node announces its own revisions before it changes anything else.
      const isOwn = nodeOfLease(author) === nodeOfLease(lease().name);
      const isAnnounced = Number(announced ?? 0) >= Number(rev ?? 0) || isOwn;
      const isLate = performance.now() - since > ANNOUNCED_WITHIN_MS;
      if (isLate && !isAnnounced) onUnannounced(id, author);
      if (isLate || isAnnounced) return present(id, text);
      await sleep(LOOK_AGAIN_MS);
    }
  }

  return {
    get,
    getAnnounced,

    announced(id, rev) {
      redis.ask((client) => client.meshAnnounced(keyOf(id), rev)).catch(() => {});
    },

    async swap(id, rev, next, { deadline: nextLook = Number.POSITIVE_INFINITY } = {}) {
      if (rev === null) await index.enter(id);
      // Before the swap on the same connection, so that no change is stored without them.
      deadlines.note(id, nextLook);
      if (next) users.note(next);
      swaps += 1;
      const { name, endsAt } = lease();
      const mark = `${name}.${swaps.toString(36)}`;
      const deadline = Math.floor(Math.min(now() + redis.patienceMs, endsAt));
      const expected = rev === null ? '' : String(rev);
      const [revision, document, ttlMs] = next ? [String(next.rev), JSON.stringify(next), ttlOf(next)] : ['', '', 0];
      const hasCall = Boolean(next?.call);
      try {
        const made = await redis.ask((client) =>
          client.meshSwap(keyOf(id), expected, revision, document, mark, ttlMs, deadline, hasCall ? '1' : ''),
        );
        if (made === LATE) {
          onLate?.();
          throw new StoreError('Redis was too late to store that');
        }
        if (made === 0) return false;
        if (made === CALL_CHANGED) calls.note(id, hasCall);
        if (next) unused.note(next);
        else index.remove(id);
        return true;
      } catch (error) {
        if (!(error instanceof RedisAway && error.wasSent)) throw error;
        const made = outcome(id, mark, next === null, deadline);
        void made.then((wasMade) => wasMade && calls.note(id, hasCall));
        throw new UncertainSwap(error.message, made);
      }
    },

    async read(id) {
      const text = await redis.ask((client) => client.hget(keyOf(id), 'doc'));
      return text === null ? null : read(keyOf(id), text);
    },

    ofUser: (user) => users.of(user),

    atStart: () => [],

    deadlines,

    // Redis makes a swap as lasting as it ever will before it shows it.
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

    unused: (most) => unused.first(most),

    get size() {
      return index.count;
    },

    get calls() {
      return calls.count;
    },

    async close() {
      index.close();
      calls.close();
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
