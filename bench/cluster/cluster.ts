import type { Peer } from '../compare/adapters/adapter.ts';
import { type ServerProcess, startServer } from '../compare/processes.ts';
import type { Candidate } from './candidates.ts';
import { type Redis, startRedis } from './redis.ts';
import { newSeat, speaker } from './seats.ts';

/** Nodes with seats, and their Redis, if there is one. */
export interface Cluster {
  readonly candidate: Candidate;
  readonly nodes: readonly ServerProcess[];
  readonly redis: Redis | null;
  stop(): Promise<void>;
}

export async function startCluster(candidate: Candidate, size: number): Promise<Cluster> {
  const redis = candidate.adapter === 'none' ? null : await startRedis();
  const program = {
    name: candidate.name,
    program: 'bench/cluster/node.mjs',
    env: {
      ADAPTER: candidate.adapter,
      ...(candidate.subscriptionMode && { SUBSCRIPTION_MODE: candidate.subscriptionMode }),
      ...(candidate.waits && { WAITS: 'true' }),
      ...(redis && { REDIS_PORT: `${redis.port}` }),
    },
  };
  const nodes = await Promise.all(Array.from({ length: size }, () => startServer(program)));
  return {
    candidate,
    nodes,
    redis,
    async stop() {
      // Redis last: a node that loses it complains.
      for (const node of nodes) await node.stop();
      await redis?.stop();
    },
  };
}

export type Pair = readonly [Peer, Peer];

/** Pairs of seats of the same workspace, the first of each on one node and the second on the other. */
export async function pairsBetween(from: ServerProcess, to: ServerProcess, count: number): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let n = 0; n < count; n += 1) {
    const first = await newSeat(from.url);
    const second = await newSeat(to.url, first.workspace);
    pairs.push([speaker(first, second), speaker(second, first)]);
  }
  return pairs;
}

/** Idle seats. */
export async function idleSeats({ nodes }: Cluster, onEach: number): Promise<void> {
  for (const node of nodes) await Promise.all(Array.from({ length: onEach }, () => newSeat(node.url)));
}
