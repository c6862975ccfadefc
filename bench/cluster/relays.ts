import { aCandidate, remark } from '../compare/conversations.ts';
import { atPace, inTurns, randomGaps, saturate } from '../compare/driver.ts';
import { quantile, type Spread, spread } from '../compare/statistics.ts';
import { alone, carriers } from './candidates.ts';
import { type Cluster, idleSeats, type Pair, pairsBetween, startCluster } from './cluster.ts';
import { type Costs, type CostsRow, costsOf, costsRow } from './costs.ts';
import { type Done, since, sum } from './redis.ts';
import { frames } from './seats.ts';

const PAIRS = 20;
/** Seats on each node that hear nothing. */
const IDLE = 20;
const PER_SECOND = 200;
const SEED = 20;
/** Slices of a second: few enough messages that eight nodes on one core are seldom busy with the last one. */
const gaps = randomGaps(PER_SECOND, PER_SECOND, SEED);

/** Where the seat is that is spoken to: on another node than the sender, or on the same. */
export type Place = 'apart' | 'together';

export interface RelayRow {
  /** As people send: 200 messages a second at random times. Every message wakes every process that it reaches. */
  paced: CostsRow & {
    /** ms to the arrival, the median of each slice. */
    p50: Spread;
    /** Commands that Redis carries out for a message, and bytes that it sends. */
    commands: number;
    bytes: number;
  };
  /** As fast as it goes: what comes close together is read and written together. */
  saturated: CostsRow;
}

/** By the candidate and the place. */
export type RelayFigures = Record<string, { [Where in Place]?: RelayRow }>;

interface Scene {
  cluster: Cluster;
  place: Place;
  pairs: Pair[];
}

type Slice = Costs & { messages: number };
type PacedSlice = Slice & { p50: number; done: Done | null };

async function paced({ cluster, pairs }: Scene): Promise<PacedSlice> {
  const before = await cluster.redis?.counts();
  const { result, ...costs } = await costsOf(cluster, () =>
    atPace(frames, pairs, (from) => from.message(1, aCandidate), { cpu: () => 0 }, gaps),
  );
  const after = await cluster.redis?.counts();
  return {
    ...costs,
    messages: gaps.length,
    p50: quantile(result.latencies, 0.5),
    done: before && after ? since(before, after) : null,
  };
}

/** Has the conversations of a scene prepared, which listen from then on. */
function saturating({ cluster, pairs }: Scene): () => Promise<Slice> {
  const conversations = pairs.map((pair) => remark(frames, pair, [aCandidate]));
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
async function scenesOf(size: number): Promise<Scene[]> {
  const scenes: Scene[] = [];
  for (const candidate of [alone, ...carriers]) {
    const cluster = await startCluster(candidate, candidate === alone ? 1 : size);
    await idleSeats(cluster, IDLE);
    const [first, second] = cluster.nodes;
    if (!first) throw new Error('There is no node.');
    scenes.push({ cluster, place: 'together', pairs: await pairsBetween(first, first, PAIRS) });
    if (second) scenes.push({ cluster, place: 'apart', pairs: await pairsBetween(first, second, PAIRS) });
  }
  return scenes;
}

/** @param size how many nodes a cluster has */
export async function measureRelays(size: number): Promise<RelayFigures> {
  const scenes = await scenesOf(size);
  const pacedSlices = await inTurns(scenes, paced);
  const prepared = new Map(scenes.map((scene) => [scene, saturating(scene)]));
  const saturatedSlices = await inTurns(scenes, (scene) => (prepared.get(scene) as () => Promise<Slice>)());
  const figures: RelayFigures = {};
  for (const scene of scenes) {
    const involved = scene.place === 'apart' ? 2 : 1;
    figures[scene.cluster.candidate.name] ??= {};
    (figures[scene.cluster.candidate.name] as RelayFigures[string])[scene.place] = {
      paced: pacedRow(pacedSlices.get(scene) ?? [], involved),
      saturated: costsRow(saturatedSlices.get(scene) ?? [], involved),
    };
  }
  for (const cluster of new Set(scenes.map(({ cluster }) => cluster))) await cluster.stop();
  return figures;
}
