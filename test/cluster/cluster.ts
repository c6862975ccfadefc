import { randomUUID } from 'node:crypto';
import { startRedis } from '../server/redis/redis-server.ts';
import { type BuiltServer, emptyFolder, run, secrets } from '../support/built-server.ts';
import { type AtEnd, Lifetime, ofTest } from '../support/lifetime.ts';
import type { Ending } from '../support/program.ts';
import { Client, type Reachable } from '../support/test-client.ts';
import { Couriers } from './couriers.ts';

/** Where a Redis is, and what it takes to believe that it is the right one. */
export interface RedisAddress {
  readonly url: string;
  /** A PEM file, where it speaks TLS with a certificate that is not from a public authority. */
  readonly ca?: string | null;
}

/** One process of the server. */
export interface Node {
  /** The same after a restart. */
  readonly url: string;
  readonly pid: number;
  /** What it has printed since it was started last. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  readonly ended: Promise<Ending>;
  /** Takes connections: it was started, and no signal has ended or stopped it. */
  readonly living: boolean;
  kill(signal: NodeJS.Signals): void;
  /** Starts it again, after a kill if it lives. Resolves once it listens. */
  restart(): Promise<void>;
}

/** Processes that are one server, because they share a Redis. */
export interface Cluster<Where extends RedisAddress = RedisAddress> extends Reachable {
  readonly nodes: readonly Node[];
  readonly redis: Where;
  /** What the keys of this cluster begin with. */
  readonly prefix: string;
  /** Connects one client after the other to one living node after the other. */
  connect: Reachable['connect'];
  /** Connects a client to this node. */
  connectTo(node: Node, ...options: Parameters<Reachable['connect']>): Promise<Client>;
  close(): Promise<void>;
}

interface ClusterOptions {
  nodes?: number;
  env?: Record<string, string>;
  /** What one node's environment holds besides; the first node has the number 0. */
  envOf?: (node: number) => Record<string, string>;
  atEnd?: AtEnd;
}

/** Quick PIN checks, any free port, and a dead process is noticed soon. */
const testEnvironment = { PORT: '0', BCRYPT_COST: '4', NODE_LEASE_SECONDS: '2', ...secrets };

/** Starts processes of the built server over a Redis of their own, or over one that others may use too. */
export async function startCluster<Where extends RedisAddress>(
  options: ClusterOptions & { redis: Where },
): Promise<Cluster<Where>>;
export async function startCluster(options?: ClusterOptions): Promise<Cluster<Awaited<ReturnType<typeof startRedis>>>>;
export async function startCluster({
  nodes: size = 3,
  env = {},
  envOf = () => ({}),
  redis: given,
  atEnd = ofTest,
}: ClusterOptions & { redis?: RedisAddress } = {}): Promise<Cluster> {
  const life = new Lifetime();
  atEnd(() => life.end());
  const redis = given ?? (await startRedis({ atEnd: life.atEnd }));
  const prefix = env.REDIS_PREFIX ?? `test-${randomUUID()}`;
  const environment = {
    ...testEnvironment,
    STORE: 'redis',
    REDIS_URL: redis.url,
    ...(redis.ca ? { REDIS_CA: redis.ca } : {}),
    REDIS_PREFIX: prefix,
    ...env,
  };
  const nodes = await Promise.all(
    Array.from({ length: size }, (_, at) => startNode({ ...environment, ...envOf(at) }, life.atEnd)),
  );
  const couriers = new Couriers(() => nodes.filter(({ living }) => living).map(({ url }) => url));
  life.atEnd(() => couriers.close());

  let connected = 0;
  const connectTo: Cluster['connectTo'] = (node, options) =>
    Client.connect(node.url, options, () => couriers.runTo(node.url));
  return {
    nodes,
    redis,
    prefix,
    connectTo,
    async connect(options) {
      const living = nodes.filter((node) => node.living);
      const node = living[connected % living.length];
      if (!node) throw new Error('No node of the cluster lives.');
      connected += 1;
      return connectTo(node, options);
    },
    close: () => life.end(),
  };
}

async function startNode(env: Record<string, string>, atEnd: AtEnd): Promise<Node> {
  const folder = await emptyFolder(atEnd);
  let server: BuiltServer;
  let living = false;
  const begin = async (port: string) => {
    const started = run(folder, { env: { ...env, PORT: port }, atEnd });
    server = started;
    const url = (await started.listening()).replace('localhost', '127.0.0.1');
    living = true;
    started.ended.then(() => {
      if (server === started) living = false;
    });
    return url;
  };
  const url = await begin(env.PORT ?? '0');
  return {
    url,
    get pid() {
      return server.pid;
    },
    get output() {
      return server.output;
    },
    get ended() {
      return server.ended;
    },
    get living() {
      return living;
    },
    kill(signal) {
      living = signal === 'SIGCONT';
      server.kill(signal);
    },
    async restart() {
      server.kill('SIGKILL');
      await server.ended;
      await begin(new URL(url).port);
    },
  };
}
