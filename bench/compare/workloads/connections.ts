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
  size: number;
  server: ServerProcess;
  conversations: Conversation[];
  release(): void;
}

async function open(adapter: Adapter, size: number): Promise<Scene> {
  const server = await startServer(adapter);
  const holder = await holdIdle({ adapter: adapter.name, url: server.url, connections: size, as: 'seated' });
  const pairs = await meetings(adapter, server.url, PAIRS, 2);
  return {
    adapter,
    size,
    server,
    conversations: pairs.map((pair) => remark(adapter, pair, aCandidate)),
    release: () => holder.kill(),
  };
}

/** What a relay costs while others are connected and say nothing. Each size has a server of its own. */
export async function measureConnections(): Promise<ConnectionsFigures> {
  const scenes: Scene[] = [];
  for (const size of SIZES) for (const adapter of compared) scenes.push(await open(adapter, size));
  const slices = await inTurns(scenes, ({ conversations, server }) => saturate(conversations, server));
  const costs = (scene: Scene) => (slices.get(scene) ?? []).map(({ cpu }) => cpu);
  const figures: ConnectionsFigures = {};
  for (const scene of scenes) {
    const bases = scenes.find(({ adapter, size }) => adapter === base && size === scene.size) as Scene;
    figures[scene.adapter.name] = {
      ...figures[scene.adapter.name],
      [scene.size]: { cpu: spread(costs(scene)), ratio: spread(ratios(costs(scene), costs(bases))) },
    };
  }
  for (const { server, release } of scenes) {
    release();
    await server.stop();
  }
  return figures;
}
