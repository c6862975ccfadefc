import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const PACKAGE = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/?]+)\//;

/**
 * Writes the licences of all packages that are in a bundle into one file, which those licences require. Vite's own option
 * stops at manifests beneath a package's root, and so misses the licence of socket.io-client.
 * @param fromStyles packages that only style sheets import, which Rollup does not see
 */
export function licenses(fileName: string, fromStyles: string[] = []): Plugin {
  return {
    name: 'licenses',
    generateBundle() {
      const folders = new Set([...this.getModuleIds()].flatMap((id) => PACKAGE.exec(id)?.[1] ?? []));
      for (const name of fromStyles) folders.add(join(process.cwd(), 'node_modules', name));
      const source = [...folders].map(notice).sort().join('\n\n');
      this.emitFile({ type: 'asset', fileName, source: `${source}\n` });
    },
  };
}

/** @throws Error where a package has no licence file */
function notice(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => /^licen[cs]e(\.|$)/i.test(each));
  if (!file) throw new Error(`${name} has no licence file.`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}`;
}
