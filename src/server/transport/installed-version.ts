import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const ours = createRequire(import.meta.url);

/** The installed version of a package that this server or Socket.IO depends on. @throws Error where there is none */
export function installedVersion(name: string): string {
  for (let folder = dirname(entryOf(name)); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = manifestIn(folder);
    // A package may have further manifests beneath its own, with no more than a `type`.
    if (manifest?.name === name && manifest.version) return manifest.version;
  }
  throw new Error(`the package ${name} has no version`);
}

function entryOf(name: string): string {
  try {
    return ours.resolve(name);
  } catch {
    return createRequire(ours.resolve('socket.io')).resolve(name);
  }
}

function manifestIn(folder: string): { name?: string; version?: string } | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch {
    return null;
  }
}
