/** Measures one part in a process of its own, so that parts do not affect each other, and sends its figures. */
import { isPart, parts } from './parts.ts';

// The parent has ended.
process.once('disconnect', () => process.exit());
const name = JSON.parse(process.argv[2] ?? '""');
if (!isPart(name)) throw new Error(`There is no part ${name}.`);
const figures = await parts[name].measure();
process.send?.(figures, () => process.exit());
