/** Measures one part in a process of its own, so that parts do not affect each other. */
import { measureBetween } from './between-nodes.ts';
import { measureCommands } from './commands.ts';
import { measureJoins } from './joins.ts';
import { measureRelays } from './relays.ts';

// The parent has ended.
process.once('disconnect', () => process.exit());
const tasks = { joins: measureJoins, between: measureBetween, commands: measureCommands };
const task: number | keyof typeof tasks = JSON.parse(process.argv[2] ?? '"joins"');
const figures = typeof task === 'number' ? await measureRelays(task) : await tasks[task]();
process.send?.(figures, () => process.exit());
