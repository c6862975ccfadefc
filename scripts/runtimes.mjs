/** Where Deno and Bun are, on which the tests run mesh-workspaces/server. Plain JavaScript: it runs before a build. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The packages of the registry that hold the programs for this platform. They need no script to be installed. */
const packages = {
  deno: { name: '@deno/linux-x64-glibc', program: 'deno' },
  bun: { name: '@oven/bun-linux-x64', program: 'bin/bun' },
};

export const runtimes = /** @type {('deno' | 'bun')[]} */ (Object.keys(packages));

/** Where npm installs such a package: no dependency, and nothing of the project's. */
export const folderOf = (runtime) => fileURLToPath(new URL(`../node_modules/.cache/${runtime}`, import.meta.url));

export const packageOf = (runtime) => packages[runtime].name;

export const programOf = (runtime) =>
  `${folderOf(runtime)}/node_modules/${packages[runtime].name}/${packages[runtime].program}`;

export const isThere = (runtime) => existsSync(programOf(runtime));
