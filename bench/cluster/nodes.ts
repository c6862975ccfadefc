/**
 * The cost of many nodes: relays within a node and between nodes, and the commands of Redis.
 * `npm run bench:nodes` puts the figures into docs/figures/nodes.json and the tables into docs/nodes.md.
 *
 * Needs redis-server 7 or newer, and Linux with taskset and two cores: one for nodes and Redis, the other for the driver. SLICES (12) and SLICE_MS (400) say how often and how long.
 */
import { circumstancesNow } from '../compare/figures.ts';
import { heard, startHelper } from '../compare/processes.ts';
import type { BetweenFigures } from './between-nodes.ts';
import type { CommandFigures } from './commands.ts';
import { keepNodesFigures } from './nodes-figures.ts';

// Read before the first measurement, because the bench's own load would count.
const now = circumstancesNow();
const began = performance.now();
const part = <Figures>(task: string) => heard<Figures>(startHelper(new URL('./part.ts', import.meta.url), task));
const between = await part<BetweenFigures>('between');
const commands = await part<CommandFigures>('commands');
const seconds = Math.round((performance.now() - began) / 1000);
keepNodesFigures({ circumstances: { ...now, seconds }, between, commands });
