import { type Spread, spread } from '../compare/statistics.ts';
import type { Cluster } from './cluster.ts';

/** The processor time of some work, µs, by process. */
export interface Costs {
  /** By node, in order. */
  nodes: number[];
  redis: number;
}

type Processes = Pick<Cluster, 'nodes' | 'redis'>;

const now = ({ nodes, redis }: Processes): Costs => ({
  nodes: nodes.map((node) => node.cpu()),
  redis: redis?.cpu() ?? 0,
});

/** Measures the cost of some work. */
export async function costsOf<Result>(
  cluster: Processes,
  act: () => Promise<Result>,
): Promise<Costs & { result: Result }> {
  const before = now(cluster);
  const result = await act();
  const after = now(cluster);
  return {
    nodes: after.nodes.map((cpu, index) => cpu - (before.nodes[index] ?? 0)),
    redis: after.redis - before.redis,
    result,
  };
}

/** µs of processor a message. */
export interface CostsRow {
  /** All nodes together, without Redis. */
  nodes: Spread;
  /** The sender's node and the seat's node together; one node if it has both. */
  involved: Spread;
  /** Each other node; null if there is none. */
  uninvolved: Spread | null;
  redis: Spread;
}

const total = (costs: readonly number[]) => costs.reduce((all, each) => all + each, 0);

/** @param involved the number of nodes with the sender or the seat, which come first */
export function costsRow(slices: readonly (Costs & { messages: number })[], involved: number): CostsRow {
  const others = (slices[0]?.nodes.length ?? 0) - involved;
  const of = (cost: (slice: Costs) => number) => spread(slices.map((slice) => cost(slice) / slice.messages));
  return {
    nodes: of(({ nodes }) => total(nodes)),
    involved: of(({ nodes }) => total(nodes.slice(0, involved))),
    uninvolved: others > 0 ? of(({ nodes }) => total(nodes.slice(involved)) / others) : null,
    redis: of(({ redis }) => redis),
  };
}
