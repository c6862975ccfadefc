import type { Adapter, Person } from '../adapters/adapter.ts';
import { base, comparedInDetail } from '../adapters/index.ts';
import { aCandidate } from '../conversations.ts';
import { atPace, inTurns, meetings, randomGaps } from '../driver.ts';
import { type ServerProcess, startServer } from '../processes.ts';
import { quantile, ratios, type Spread, spread } from '../statistics.ts';

const PAIRS = 20;
const PER_SECOND = 2000;
/** Long enough for a 99th percentile of its own. */
const SECONDS = 1;
const SEED = 20;

export interface RateRow {
  /** µs of the server's processor a message. */
  cpu: Spread;
  /** How many times that of the base. */
  ratio: Spread;
  /** ms from when a message was due to be sent to its arrival: of each slice the median, and the 99th percentile. */
  p50: Spread;
  p99: Spread;
}

export type RateFigures = Record<string, RateRow>;

interface Scene {
  adapter: Adapter;
  server: ServerProcess;
  pairs: [Person, Person][];
}

/** People do not wait for each other, so neither do these messages: at random times, the same for every server. */
export async function measureRate(): Promise<RateFigures> {
  const scenes: Scene[] = [];
  for (const adapter of comparedInDetail) {
    const server = await startServer(adapter);
    scenes.push({ adapter, server, pairs: (await meetings(adapter, server.url, PAIRS, 2)) as [Person, Person][] });
  }
  const gaps = randomGaps(PER_SECOND * SECONDS, PER_SECOND, SEED);
  const slices = await inTurns(scenes, ({ adapter, server, pairs }) =>
    atPace(adapter, pairs, (from) => from.message(1, aCandidate), server, gaps),
  );
  const costs = (scene: Scene) => (slices.get(scene) ?? []).map(({ cpu }) => cpu);
  const bases = costs(scenes.find(({ adapter }) => adapter === base) as Scene);
  const figures: RateFigures = {};
  for (const scene of scenes) {
    const at = (share: number) => spread((slices.get(scene) ?? []).map(({ latencies }) => quantile(latencies, share)));
    figures[scene.adapter.name] = {
      cpu: spread(costs(scene)),
      ratio: spread(ratios(costs(scene), bases)),
      p50: at(0.5),
      p99: at(0.99),
    };
    await scene.server.stop();
  }
  return figures;
}
