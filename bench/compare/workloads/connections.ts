import type { Adapter } from '../adapters/adapter.ts';
import { base, compared } from '../adapters/index.ts';
import { aCandidate, type Conversation, remark } from '../conversations.ts';
import { inTurns, meetings, saturate } from '../driver.ts';
import { type ServerProcess, startServer } from '../processes.ts';
import { ratios, type Spread, spread } from '../statistics.ts';
import { holdIdle } from './idle.ts';

const SIZES = [10, 100, 1000, 10_000];
const PAIRS = 20;

export interface ConnectionsRow {
  /** µs of the server's processor a relayed candidate. */
  cpu: Spread;
  /** How many times that of the base with as many connections. */
  ratio: Spread;
}

/** By server, then by the number of others who are connected. */
export type ConnectionsFigures = Record<string, Record<number, ConnectionsRow>>;

interface Scene {
  adapter: Adapter;
  server: ServerProcess;
  conversations: Conversation[];
  release(): void;
}

/** Code that has seen ten connections is compiled later than code that has seen ten thousand, ms. */
const WARM_UP_MS = 1500;

async function open(adapter: Adapter, size: number): Promise<Scene> {
  const server = await startServer(adapter);
  const holder = await holdIdle({ adapter: adapter.name, url: server.url, connections: size, as: 'seated' });
  const pairs = await meetings(adapter, server.url, PAIRS, 2);
  const conversations = pairs.map((pair) => remark(adapter, pair, [aCandidate]));
  await saturate(conversations, server, WARM_UP_MS);
  return { adapter, server, conversations, release: () => holder.kill() };
}

/** What a relay costs while so many others are connected, by server. */
async function measure(size: number): Promise<Record<string, ConnectionsRow>> {
  const scenes: Scene[] = [];
  for (const adapter of compared) scenes.push(await open(adapter, size));
  const slices = await inTurns(scenes, ({ conversations, server }) => saturate(conversations, server));
  for (const { server, release } of scenes) {
    release();
    await server.stop();
  }
  const costs = (scene: Scene) => (slices.get(scene) ?? []).map(({ cpu }) => cpu);
  const bases = costs(scenes.find(({ adapter }) => adapter === base) as Scene);
  return Object.fromEntries(
    scenes.map((scene) => [
      scene.adapter.name,
      { cpu: spread(costs(scene)), ratio: spread(ratios(costs(scene), bases)) },
    ]),
  );
}

/** What a relay costs while others are connected and say nothing. One size after the other: heartbeats are work, too. */
export async function measureConnections(): Promise<ConnectionsFigures> {
  const figures: ConnectionsFigures = {};
  for (const size of SIZES) {
    for (const [server, row] of Object.entries(await measure(size)))
      figures[server] = { ...figures[server], [size]: row };
  }
  return figures;
}
