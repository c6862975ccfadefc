/** Measures one size of clusters, or joins, in a process of its own so that none finds what another has left. */
import { measureJoins } from './joins.ts';
import { measureRelays } from './relays.ts';

// Whoever asked is gone.
process.once('disconnect', () => process.exit());
const task: number | 'joins' = JSON.parse(process.argv[2] ?? '"joins"');
const figures = task === 'joins' ? await measureJoins() : await measureRelays(task);
process.send?.(figures, () => process.exit());
