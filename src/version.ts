import { existsSync, readFileSync } from 'node:fs';

// Above this file in a clone, which is src/version.ts, and above dist/src/, where the built server has it.
const manifest = ['../package.json', '../../package.json']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url));
if (!manifest) throw new Error('package.json is missing');

/** The folder of this package, which holds package.json and the built page. */
export const packageRoot = new URL('.', manifest);

/** The version of this server (semver.org). */
export const { version }: { version: string } = JSON.parse(readFileSync(manifest, 'utf8'));
