/** Draws docs/performance.svg, and the tables of docs/performance.md and docs/nodes.md, from docs/figures. */
import { readFileSync, writeFileSync } from 'node:fs';
import { readAdapterFigures } from '../../cluster/figures.ts';
import { readNodesFigures } from '../../cluster/nodes-figures.ts';
import { nodesPage } from '../../cluster/nodes-page.ts';
import { readFigures } from '../figures.ts';
import { pageWith } from './page.ts';
import { plot } from './plot.ts';

const page = new URL('../../../docs/performance.md', import.meta.url);
const picture = new URL('../../../docs/performance.svg', import.meta.url);

const nodes = new URL('../../../docs/nodes.md', import.meta.url);

const figures = readFigures();
writeFileSync(page, pageWith(figures, readFileSync(page, 'utf8')));
writeFileSync(picture, `${await plot(figures)}\n`);
writeFileSync(nodes, nodesPage(readFileSync(nodes, 'utf8'), readNodesFigures(), readAdapterFigures()));
