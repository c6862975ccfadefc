import { randomUUID } from 'node:crypto';
import { type BuiltServer, emptyFolder, run, secrets } from '../support/built-server.ts';
import type { AtEnd } from '../support/lifetime.ts';
import type { Ending } from '../support/program.ts';

/** Where a Redis is, and what it takes to believe that it is the right one. */
export interface RedisAddress {
  readonly url: string;
  /** A PEM file, where it speaks TLS with a certificate that is not from a public authority. */
  readonly ca?: string | null;
}

/** A node, wherever it runs. */
export interface AnyNode {
  /** The same after a restart. */
  readonly url: string;
  /** Its output since the last start. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** Takes connections: it was started, and no signal has ended or stopped it. */
  readonly living: boolean;
}

/** One process of the server. */
export interface Node extends AnyNode {
  readonly pid: number;
  readonly ended: Promise<Ending>;
  kill(signal: NodeJS.Signals): void;
  /** Starts it again, after a kill if it lives. Resolves once it listens. */
  restart(): Promise<void>;
}

/** Nodes that are one server, because they share a Redis. */
export interface NodesOfCluster<Where extends RedisAddress = RedisAddress, At extends AnyNode = Node> {
  readonly nodes: readonly At[];
  readonly redis: Where;
  /** The prefix of this cluster's keys. */
  readonly prefix: string;
}

export interface NodesOptions {
  /** How many; 3 unless it says otherwise. */
  nodes?: number;
  env?: Record<string, string>;
  /** Further variables of one node; the first node has the number 0. */
  envOf?: (node: number) => Record<string, string>;
}

/** Quick PIN checks, any free port, a dead process is noticed soon, and all tests together may create at their pace. */
const testEnvironment = {
  PORT: '0',
  BCRYPT_COST: '4',
  NODE_LEASE_SECONDS: '2',
  CREATES_PER_MINUTE: '1000000',
  ...secrets,
};

/** @returns what the environment of nodes over a Redis holds; without another prefix, they are a server of their own */
export function environmentOfNodes(redis: RedisAddress, env: Record<string, string>) {
  return {
    ...testEnvironment,
    STORE: 'redis',
    REDIS_URL: redis.url,
    ...(redis.ca ? { REDIS_CA: redis.ca } : {}),
    ...env,
    REDIS_PREFIX: env.REDIS_PREFIX ?? `test-${randomUUID()}`,
  };
}

/** Starts processes of the built server over a Redis. */
export async function startNodes<Where extends RedisAddress>({
  nodes: size = 3,
  env = {},
  envOf = () => ({}),
  redis,
  atEnd,
}: NodesOptions & { redis: Where; atEnd: AtEnd }): Promise<NodesOfCluster<Where>> {
  const environment = environmentOfNodes(redis, env);
  const nodes = await Promise.all(
    Array.from({ length: size }, (_, at) => startNode({ ...environment, ...envOf(at) }, atEnd)),
  );
  return { nodes, redis, prefix: environment.REDIS_PREFIX };
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
