import { oneWay, sampleCandidate } from '../compare/conversations.ts';
import { atPace, inTurns, randomGaps, saturate } from '../compare/driver.ts';
import { quantile, type Spread, spread } from '../compare/statistics.ts';
import { alone, carriers } from './candidates.ts';
import { type Cluster, idleSeats, type Pair, pairsBetween, startCluster } from './cluster.ts';
import { type Costs, type CostsRow, costsOf, costsRow } from './costs.ts';
import { type Done, since, sum } from './redis.ts';
import { frames } from './seats.ts';

const PAIRS = 20;
/** Idle seats on each node. */
const IDLE = 20;
const PER_SECOND = 200;
const SEED = 20;
/** Slices of a second: few enough messages that eight nodes on one core are seldom busy with the last one. */
const gaps = randomGaps(PER_SECOND, PER_SECOND, SEED);

/** The node of the receiving seat: another one than the sender's, or the same. */
export type Place = 'apart' | 'together';

export interface RelayRow {
  /** 200 messages a second at random times, as people send. Every message wakes every process that it reaches. */
  paced: CostsRow & {
    /** ms to the arrival, the median of each slice. */
    p50: Spread;
    /** Redis commands for a message, and bytes that Redis sends. */
    commands: number;
    bytes: number;
  };
  /** At saturation: processes read and write messages together that come close together. */
  saturated: CostsRow;
}

/** By the candidate and the place. */
export type RelayFigures = Record<string, { [Where in Place]?: RelayRow }>;

interface Setup {
  cluster: Cluster;
  place: Place;
  pairs: Pair[];
}

type Slice = Costs & { messages: number };
type PacedSlice = Slice & { p50: number; done: Done | null };

async function paced({ cluster, pairs }: Setup): Promise<PacedSlice> {
  const before = await cluster.redis?.counts();
  const { result, ...costs } = await costsOf(cluster, () =>
    atPace(frames, pairs, (from) => from.message(1, sampleCandidate), { cpu: () => 0 }, gaps),
  );
  const after = await cluster.redis?.counts();
  return {
    ...costs,
    messages: gaps.length,
    p50: quantile(result.latencies, 0.5),
    done: before && after ? since(before, after) : null,
  };
}

/** Prepares the conversations of a setup, whose listeners stay on their sockets. */
function saturating({ cluster, pairs }: Setup): () => Promise<Slice> {
  const conversations = pairs.map((pair) => oneWay(frames, pair, [sampleCandidate]));
  const { name } = cluster.candidate;
  return async () => {
    const { result, ...costs } = await costsOf(cluster, () => saturate(conversations, { name, cpu: () => 0 }));
    return { ...costs, messages: result.messages };
  };
}

function pacedRow(slices: readonly PacedSlice[], involved: number): RelayRow['paced'] {
  const messages = slices.reduce((all, slice) => all + slice.messages, 0);
  const each = (count: (done: Done) => number) =>
    slices.reduce((all, { done }) => all + (done ? count(done) : 0), 0) / messages;
  return {
    ...costsRow(slices, involved),
    p50: spread(slices.map((slice) => slice.p50)),
    commands: Number(each(sum).toFixed(2)),
    bytes: Math.round(each(({ sent }) => sent)),
  };
}

/** Starts everything and seats everybody. */
async function setupsOf(size: number): Promise<Setup[]> {
  const setups: Setup[] = [];
  for (const candidate of [alone, ...carriers]) {
    const cluster = await startCluster(candidate, candidate === alone ? 1 : size);
    await idleSeats(cluster, IDLE);
    const [first, second] = cluster.nodes;
    if (!first) throw new Error('There is no node.');
    setups.push({ cluster, place: 'together', pairs: await pairsBetween(first, first, PAIRS) });
    if (second) setups.push({ cluster, place: 'apart', pairs: await pairsBetween(first, second, PAIRS) });
  }
  return setups;
}

/** @param size the number of nodes of a cluster */
export async function measureRelays(size: number): Promise<RelayFigures> {
  const setups = await setupsOf(size);
  const pacedSlices = await inTurns(setups, paced);
  const prepared = new Map(setups.map((setup) => [setup, saturating(setup)]));
  const saturatedSlices = await inTurns(setups, (setup) => (prepared.get(setup) as () => Promise<Slice>)());
  const figures: RelayFigures = {};
  for (const setup of setups) {
    const involved = setup.place === 'apart' ? 2 : 1;
    figures[setup.cluster.candidate.name] ??= {};
    (figures[setup.cluster.candidate.name] as RelayFigures[string])[setup.place] = {
      paced: pacedRow(pacedSlices.get(setup) ?? [], involved),
      saturated: costsRow(saturatedSlices.get(setup) ?? [], involved),
    };
  }
  for (const cluster of new Set(setups.map(({ cluster }) => cluster))) await cluster.stop();
  return figures;
}
