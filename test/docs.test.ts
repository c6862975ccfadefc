import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readAdapterFigures } from '../bench/cluster/figures.ts';
import { readNodesFigures } from '../bench/cluster/nodes-figures.ts';
import { nodesPage } from '../bench/cluster/nodes-page.ts';
import { pageWith } from '../bench/compare/draw/page.ts';
import { readFigures } from '../bench/compare/figures.ts';
import { environmentSettings, fileSettings, protocolDocument, readmeDocument } from '../scripts/docs.ts';

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

/** What is said in SECURITY.md, up to where it says what is not done. */
const securityLines = read('SECURITY.md')
  .split('## What it does not do')[0]
  ?.split('\n')
  .filter((line) => line.startsWith('- '));

describe('what is written', () => {
  it.each(securityLines ?? [])('in SECURITY.md is held by a test that is there: %s', (line) => {
    const links = [...line.matchAll(/\[([^\]]+)\]\((test\/[^)]+)\)/g)];
    expect(links).not.toEqual([]);
    for (const [, title = '', file = ''] of links) expect(read(file), file).toContain(title);
  });

  it('has PROTOCOL.md as the tables of the protocol have it (else: npm run docs)', () => {
    expect(read('PROTOCOL.md')).toBe(protocolDocument());
  });

  it('has the settings in README.md as config.ts and .env.sample have them (else: npm run docs)', () => {
    expect(read('README.md')).toBe(readmeDocument());
  });

  it('has the tables of docs/performance.md as they were measured (else: npm run bench:draw)', () => {
    const page = read('docs/performance.md');
    expect(page).toBe(pageWith(readFigures(), page));
  });

  it('has the tables of docs/nodes.md as they were measured (else: npm run bench:draw)', () => {
    const page = read('docs/nodes.md');
    expect(page).toBe(nodesPage(page, readNodesFigures(), readAdapterFigures()));
  });

  it('says of every setting what it does', () => {
    for (const { name, about } of [...fileSettings(), ...environmentSettings()]) {
      expect(about, name).toMatch(/\S.*[.)]$|: /);
    }
  });
});
