import type { Adapter } from '../adapters/adapter.ts';
import { base, compared } from '../adapters/index.ts';
import { type Conversation, oneWay, sampleCandidate } from '../conversations.ts';
import { connectGroups, inTurns, saturate } from '../driver.ts';
import { type ServerProcess, startServer } from '../processes.ts';
import { ratios, type Spread, spread } from '../statistics.ts';
import { holdIdle } from './idle.ts';

const SIZES = [10, 100, 1000, 10_000];
const PAIRS = 20;

interface ConnectionsRow {
  /** µs of the server's processor a relayed candidate. */
  cpu: Spread;
  /** The ratio to the base with as many connections. */
  ratio: Spread;
}

/** By the server, then by the number of other connections. */
export type ConnectionsFigures = Record<string, Record<number, ConnectionsRow>>;

interface Setup {
  adapter: Adapter;
  server: ServerProcess;
  conversations: Conversation[];
  release(): void;
}

/** Warm-up: V8 compiles code later with ten connections than with ten thousand, ms. */
const WARM_UP_MS = 1500;

async function open(adapter: Adapter, size: number): Promise<Setup> {
  const server = await startServer(adapter);
  const holder = await holdIdle({ adapter: adapter.name, url: server.url, connections: size, as: 'seated' });
  const pairs = await connectGroups(adapter, server.url, PAIRS, 2);
  const conversations = pairs.map((pair) => oneWay(adapter, pair, [sampleCandidate]));
  await saturate(conversations, server, WARM_UP_MS);
  return { adapter, server, conversations, release: () => holder.kill() };
}

/** The cost of a relay beside so many other connections, by server. */
async function measure(size: number): Promise<Record<string, ConnectionsRow>> {
  const setups: Setup[] = [];
  for (const adapter of compared) setups.push(await open(adapter, size));
  const slices = await inTurns(setups, ({ conversations, server }) => saturate(conversations, server));
  for (const { server, release } of setups) {
    release();
    await server.stop();
  }
  const costs = (setup: Setup) => (slices.get(setup) ?? []).map(({ cpu }) => cpu);
  const bases = costs(setups.find(({ adapter }) => adapter === base) as Setup);
  return Object.fromEntries(
    setups.map((setup) => [
      setup.adapter.name,
      { cpu: spread(costs(setup)), ratio: spread(ratios(costs(setup), bases)) },
    ]),
  );
}

/** The cost of a relay beside idle connections. One size after the other, because heartbeats are work, too. */
export async function measureConnections(): Promise<ConnectionsFigures> {
  const figures: ConnectionsFigures = {};
  for (const size of SIZES) {
    for (const [server, row] of Object.entries(await measure(size)))
      figures[server] = { ...figures[server], [size]: row };
  }
  return figures;
}
