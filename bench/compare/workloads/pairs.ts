import type { Adapter } from '../adapters/adapter.ts';
import { base } from '../adapters/index.ts';
import { thisServer } from '../adapters/this-server.ts';
import { aCandidate, type Conversation, remark } from '../conversations.ts';
import { inTurns, meetings, type Saturated, saturate } from '../driver.ts';
import { type ServerProcess, startServer } from '../processes.ts';
import { ratios, type Spread, spread } from '../statistics.ts';

/** Pairs that talk at the same time. PAIRS names others, parted by commas. */
const SIZES = (process.env.PAIRS ?? '4,20,50,100,500').split(',').map(Number);

/** Candidates that each pair sends at the same time. */
const BURSTS = { single: 1, burst: 8 } as const;

export type PairsWorkload = keyof typeof BURSTS;

export interface PairsRow {
  /** µs of the server's processor a candidate. */
  cpu: Spread;
  /** How many times that of the base. */
  ratio: Spread;
  /** Candidates a second. */
  perSecond: Spread;
  /** The part of its core that the server was busy. */
  busy: Spread;
}

/** By the number of pairs, then by the server. */
export type PairsFigures = Record<PairsWorkload, Record<string, Record<string, PairsRow>>>;

interface Scene {
  adapter: Adapter;
  server: ServerProcess;
  conversations: Record<PairsWorkload, Conversation[]>;
}

/**
 * The servers that are compared: the base, this server, and the build of another state of this server, where BUILT names
 * its main.js. All are measured in turns, because their ratios say more than figures of different runs.
 */
function adapters(): Adapter[] {
  const built = process.env.BUILT;
  return [base, thisServer, ...(built ? [{ ...thisServer, name: 'another build', program: built }] : [])];
}

async function open(adapter: Adapter, pairs: number): Promise<Scene> {
  const server = await startServer(adapter);
  const talking = async (burst: number) => {
    const met = await meetings(adapter, server.url, pairs, 2);
    return met.map((pair) => remark(adapter, pair, new Array(burst).fill(aCandidate)));
  };
  // Pairs of their own for each workload: a conversation listens to its sockets for good.
  const conversations = { single: await talking(BURSTS.single), burst: await talking(BURSTS.burst) };
  return { adapter, server, conversations };
}

/** What a relay costs when few or many pairs send as fast as the server takes it: one candidate at a time, or a burst. */
export async function measurePairs(): Promise<PairsFigures> {
  const figures: PairsFigures = { single: {}, burst: {} };
  for (const pairs of SIZES) {
    const scenes: Scene[] = [];
    for (const adapter of adapters()) scenes.push(await open(adapter, pairs));
    for (const workload of Object.keys(BURSTS) as PairsWorkload[]) {
      const slices = await inTurns(scenes, ({ conversations, server }) => saturate(conversations[workload], server));
      const values = (scene: Scene, what: keyof Saturated) => (slices.get(scene) ?? []).map((slice) => slice[what]);
      const bases = values(scenes[0] as Scene, 'cpu');
      const rows = scenes.map((scene) => {
        const row: PairsRow = {
          cpu: spread(values(scene, 'cpu')),
          ratio: spread(ratios(values(scene, 'cpu'), bases)),
          perSecond: spread(values(scene, 'perSecond')),
          busy: spread(values(scene, 'busy')),
        };
        return [scene.adapter.name, row] as const;
      });
      figures[workload][pairs] = Object.fromEntries(rows);
    }
    for (const { server } of scenes) await server.stop();
  }
  return figures;
}
