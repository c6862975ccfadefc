import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Circumstances } from '../compare/figures.ts';
import type { BetweenFigures } from './between-nodes.ts';
import type { CommandFigures } from './commands.ts';

export interface NodesFigures {
  circumstances: Circumstances;
  between: BetweenFigures;
  commands: CommandFigures;
}

const file = new URL('../../docs/figures/nodes.json', import.meta.url);

export function readNodesFigures(): NodesFigures | null {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

export function keepNodesFigures(figures: NodesFigures): void {
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
}
