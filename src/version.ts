import { existsSync, readFileSync } from 'node:fs';

// This file is src/version.ts in a clone and dist/src/version.js when built; package.json is above either.
const candidates = ['../package.json', '../../package.json'].map((path) => new URL(path, import.meta.url));
const found = candidates.find((url) => existsSync(url));
if (!found) throw new Error('package.json is missing');
const manifest: { version: string } = JSON.parse(readFileSync(found, 'utf8'));

/** The version of this server (semver.org). */
export const { version } = manifest;
