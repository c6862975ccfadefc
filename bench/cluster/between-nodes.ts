import { isRelayed } from '../compare/adapters/socketio-frames.ts';
import { seatPeople } from '../compare/adapters/this-server.ts';
import { aCandidate, anOffer, type Conversation, remark } from '../compare/conversations.ts';
import { inTurns, saturate } from '../compare/driver.ts';
import { type Costs, type CostsRow, costsOf, costsRow } from './costs.ts';
import { type OurNodes, startOurNodes } from './our-nodes.ts';

const PAIRS = 20;

const payloads = {
  candidate: [aCandidate],
  burst: Array(8).fill(aCandidate),
  offer: [anOffer],
};
export type Said = keyof typeof payloads;
const said = Object.keys(payloads) as Said[];

/** Who has the seat that is spoken to: the node of the sender, another one, or any, as a balancer has it. */
export type Way = 'same' | 'other' | 'any';

/** By the number of nodes, the way, and what is said. */
export type BetweenFigures = Record<string, { [Each in Way]?: Record<Said, CostsRow> }>;

const SIZES = [1, 2, 4];

interface Scene {
  size: number;
  way: Way;
  what: Said;
  cluster: OurNodes;
  conversations: readonly Conversation[];
}

/** Where the two of a pair connect. */
function urlsOf(way: Way, { nodes }: OurNodes, pair: number): [string, string] {
  const at = (place: number) => nodes[place % nodes.length]?.url ?? '';
  if (way === 'same') return [at(0), at(0)];
  if (way === 'other') return [at(0), at(1)];
  // Every combination as often as any other.
  return [at(pair), at(pair + Math.floor(pair / nodes.length))];
}

async function scenesOf(size: number): Promise<Scene[]> {
  const cluster = await startOurNodes(size);
  const ways: Way[] = size === 1 ? ['same'] : ['same', 'other', 'any'];
  const scenes: Scene[] = [];
  for (const way of ways) {
    for (const what of said) {
      const conversations: Conversation[] = [];
      for (let pair = 0; pair < PAIRS; pair += 1) {
        const people = await seatPeople(urlsOf(way, cluster, pair));
        conversations.push(remark({ isRelayed }, people, payloads[what]));
      }
      scenes.push({ size, way, what, cluster, conversations });
    }
  }
  return scenes;
}

/** What a relay costs all nodes together, and Redis. */
export async function measureBetween(): Promise<BetweenFigures> {
  const scenes: Scene[] = [];
  for (const size of SIZES) scenes.push(...(await scenesOf(size)));
  const measured = await inTurns(scenes, async ({ cluster, conversations, size, way }) => {
    const name = `${size} nodes, ${way}`;
    const { result, ...costs } = await costsOf(cluster, () => saturate(conversations, { name, cpu: () => 0 }));
    return { ...costs, messages: result.messages } satisfies Costs & { messages: number };
  });
  const figures: BetweenFigures = {};
  for (const scene of scenes) {
    const { size, way, what } = scene;
    const involved = way === 'same' ? 1 : way === 'other' ? 2 : size;
    figures[size] ??= {};
    const ways = figures[size] as BetweenFigures[string];
    ways[way] = { ...ways[way], [what]: costsRow(measured.get(scene) ?? [], involved) } as Record<Said, CostsRow>;
  }
  for (const cluster of new Set(scenes.map((scene) => scene.cluster))) await cluster.stop();
  return figures;
}
