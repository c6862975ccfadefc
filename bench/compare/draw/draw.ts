/** Draws docs/performance.svg and the tables of docs/performance.md from docs/figures/bench.json. */
import { readFileSync, writeFileSync } from 'node:fs';
import { type PartName, readFigures } from '../figures.ts';
import { plot } from './plot.ts';
import { tableOf } from './tables.ts';

const page = new URL('../../../docs/performance.md', import.meta.url);
const picture = new URL('../../../docs/performance.svg', import.meta.url);

const figures = readFigures();
// What stands between the marks of a part that was not measured stays.
const text = readFileSync(page, 'utf8').replace(
  /<!-- figures:(\w+) -->\n[\s\S]*?<!-- \/figures -->/g,
  (former, name: PartName) => {
    const table = tableOf(name, figures[name] as never);
    return table === null ? former : `<!-- figures:${name} -->\n${table}\n<!-- /figures -->`;
  },
);
writeFileSync(page, text);
writeFileSync(picture, `${await plot(figures)}\n`);
