/** Builds all that browsers load from the server: Vite starts once, which is half of the work of each build. */
import { build } from 'vite';

/** The page comes first: its build empties the folder of all of them. */
const configs = ['vite.config.ts', ...['client', 'recorder', 'embed', 'admin'].map((name) => `vite.${name}.config.ts`)];

for (const configFile of configs) await build({ configFile, logLevel: 'warn' });
