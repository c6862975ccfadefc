import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '../cluster/redis.ts';
import { serving, thisServer } from './adapters/this-server.ts';
import { startPostgres } from './postgres.ts';
import { EVERY_CORE, type ServerProcess, startServer } from './processes.ts';

/** This server as an operator runs it, with users and records. */
export interface Site {
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

const users = { USERS: 'open', NAMES_PER_MINUTE: '1000000' };

const started = (name: string, env: Readonly<Record<string, string>>) =>
  startServer({ ...thisServer, name, env: { ...serving, ...users, ...env } }, EVERY_CORE);

const site = (nodes: readonly ServerProcess[], others: () => Promise<void>): Site => ({
  urls: nodes.map(({ url }) => url),
  async stop() {
    for (const node of nodes) await node.stop();
    await others();
  },
});

async function oneProcess(): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'mesh-workspaces-bench-'));
  const node = await started('one process', { JSON_STORAGE_FILE: join(folder, 'workspaces.json') });
  return site([node], () => rm(folder, { recursive: true }));
}

async function threeNodes(): Promise<Site> {
  const [redis, postgres] = [await startRedis(), await startPostgres()];
  const shared = {
    STORE: 'redis',
    REDIS_URL: `redis://127.0.0.1:${redis.port}/0`,
    DATABASE_URL: postgres.database('records'),
  };
  const nodes = await Promise.all(['first', 'second', 'third'].map((name) => started(`${name} node`, shared)));
  return site(nodes, async () => {
    await redis.stop();
    await postgres.stop();
  });
}

/** How operators run it, by name. Records are on the disk before they are acknowledged. */
export const sites: Readonly<Record<string, () => Promise<Site>>> = {
  'one process, JSON file and SQLite': oneProcess,
  'three nodes, Redis and PostgreSQL': threeNodes,
};
