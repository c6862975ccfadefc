import type { Adapter } from '../adapters/adapter.ts';
import { base, comparedInDetail } from '../adapters/index.ts';
import { aCandidate, anOffer, type Conversation, join, remark } from '../conversations.ts';
import { inTurns, meetings, type Saturated, saturate } from '../driver.ts';
import { type ServerProcess, startServer } from '../processes.ts';
import { ratios, type Spread, spread } from '../statistics.ts';

/** Pairs that talk at the same time, and meetings that somebody joins at the same time: enough to keep a core busy. */
const PAIRS = 20;
const MEETINGS = 4;
const PEOPLE = 5;

/** Candidates that a browser has at the same time. */
const BURST = 8;

export type RelayWorkload = 'candidate' | 'burst' | 'offer' | 'join';

export interface RelayRow {
  /** µs of the server's processor a message. */
  cpu: Spread;
  /** How many times that of the base. */
  ratio: Spread;
  /** Messages a second. */
  perSecond: Spread;
  /** The part of its core that the server was busy. */
  busy: Spread;
}

export type RelayFigures = Record<RelayWorkload, Record<string, RelayRow>>;

interface Scene {
  adapter: Adapter;
  server: ServerProcess;
  conversations: Record<RelayWorkload, Conversation[]>;
}

async function open(adapter: Adapter): Promise<Scene> {
  const server = await startServer(adapter);
  const pairs = await meetings(adapter, server.url, PAIRS, 2);
  // Their own pairs: whoever has once said something in a conversation listens to it for good.
  const bursting = await meetings(adapter, server.url, PAIRS, 2);
  const offering = await meetings(adapter, server.url, PAIRS, 2);
  const rooms = await meetings(adapter, server.url, MEETINGS, PEOPLE);
  return {
    adapter,
    server,
    conversations: {
      candidate: pairs.map((pair) => remark(adapter, pair, [aCandidate])),
      burst: bursting.map((pair) => remark(adapter, pair, new Array(BURST).fill(aCandidate))),
      offer: offering.map((pair) => remark(adapter, pair, [anOffer])),
      join: rooms.map((people) => join(adapter, people)),
    },
  };
}

/** What relays cost when they come as fast as the server takes them. */
export async function measureRelay(): Promise<RelayFigures> {
  const scenes: Scene[] = [];
  for (const adapter of comparedInDetail) scenes.push(await open(adapter));
  const figures: RelayFigures = { candidate: {}, burst: {}, offer: {}, join: {} };
  for (const name of ['candidate', 'burst', 'offer', 'join'] as const) {
    const slices = await inTurns(scenes, ({ conversations, server }) => saturate(conversations[name], server));
    const costs = (scene: Scene) => (slices.get(scene) ?? []).map(({ cpu }) => cpu);
    const bases = costs(scenes.find(({ adapter }) => adapter === base) as Scene);
    for (const scene of scenes) {
      const of = (what: keyof Saturated) => spread((slices.get(scene) ?? []).map((slice) => slice[what]));
      figures[name][scene.adapter.name] = {
        cpu: of('cpu'),
        ratio: spread(ratios(costs(scene), bases)),
        perSecond: of('perSecond'),
        busy: of('busy'),
      };
    }
  }
  for (const { server } of scenes) await server.stop();
  return figures;
}
