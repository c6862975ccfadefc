import type { Result } from 'ioredis';

// Scripts that Redis runs in one step, because another node could come between two. They know no rule of the domain.

/**
 * Leases, and changes of workspaces that exist, have to go on when the memory of Redis is full. A new workspace is
 * refused before, when a node enters it in the workspace index.
 */
const ALWAYS = '#!lua flags=allow-oom';

/** ms since the epoch, by the clock of Redis. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** The answer to a command that comes after its deadline. Nobody waits for it any more, so Redis does not do it. */
export const LATE = -1;

/** The answer to a swap that was made, and with which a call began or ended. */
export const CALL_CHANGED = 2;

/** Redis remembers so many leases: a node that restarts again and again must not make every answer longer. */
const MOST_LEASES = 1000;

export const scripts = {
  /**
   * Compare-and-set of a workspace: 1 or CALL_CHANGED if its revision was the expected one, 0 if not, LATE after the
   * deadline. Each swap has a mark of its own, of which the workspace keeps the last few.
   */
  meshSwap: {
    numberOfKeys: 1,
    lua: `${ALWAYS}${NOW}
local expected, revision, document, mark, ttl, deadline, call = unpack(ARGV)
if now > tonumber(deadline) then return ${LATE} end
local there = redis.call('HMGET', KEYS[1], 'rev', 'swaps', 'call')
if (there[1] or '') ~= expected then return 0 end
if document == '' then
  redis.call('DEL', KEYS[1])
else
  local swaps = mark .. ' ' .. string.sub(there[2] or '', 1, 400)
  redis.call('HSET', KEYS[1], 'rev', revision, 'doc', document, 'swaps', swaps, 'call', call)
  redis.call('PEXPIRE', KEYS[1], ttl)
end
return (there[3] or '') == call and 1 or ${CALL_CHANGED}`,
  },

  /**
   * Notes that a revision of a workspace was announced, if the workspace is still there. The field keeps its name `told`,
   * because nodes of other versions read it.
   */
  meshAnnounced: {
    numberOfKeys: 1,
    lua: `${ALWAYS}
local there = redis.call('HMGET', KEYS[1], 'rev', 'told')
if there[1] and tonumber(there[2] or 0) < tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 'told', ARGV[1]) end
return 1`,
  },

  /** Whether a swap was made whose answer was lost: 1 if it was, 0 if not, LATE while it still could be. */
  meshSwapped: {
    numberOfKeys: 1,
    lua: `${NOW}
local mark, isDeletion, deadline = unpack(ARGV)
if now <= tonumber(deadline) then return ${LATE} end
local swaps = redis.call('HGET', KEYS[1], 'swaps')
if not swaps then return isDeletion == '1' and redis.call('EXISTS', KEYS[1]) == 0 and 1 or 0 end
return string.find(' ' .. swaps, ' ' .. mark .. ' ', 1, true) and 1 or 0`,
  },

  /**
   * Renews the lease of a node, and forgets those that ended long ago. Answers the time, when the lease would have
   * ended ('' if there was none), and all leases: names and ends in turn.
   */
  meshLease: {
    numberOfKeys: 1,
    lua: `${ALWAYS}${NOW}
local node, lease, memory = unpack(ARGV)
local former = redis.call('ZSCORE', KEYS[1], node)
redis.call('ZADD', KEYS[1], now + lease, node)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - memory)
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ${MOST_LEASES})
return { now, former or '', redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES') }`,
  },

  /** Answers the ids whose time has come, and moves each on, so that not all nodes look at the same ones. */
  meshDue: {
    numberOfKeys: 1,
    lua: `${ALWAYS}${NOW}
local most, again = unpack(ARGV)
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, most)
for _, id in ipairs(due) do redis.call('ZADD', KEYS[1], now + again, id) end
return due`,
  },

  /** Ends the lease of a node now, instead of when it runs out. */
  meshLeave: {
    numberOfKeys: 1,
    lua: `${ALWAYS}${NOW}
return redis.call('ZADD', KEYS[1], 'XX', now, ARGV[1])`,
  },
} as const;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    meshSwap(
      key: string,
      expected: string,
      revision: string,
      document: string,
      mark: string,
      ttlMs: number,
      deadline: number,
      call: '1' | '',
    ): Result<number, Context>;
    meshAnnounced(key: string, rev: number): Result<number, Context>;
    meshSwapped(key: string, mark: string, isDeletion: '0' | '1', deadline: number): Result<number, Context>;
    meshLease(
      key: string,
      node: string,
      leaseMs: number,
      memoryMs: number,
    ): Result<[number, string, string[]], Context>;
    meshDue(key: string, most: number, againMs: number): Result<string[], Context>;
    meshLeave(key: string, node: string): Result<number, Context>;
  }
}
