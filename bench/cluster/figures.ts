import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Circumstances } from '../compare/figures.ts';
import type { JoinFigures } from './joins.ts';
import type { RelayFigures } from './relays.ts';

export interface AdapterFigures {
  circumstances: Circumstances;
  /** By the number of nodes. */
  relays: Record<string, RelayFigures>;
  joins: JoinFigures;
}

const file = new URL('../../docs/figures/adapters.json', import.meta.url);

export function readAdapterFigures(): AdapterFigures | null {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

export function keepAdapterFigures(figures: AdapterFigures): void {
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
}

/** The versions of the compared packages. */
export function adapterVersions(): Record<string, string> {
  const versionOf = (name: string) => {
    const path = new URL(`../node_modules/${name}/package.json`, import.meta.url);
    return [name, JSON.parse(readFileSync(path, 'utf8')).version];
  };
  return Object.fromEntries(
    ['@socket.io/redis-adapter', '@socket.io/redis-streams-adapter', '@redis/client'].map(versionOf),
  );
}
