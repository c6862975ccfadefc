import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { type AtEnd, Lifetime } from '../support/lifetime.ts';
import { type NodesOfCluster, startNodes } from './nodes.ts';

// Test files run in processes of their own, and share clusters: the process that runs them all starts and lends them.

/** To start three processes takes a second or two, and each has 80 MB: so many clusters are kept for the next test. */
const MOST_CLUSTERS = 5;

/** No process ends and Redis stays, so that both are waited for, however busy the machine is. */
const patience = { NODE_LEASE_SECONDS: '60', REDIS_TIMEOUT_SECONDS: '10' };

/** What a test borrows. */
export interface Loan {
  readonly id: string;
  readonly urls: readonly string[];
  readonly prefix: string;
}

/** The state of a process of a cluster when it is given back. */
export interface Returned {
  readonly living: boolean;
  readonly printed: string;
}

interface Lent {
  readonly key: string;
  readonly id: string;
  readonly life: Lifetime;
  readonly started: Promise<NodesOfCluster>;
  borrowers: number;
}

/**
 * Lends clusters over HTTP on the loopback: `POST /borrow` takes an environment and answers a Loan, `POST /return`
 * takes its id and answers a Returned for each process. Workspaces do not touch each other, so that any number of tests
 * borrow one cluster, if they want the same environment.
 * @returns the URL
 */
export async function lendClusters(redisUrl: string, atEnd: AtEnd): Promise<string> {
  const lent = new Set<Lent>();

  const start = (key: string, env: Record<string, string>): Lent => {
    const life = new Lifetime();
    const started = startNodes({
      env: { ...patience, ...env },
      redis: { url: redisUrl },
      atEnd: life.atEnd,
    });
    return { key, id: crypto.randomUUID(), life, started, borrowers: 0 };
  };

  const borrow = async (env: Record<string, string>): Promise<Loan> => {
    const key = JSON.stringify(Object.entries(env).sort());
    const cluster = [...lent].find((each) => each.key === key) ?? start(key, env);
    // The last one in the set is the one that was borrowed last.
    lent.delete(cluster);
    lent.add(cluster);
    cluster.borrowers += 1;
    const oldest = [...lent].find(({ borrowers }) => borrowers === 0);
    if (oldest && lent.size > MOST_CLUSTERS) {
      lent.delete(oldest);
      await oldest.life.end();
    }
    const { nodes, prefix } = await cluster.started;
    return { id: cluster.id, urls: nodes.map(({ url }) => url), prefix };
  };

  const giveBack = async (id: string): Promise<Returned[]> => {
    const cluster = [...lent].find((each) => each.id === id);
    if (!cluster) throw new Error('Nobody has borrowed it.');
    cluster.borrowers -= 1;
    const { nodes } = await cluster.started;
    return nodes.map(({ living, output }) => ({ living, printed: output.stdout + output.stderr }));
  };

  const server = createServer(async (request, response) => {
    const asked: unknown = await json(request);
    const answer = request.url === '/borrow' ? borrow(asked as Record<string, string>) : giveBack(asked as string);
    answer.then(
      (value) => response.end(JSON.stringify(value)),
      (error: Error) => response.writeHead(500).end(error.stack),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(async () => {
    server.close();
    await Promise.all([...lent].map(({ life }) => life.end()));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
