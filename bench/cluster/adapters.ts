/**
 * The cost of a message from one node of a cluster to a seat on another: the official adapters of Socket.IO side by side,
 * on bare Socket.IO and a Redis of their own. `npm run bench:adapters` measures all sizes of
 * clusters, `npm run bench:adapters -- 3` that size. The figures go into docs/figures/adapters.json, and as
 * tables to stdout.
 *
 * Needs redis-server 7 or newer, and Linux with taskset and two cores: one for nodes and Redis, the other for the driver. SLICES (12) and SLICE_MS (400, of those that go as fast as they can) say how often and how long.
 */
import { circumstancesNow } from '../compare/figures.ts';
import { heard, startHelper } from '../compare/processes.ts';
import { adapterVersions, keepAdapterFigures } from './figures.ts';
import type { JoinFigures } from './joins.ts';
import type { RelayFigures } from './relays.ts';
import { adapterTables } from './tables.ts';

/** The sizes of the clusters, in nodes. */
const SIZES = [2, 4, 8];

function askedSizes(): number[] {
  const asked = process.argv.slice(2).map(Number);
  if (asked.every((size) => Number.isInteger(size) && size >= 2)) return asked.length > 0 ? asked : SIZES;
  process.stderr.write('A cluster has 2 nodes or more: npm run bench:adapters -- 2 4 8\n');
  process.exit(1);
}

const sizes = askedSizes();
// Read before the first measurement, because the bench's own load would count.
const now = circumstancesNow();
const began = performance.now();
const part = <Figures>(task: number | 'joins') =>
  heard<Figures>(startHelper(new URL('./part.ts', import.meta.url), task));
const relays: Record<string, RelayFigures> = {};
for (const size of sizes) relays[size] = await part<RelayFigures>(size);
const joins = await part<JoinFigures>('joins');
const { ws = '', 'socket.io': socketIo = '' } = now.versions;
const figures = {
  circumstances: {
    ...now,
    versions: { ws, 'socket.io': socketIo, ...adapterVersions() },
    seconds: Math.round((performance.now() - began) / 1000),
  },
  relays,
  joins,
};
keepAdapterFigures(figures);
console.log(adapterTables(figures));
