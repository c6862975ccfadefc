import { pino } from 'pino';
import { loadConfig } from '../../src/server/config/load-config.ts';
import { start } from '../../src/server/server.ts';
import { createServices, type Services } from '../../src/server/services.ts';
import type { AtEnd } from '../support/lifetime.ts';
import {
  type AnyNode,
  environmentOfNodes,
  type NodesOfCluster,
  type NodesOptions,
  type RedisAddress,
} from './nodes.ts';

/**
 * A node in the process of the test, for tests that neither end it nor let it stand still: a process takes a third of a second
 * of processor to start. What would end a process, such as a rejection that nobody handles, fails the run.
 */
export interface LocalNode extends AnyNode {
  readonly services: Services;
}

/** Starts nodes in this process over a Redis. */
export async function startLocalNodes<Where extends RedisAddress>({
  nodes: size = 3,
  env = {},
  envOf = () => ({}),
  redis,
  atEnd,
}: NodesOptions & { redis: Where; atEnd: AtEnd }): Promise<NodesOfCluster<Where, LocalNode>> {
  const environment = environmentOfNodes(redis, env);
  const nodes = await Promise.all(
    Array.from({ length: size }, (_, at) => startLocalNode({ ...environment, ...envOf(at) }, atEnd)),
  );
  return { nodes, redis, prefix: environment.REDIS_PREFIX };
}

async function startLocalNode(env: Record<string, string>, atEnd: AtEnd): Promise<LocalNode> {
  const output = { stdout: '', stderr: '' };
  const write = (line: string) => {
    output.stdout += line;
  };
  const services = await createServices(loadConfig(env), (level) => pino({ level }, { write }));
  const onWarning = ({ name, message }: Error) => {
    output.stderr += `${name}: ${message}\n`;
  };
  process.on('warning', onWarning);
  const server = await start(services);
  let living = true;
  atEnd(async () => {
    living = false;
    await server.close();
    process.off('warning', onWarning);
  });
  return {
    url: server.url.replace('localhost', '127.0.0.1'),
    output,
    get living() {
      return living;
    },
    services,
  };
}
