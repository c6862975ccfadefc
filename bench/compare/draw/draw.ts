/** Draws docs/performance.svg and the tables of docs/performance.md from docs/figures/bench.json. */
import { readFileSync, writeFileSync } from 'node:fs';
import { readFigures } from '../figures.ts';
import { pageWith } from './page.ts';
import { plot } from './plot.ts';

const page = new URL('../../../docs/performance.md', import.meta.url);
const picture = new URL('../../../docs/performance.svg', import.meta.url);

const figures = readFigures();
writeFileSync(page, pageWith(figures, readFileSync(page, 'utf8')));
writeFileSync(picture, `${await plot(figures)}\n`);
