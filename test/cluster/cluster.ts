import { startRedis } from '../server/redis/redis-server.ts';
import { type AtEnd, Lifetime, ofTest } from '../support/lifetime.ts';
import { Client, type Reachable } from '../support/test-client.ts';
import { DeliveryBarrier } from './delivery-barrier.ts';
import { type LocalNode, startLocalNodes } from './local-nodes.ts';
import {
  type AnyNode,
  type Node,
  type NodesOfCluster,
  type NodesOptions,
  type RedisAddress,
  startNodes,
} from './nodes.ts';

export type { LocalNode } from './local-nodes.ts';
export type { AnyNode, Node, RedisAddress } from './nodes.ts';

/** A node of a server, as clients know it. */
export interface Address {
  readonly url: string;
}

/** A server of several nodes, as clients know it. */
export interface ReachableCluster<At extends Address = Address> extends Reachable {
  readonly nodes: readonly At[];
  /** Connects one client after the other to one living node after the other. */
  connect: Reachable['connect'];
  /** Connects a client to this node. */
  connectTo(node: Address, ...options: Parameters<Reachable['connect']>): Promise<Client>;
}

/** Nodes that are one server, because they share a Redis: processes, if it does not say otherwise. */
export interface Cluster<Where extends RedisAddress = RedisAddress, At extends AnyNode = Node>
  extends ReachableCluster<At>,
    NodesOfCluster<Where, At> {
  readonly nodes: readonly At[];
  close(): Promise<void>;
}

type ClusterOptions = NodesOptions & { atEnd?: AtEnd };
type OwnRedis = Awaited<ReturnType<typeof startRedis>>;

/** Starts processes of the built server over a Redis of their own, or over one that others may use too. */
export async function startCluster<Where extends RedisAddress>(
  options: ClusterOptions & { redis: Where },
): Promise<Cluster<Where>>;
export async function startCluster(options?: ClusterOptions): Promise<Cluster<OwnRedis>>;
export async function startCluster(options: ClusterOptions & { redis?: RedisAddress } = {}): Promise<Cluster> {
  return clusterOf(startNodes, options);
}

/** Starts nodes in the process of the test, for tests that need no process. */
export async function startLocalCluster<Where extends RedisAddress>(
  options: ClusterOptions & { redis: Where },
): Promise<Cluster<Where, LocalNode>>;
export async function startLocalCluster(options?: ClusterOptions): Promise<Cluster<OwnRedis, LocalNode>>;
export async function startLocalCluster(
  options: ClusterOptions & { redis?: RedisAddress } = {},
): Promise<Cluster<RedisAddress, LocalNode>> {
  return clusterOf(startLocalNodes, options);
}

async function clusterOf<At extends AnyNode>(
  startThem: (
    options: NodesOptions & { redis: RedisAddress; atEnd: AtEnd },
  ) => Promise<NodesOfCluster<RedisAddress, At>>,
  { redis: given, atEnd = ofTest, ...options }: ClusterOptions & { redis?: RedisAddress },
): Promise<Cluster<RedisAddress, At>> {
  const life = new Lifetime();
  atEnd(() => life.end());
  const redis = given ?? (await startRedis({ atEnd: life.atEnd }));
  const cluster = await startThem({ ...options, redis, atEnd: life.atEnd });
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
