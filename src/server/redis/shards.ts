import type { RedisClient } from './connect.ts';

/**
 * A private member of ioredis: the channels of a Redis Cluster, with one entry for each time that one was subscribed
 * to.
 */
interface Sharded {
  shardedSubscribers?: { removeChannels(channels: readonly string[]): void };
}

/** Makes ioredis forget a channel that is about to be subscribed to again, so that it does not know it twice. */
export function forgetChannel(client: RedisClient, channel: string): void {
  if (client.isCluster) (client as unknown as Sharded).shardedSubscribers?.removeChannels([channel]);
}
