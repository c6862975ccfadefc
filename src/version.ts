import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

// This file is src/version.ts in a clone and dist/src/version.js when built; package.json is above either.
const candidates = ['../package.json', '../../package.json'].map((path) => new URL(path, import.meta.url));
const found = candidates.find((url) => existsSync(url));
if (!found) throw new Error('package.json is missing');

/** The version of this server (semver.org). */
export const version = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(found, 'utf8'))).version;
