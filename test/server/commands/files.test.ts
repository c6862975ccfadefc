import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { commandTable } from '../../../src/protocol/commands.ts';

it('Every command has its handler in a file of its name', () => {
  const names = Object.keys(commandTable({ name: 100, avatar: 8192, message: 4000 }));
  const fileOf = (name: string) => new URL(`../../../src/server/commands/${name}.ts`, import.meta.url);
  expect(names.length).toBeGreaterThan(40);
  expect(names.filter((name) => !existsSync(fileOf(name)))).toEqual([]);
});
