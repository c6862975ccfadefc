import type { Adapter } from '../adapters/adapter.ts';
import { base, comparedInDetail } from '../adapters/index.ts';
import { type Conversation, join, oneWay, sampleCandidate, sampleOffer } from '../conversations.ts';
import { connectGroups, inTurns, type Saturated, saturate } from '../driver.ts';
import { type ServerProcess, startServer } from '../processes.ts';
import { ratios, type Spread, spread } from '../statistics.ts';

/** Pairs that send at the same time, and groups that a peer joins at the same time: enough to saturate a core. */
const PAIRS = 20;
const GROUPS = 4;
const PEOPLE = 5;

/** Candidates that a browser sends at the same time. */
const BURST = 8;

export type RelayWorkload = 'candidate' | 'burst' | 'offer' | 'join';

export interface RelayRow {
  /** µs of the server's processor a message. */
  cpu: Spread;
  /** The ratio to the base. */
  ratio: Spread;
  /** Messages a second. */
  perSecond: Spread;
  /** The share of its core that the server used. */
  busy: Spread;
}

export type RelayFigures = Record<RelayWorkload, Record<string, RelayRow>>;

interface Setup {
  adapter: Adapter;
  server: ServerProcess;
  conversations: Record<RelayWorkload, Conversation[]>;
}

async function open(adapter: Adapter): Promise<Setup> {
  const server = await startServer(adapter);
  const pairs = await connectGroups(adapter, server.url, PAIRS, 2);
  // Pairs of their own for each workload, because a conversation's listeners stay on their sockets.
  const bursting = await connectGroups(adapter, server.url, PAIRS, 2);
  const offering = await connectGroups(adapter, server.url, PAIRS, 2);
  const rooms = await connectGroups(adapter, server.url, GROUPS, PEOPLE);
  return {
    adapter,
    server,
    conversations: {
      candidate: pairs.map((pair) => oneWay(adapter, pair, [sampleCandidate])),
      burst: bursting.map((pair) => oneWay(adapter, pair, new Array(BURST).fill(sampleCandidate))),
      offer: offering.map((pair) => oneWay(adapter, pair, [sampleOffer])),
      join: rooms.map((people) => join(adapter, people)),
    },
  };
}

/** The cost of relays at saturation. */
export async function measureRelay(): Promise<RelayFigures> {
  const setups: Setup[] = [];
  for (const adapter of comparedInDetail) setups.push(await open(adapter));
  const figures: RelayFigures = { candidate: {}, burst: {}, offer: {}, join: {} };
  for (const name of ['candidate', 'burst', 'offer', 'join'] as const) {
    const slices = await inTurns(setups, ({ conversations, server }) => saturate(conversations[name], server));
    const costs = (setup: Setup) => (slices.get(setup) ?? []).map(({ cpu }) => cpu);
    const bases = costs(setups.find(({ adapter }) => adapter === base) as Setup);
    for (const setup of setups) {
      const of = (what: keyof Saturated) => spread((slices.get(setup) ?? []).map((slice) => slice[what]));
      figures[name][setup.adapter.name] = {
        cpu: of('cpu'),
        ratio: spread(ratios(costs(setup), bases)),
        perSecond: of('perSecond'),
        busy: of('busy'),
      };
    }
  }
  for (const { server } of setups) await server.stop();
  return figures;
}
