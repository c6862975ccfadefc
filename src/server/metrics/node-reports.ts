import { hostname } from 'node:os';
import { z } from 'zod';
import { version } from '../../version.ts';
import { type FailedPair, failedPairSchema, keyOf } from '../failed-pairs.ts';
import type { Services } from '../services.ts';
import type { ConnectionCounts } from './connection-counts.ts';

/** What a node says of itself. */
export const nodeReportSchema = z.object({
  id: z.string(),
  host: z.string(),
  version: z.string(),
  /** ms since the epoch */
  startedAt: z.number(),
  connections: z.number(),
  seats: z.number(),
  memoryBytes: z.number(),
  /** Whether it can serve newcomers. */
  isReady: z.boolean(),
});

type NodeReport = z.infer<typeof nodeReportSchema>;

const REPORT = 'report';
const FAILED_PAIRS = 'failed-pairs';

/** Tells operators of all nodes what each node knows alone. */
export class NodeReports {
  readonly #services: Services;
  readonly #connections: ConnectionCounts;

  constructor(services: Services, connections: ConnectionCounts) {
    this.#services = services;
    this.#connections = connections;
    const { others } = services.cluster;
    others?.answer(REPORT, () => this.#own());
    others?.answer(FAILED_PAIRS, () => services.failedPairs.list());
  }

  /** The reports of all nodes, this one first; null for a node that lives and does not answer. */
  async nodes(): Promise<ReadonlyMap<string, NodeReport | null>> {
    const { others, node } = this.#services.cluster;
    const reports = new Map<string, NodeReport | null>([[node, this.#own()]]);
    for (const name of others?.names ?? []) reports.set(name, null);
    for (const [name, answer] of (await others?.ask(REPORT)) ?? []) {
      reports.set(name, nodeReportSchema.safeParse(answer).data ?? null);
    }
    return reports;
  }

  /** The pairs that failed lately at any node: the latest first, and by their keys where several failed at once. */
  async failedPairs(): Promise<FailedPair[]> {
    const { cluster, failedPairs } = this.#services;
    const answers = [...((await cluster.others?.ask(FAILED_PAIRS)) ?? new Map()).values()];
    const ofOthers = answers.flatMap((answer) => z.array(failedPairSchema).safeParse(answer).data ?? []);
    return [...failedPairs.list(), ...ofOthers].sort(
      (one, other) => other.at - one.at || (keyOf(one) < keyOf(other) ? -1 : 1),
    );
  }

  #own(): NodeReport {
    const { cluster } = this.#services;
    return {
      id: cluster.node,
      host: hostname(),
      version,
      startedAt: Date.now() - Math.round(process.uptime() * 1000),
      connections: this.#connections.total,
      seats: this.#connections.seats,
      memoryBytes: process.memoryUsage.rss(),
      isReady: cluster.isReady,
    };
  }
}
