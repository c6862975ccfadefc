/** A candidate for carrying messages between nodes: an adapter of Socket.IO with its settings. */
export interface Candidate {
  readonly name: string;
  /** Its name in node.mjs. */
  readonly adapter: 'none' | 'classic' | 'sharded' | 'streams';
  readonly subscriptionMode?: 'static' | 'dynamic' | 'dynamic-private';
  /** Whether a node acknowledges a seat only after Redis has acknowledged the subscription. */
  readonly waits?: true;
}

/** The base of all ratios: all seats on one node, without Redis. */
export const alone: Candidate = { name: 'one node, no Redis', adapter: 'none' };

const dynamicPrivate: Candidate = {
  name: 'sharded, dynamic-private',
  adapter: 'sharded',
  subscriptionMode: 'dynamic-private',
};

const waiting: Candidate = {
  name: 'sharded, dynamic, waiting',
  adapter: 'sharded',
  subscriptionMode: 'dynamic',
  waits: true,
};

/** The candidates of the relay workload. */
export const carriers: readonly Candidate[] = [
  { name: 'classic', adapter: 'classic' },
  { name: 'sharded, dynamic', adapter: 'sharded', subscriptionMode: 'dynamic' },
  { name: 'sharded, static', adapter: 'sharded', subscriptionMode: 'static' },
  { name: 'streams', adapter: 'streams' },
];

/** The candidates of the join workload. The last two relay as `dynamic` does, and differ only in joining. */
export const joined: readonly Candidate[] = [alone, ...carriers, dynamicPrivate, waiting];
