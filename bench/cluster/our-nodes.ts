import { serving } from '../compare/adapters/this-server.ts';
import { type ServerProcess, startServer } from '../compare/processes.ts';
import { type Redis, startRedis } from './redis.ts';

/** Nodes of this server on one shared core, and their Redis. One node alone has none, and stores in memory. */
export interface OurNodes {
  readonly nodes: readonly ServerProcess[];
  readonly redis: Redis | null;
  stop(): Promise<void>;
}

/** @param env settings beside those of the comparing bench */
export async function startOurNodes(size: number, env: Readonly<Record<string, string>> = {}): Promise<OurNodes> {
  const redis = size === 1 ? null : await startRedis();
  const shared = redis ? { STORE: 'redis', REDIS_URL: `redis://127.0.0.1:${redis.port}/0` } : {};
  const program = { name: `${size} nodes`, program: 'dist/src/main.js', env: { ...serving, ...shared, ...env } };
  const nodes = await Promise.all(Array.from({ length: size }, () => startServer(program)));
  return {
    nodes,
    redis,
    async stop() {
      for (const node of nodes) await node.stop();
      await redis?.stop();
    },
  };
}
