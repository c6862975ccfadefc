import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { type Postgres, startPostgres } from '../server/records/postgres-server.ts';
import { type AtEnd, Lifetime } from '../support/lifetime.ts';
import { type NodesOfCluster, startNodes } from './nodes.ts';

// A pool of clusters for test files, which run in processes of their own. The process that runs them all keeps the pool.

/** The pool keeps so many clusters for the next test: starting three processes takes 1 to 2 s, and each has 80 MB. */
const MAX_CLUSTERS = 5;

/** No process ends and Redis stays, so a node waits for both, however busy the machine is. */
const patience = { NODE_LEASE_SECONDS: '60', REDIS_TIMEOUT_SECONDS: '10' };

/** A cluster of the pool, as a test gets it. */
export interface PooledCluster {
  readonly id: string;
  readonly urls: readonly string[];
  readonly prefix: string;
}

/** The state of a process when a test releases its cluster. */
export interface NodeState {
  readonly living: boolean;
  readonly printed: string;
}

interface Entry {
  readonly key: string;
  readonly id: string;
  readonly life: Lifetime;
  readonly started: Promise<NodesOfCluster>;
  users: number;
}

/**
 * Offers the pool over HTTP on the loopback: `POST /acquire` takes an environment and answers a PooledCluster,
 * `POST /release` takes its id and answers a NodeState for each process. Workspaces do not touch each other, so any number
 * of tests use one cluster, if they want the same environment.
 * @returns the URL
 */
export async function serveClusterPool(redisUrl: string, atEnd: AtEnd): Promise<string> {
  const pool = new Set<Entry>();
  let postgres: Promise<Postgres> | null = null;

  /** The records of a cluster that has users. */
  const records = async ({ USERS }: Record<string, string>): Promise<Record<string, string>> => {
    if (!USERS) return {};
    postgres ??= startPostgres(atEnd);
    return { DATABASE_URL: await (await postgres).database() };
  };

  const start = (key: string, env: Record<string, string>): Entry => {
    const life = new Lifetime();
    const started = records(env).then((database) =>
      startNodes({
        env: { ...patience, ...database, ...env },
        redis: { url: redisUrl },
        atEnd: life.atEnd,
      }),
    );
    return { key, id: crypto.randomUUID(), life, started, users: 0 };
  };

  const acquire = async (env: Record<string, string>): Promise<PooledCluster> => {
    const key = JSON.stringify(Object.entries(env).sort());
    const cluster = [...pool].find((each) => each.key === key) ?? start(key, env);
    // The set is in the order of use: the last one was acquired last.
    pool.delete(cluster);
    pool.add(cluster);
    cluster.users += 1;
    const oldest = [...pool].find(({ users }) => users === 0);
    if (oldest && pool.size > MAX_CLUSTERS) {
      pool.delete(oldest);
      await oldest.life.end();
    }
    const { nodes, prefix } = await cluster.started;
    return { id: cluster.id, urls: nodes.map(({ url }) => url), prefix };
  };

  const release = async (id: string): Promise<NodeState[]> => {
    const cluster = [...pool].find((each) => each.id === id);
    if (!cluster) throw new Error('No test has acquired it.');
    cluster.users -= 1;
    const { nodes } = await cluster.started;
    return nodes.map(({ living, output }) => ({ living, printed: output.stdout + output.stderr }));
  };

  const server = createServer(async (request, response) => {
    const asked: unknown = await json(request);
    const answer = request.url === '/acquire' ? acquire(asked as Record<string, string>) : release(asked as string);
    answer.then(
      (value) => response.end(JSON.stringify(value)),
      (error: Error) => response.writeHead(500).end(error.stack),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(async () => {
    server.close();
    await Promise.all([...pool].map(({ life }) => life.end()));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
