import { isRelayed } from '../compare/adapters/socketio-frames.ts';
import { seatPeople } from '../compare/adapters/this-server.ts';
import { type Conversation, oneWay, sampleCandidate, sampleOffer } from '../compare/conversations.ts';
import { inTurns, saturate } from '../compare/driver.ts';
import { type Costs, type CostsRow, costsOf, costsRow } from './costs.ts';
import { type OurNodes, startOurNodes } from './our-nodes.ts';

const PAIRS = 20;

const payloads = {
  candidate: [sampleCandidate],
  burst: Array(8).fill(sampleCandidate),
  offer: [sampleOffer],
};
export type Said = keyof typeof payloads;
const said = Object.keys(payloads) as Said[];

/** The node of the receiving seat: the sender's, another one, or any, as a balancer chooses. */
export type Way = 'same' | 'other' | 'any';

/** By the number of nodes, the route, and the message. */
export type BetweenFigures = Record<string, { [Each in Way]?: Record<Said, CostsRow> }>;

const SIZES = [1, 2, 4];

interface Setup {
  size: number;
  way: Way;
  what: Said;
  cluster: OurNodes;
  conversations: readonly Conversation[];
}

/** The URLs for the two peers of a pair. */
function urlsOf(way: Way, { nodes }: OurNodes, pair: number): [string, string] {
  const at = (place: number) => nodes[place % nodes.length]?.url ?? '';
  if (way === 'same') return [at(0), at(0)];
  if (way === 'other') return [at(0), at(1)];
  // Every combination as often as any other.
  return [at(pair), at(pair + Math.floor(pair / nodes.length))];
}

async function setupsOf(size: number): Promise<Setup[]> {
  const cluster = await startOurNodes(size);
  const ways: Way[] = size === 1 ? ['same'] : ['same', 'other', 'any'];
  const setups: Setup[] = [];
  for (const way of ways) {
    for (const what of said) {
      const conversations: Conversation[] = [];
      for (let pair = 0; pair < PAIRS; pair += 1) {
        const people = await seatPeople(urlsOf(way, cluster, pair));
        conversations.push(oneWay({ isRelayed }, people, payloads[what]));
      }
      setups.push({ size, way, what, cluster, conversations });
    }
  }
  return setups;
}

/** The cost of a relay for all nodes together, and for Redis. */
export async function measureBetween(): Promise<BetweenFigures> {
  const setups: Setup[] = [];
  for (const size of SIZES) setups.push(...(await setupsOf(size)));
  const measured = await inTurns(setups, async ({ cluster, conversations, size, way }) => {
    const name = `${size} nodes, ${way}`;
    const { result, ...costs } = await costsOf(cluster, () => saturate(conversations, { name, cpu: () => 0 }));
    return { ...costs, messages: result.messages } satisfies Costs & { messages: number };
  });
  const figures: BetweenFigures = {};
  for (const setup of setups) {
    const { size, way, what } = setup;
    const involved = way === 'same' ? 1 : way === 'other' ? 2 : size;
    figures[size] ??= {};
    const ways = figures[size] as BetweenFigures[string];
    ways[way] = { ...ways[way], [what]: costsRow(measured.get(setup) ?? [], involved) } as Record<Said, CostsRow>;
  }
  for (const cluster of new Set(setups.map((setup) => setup.cluster))) await cluster.stop();
  return figures;
}
