/** What may carry a message from one node to the other: an adapter of Socket.IO, with its settings. */
export interface Candidate {
  readonly name: string;
  /** How node.mjs calls it. */
  readonly adapter: 'none' | 'classic' | 'sharded' | 'streams';
  readonly subscriptionMode?: 'static' | 'dynamic' | 'dynamic-private';
  /** Whether a seat is answered for only when Redis has heard of it. */
  readonly waits?: true;
}

/** What every other one is compared with: all seats on one node, and no Redis. */
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

/** Those that relays are measured with. */
export const carriers: readonly Candidate[] = [
  { name: 'classic', adapter: 'classic' },
  { name: 'sharded, dynamic', adapter: 'sharded', subscriptionMode: 'dynamic' },
  { name: 'sharded, static', adapter: 'sharded', subscriptionMode: 'static' },
  { name: 'streams', adapter: 'streams' },
];

/** Those that joins are measured with: the last two relay to a seat as dynamic does, and only join otherwise. */
export const joined: readonly Candidate[] = [alone, ...carriers, dynamicPrivate, waiting];
