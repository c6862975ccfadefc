import type { Adapter } from '../adapters/adapter.ts';
import { base } from '../adapters/index.ts';
import { thisServer } from '../adapters/this-server.ts';
import { type Conversation, oneWay, sampleCandidate } from '../conversations.ts';
import { connectGroups, inTurns, type Saturated, saturate } from '../driver.ts';
import { type ServerProcess, startServer } from '../processes.ts';
import { ratios, type Spread, spread } from '../statistics.ts';

/** The numbers of pairs that send at the same time. PAIRS names others, separated by commas. */
const SIZES = (process.env.PAIRS ?? '4,20,50,100,500').split(',').map(Number);

/** Candidates that each pair sends at the same time. */
const BURSTS = { single: 1, burst: 8 } as const;

export type PairsWorkload = keyof typeof BURSTS;

interface PairsRow {
  /** µs of the server's processor a candidate. */
  cpu: Spread;
  /** The ratio to the base. */
  ratio: Spread;
  /** Candidates a second. */
  perSecond: Spread;
  /** The share of its core that the server used. */
  busy: Spread;
}

/** By the number of pairs, then by the server. */
export type PairsFigures = Record<PairsWorkload, Record<string, Record<string, PairsRow>>>;

interface Setup {
  adapter: Adapter;
  server: ServerProcess;
  conversations: Record<PairsWorkload, Conversation[]>;
}

/**
 * The compared servers: the base, this server, with METRICS=true this server with metrics, and, if BUILT names its main.js,
 * another build of this server. The bench measures them in turn, because ratios within one run say more than figures of
 * different runs.
 */
function adapters(): Adapter[] {
  const { BUILT: built, METRICS: metrics } = process.env;
  const env = { ...thisServer.env, METRICS_PORT: '0' };
  return [
    base,
    thisServer,
    ...(metrics === 'true' ? [{ ...thisServer, name: 'with metrics', env }] : []),
    ...(built ? [{ ...thisServer, name: 'another build', program: built }] : []),
  ];
}

async function open(adapter: Adapter, pairs: number): Promise<Setup> {
  const server = await startServer(adapter);
  const talking = async (burst: number) => {
    const met = await connectGroups(adapter, server.url, pairs, 2);
    return met.map((pair) => oneWay(adapter, pair, new Array(burst).fill(sampleCandidate)));
  };
  // Pairs of their own for each workload, because a conversation's listeners stay on their sockets.
  const conversations = { single: await talking(BURSTS.single), burst: await talking(BURSTS.burst) };
  return { adapter, server, conversations };
}

/** The cost of a relay at saturation, with few or many pairs: one candidate at a time, or a burst. */
export async function measurePairs(): Promise<PairsFigures> {
  const figures: PairsFigures = { single: {}, burst: {} };
  for (const pairs of SIZES) {
    const setups: Setup[] = [];
    for (const adapter of adapters()) setups.push(await open(adapter, pairs));
    for (const workload of Object.keys(BURSTS) as PairsWorkload[]) {
      const slices = await inTurns(setups, ({ conversations, server }) => saturate(conversations[workload], server));
      const values = (setup: Setup, what: keyof Saturated) => (slices.get(setup) ?? []).map((slice) => slice[what]);
      const bases = values(setups[0] as Setup, 'cpu');
      const rows = setups.map((setup) => {
        const row: PairsRow = {
          cpu: spread(values(setup, 'cpu')),
          ratio: spread(ratios(values(setup, 'cpu'), bases)),
          perSecond: spread(values(setup, 'perSecond')),
          busy: spread(values(setup, 'busy')),
        };
        return [setup.adapter.name, row] as const;
      });
      figures[workload][pairs] = Object.fromEntries(rows);
    }
    for (const { server } of setups) await server.stop();
  }
  return figures;
}
