import type { Adapter, Peer } from '../adapters/adapter.ts';
import { base, comparedInDetail } from '../adapters/index.ts';
import { sampleCandidate } from '../conversations.ts';
import { atPace, connectGroups, inTurns, randomGaps } from '../driver.ts';
import { type ServerProcess, startServer } from '../processes.ts';
import { quantile, ratios, type Spread, spread } from '../statistics.ts';

const PAIRS = 20;
const PER_SECOND = 2000;
/** Long enough for a 99th percentile of its own. */
const SECONDS = 1;
const SEED = 20;

interface RateRow {
  /** µs of the server's processor a message. */
  cpu: Spread;
  /** The ratio to the base. */
  ratio: Spread;
  /** ms from when a message was due to be sent to its arrival: of each slice the median, and the 99th percentile. */
  p50: Spread;
  p99: Spread;
}

export type RateFigures = Record<string, RateRow>;

interface Setup {
  adapter: Adapter;
  server: ServerProcess;
  pairs: [Peer, Peer][];
}

/** People do not wait for each other: messages go at random times (an open workload), the same for every server. */
export async function measureRate(): Promise<RateFigures> {
  const setups: Setup[] = [];
  for (const adapter of comparedInDetail) {
    const server = await startServer(adapter);
    setups.push({ adapter, server, pairs: (await connectGroups(adapter, server.url, PAIRS, 2)) as [Peer, Peer][] });
  }
  const gaps = randomGaps(PER_SECOND * SECONDS, PER_SECOND, SEED);
  const slices = await inTurns(setups, ({ adapter, server, pairs }) =>
    atPace(adapter, pairs, (from) => from.message(1, sampleCandidate), server, gaps),
  );
  const costs = (setup: Setup) => (slices.get(setup) ?? []).map(({ cpu }) => cpu);
  const bases = costs(setups.find(({ adapter }) => adapter === base) as Setup);
  const figures: RateFigures = {};
  for (const setup of setups) {
    const at = (share: number) => spread((slices.get(setup) ?? []).map(({ latencies }) => quantile(latencies, share)));
    figures[setup.adapter.name] = {
      cpu: spread(costs(setup)),
      ratio: spread(ratios(costs(setup), bases)),
      p50: at(0.5),
      p99: at(0.99),
    };
    await setup.server.stop();
  }
  return figures;
}
