import { startRedis } from '../server/redis/redis-server.ts';
import { type AtEnd, Lifetime, ofTest } from '../support/lifetime.ts';
import { Client, type Reachable } from '../support/test-client.ts';
import { DeliveryBarrier } from './delivery-barrier.ts';
import { type Node, type NodesOfCluster, type NodesOptions, type RedisAddress, startNodes } from './nodes.ts';

export type { Node, RedisAddress } from './nodes.ts';

/** A process of a server, as clients know it. */
export interface Address {
  readonly url: string;
}

/** A server of several processes, as clients know it. */
export interface ReachableCluster<At extends Address = Address> extends Reachable {
  readonly nodes: readonly At[];
  /** Connects one client after the other to one living node after the other. */
  connect: Reachable['connect'];
  /** Connects a client to this node. */
  connectTo(node: Address, ...options: Parameters<Reachable['connect']>): Promise<Client>;
}

/** Processes that are one server, because they share a Redis. */
export interface Cluster<Where extends RedisAddress = RedisAddress>
  extends ReachableCluster<Node>,
    NodesOfCluster<Where> {
  readonly nodes: readonly Node[];
  close(): Promise<void>;
}

type ClusterOptions = NodesOptions & { atEnd?: AtEnd };

/** Starts processes of the built server over a Redis of their own, or over one that others may use too. */
export async function startCluster<Where extends RedisAddress>(
  options: ClusterOptions & { redis: Where },
): Promise<Cluster<Where>>;
export async function startCluster(options?: ClusterOptions): Promise<Cluster<Awaited<ReturnType<typeof startRedis>>>>;
export async function startCluster({
  redis: given,
  atEnd = ofTest,
  ...options
}: ClusterOptions & { redis?: RedisAddress } = {}): Promise<Cluster> {
  const life = new Lifetime();
  atEnd(() => life.end());
  const redis = given ?? (await startRedis({ atEnd: life.atEnd }));
  const cluster = await startNodes({ ...options, redis, atEnd: life.atEnd });
  const barrier = new DeliveryBarrier(() => cluster.nodes.filter(({ living }) => living).map(({ url }) => url));
  life.atEnd(() => barrier.close());
  return { ...cluster, ...connecting(cluster.nodes, barrier), close: () => life.end() };
}

/** Ways to connect clients that can wait until other nodes' messages have arrived. */
export function connecting(
  nodes: readonly (Address & { living: boolean })[],
  barrier: DeliveryBarrier,
): Pick<ReachableCluster, 'connect' | 'connectTo'> {
  let connected = 0;
  const connectTo: ReachableCluster['connectTo'] = (node, options) =>
    Client.connect(node.url, options, () => barrier.waitFor(node.url));
  return {
    connectTo,
    async connect(options) {
      const living = nodes.filter((node) => node.living);
      const node = living[connected % living.length];
      if (!node) throw new Error('No node of the cluster lives.');
      connected += 1;
      return connectTo(node, options);
    },
  };
}
