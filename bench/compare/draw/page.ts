import type { Figures, PartName } from '../figures.ts';
import { tableOf } from './tables.ts';

/** The page with new tables for the measured parts. The tables of other parts stay. */
export function pageWith(figures: Figures, page: string): string {
  return page.replace(/<!-- figures:(\w+) -->\n[\s\S]*?<!-- \/figures -->/g, (former, name: PartName) => {
    const table = tableOf(name, figures[name] as never);
    return table === null ? former : `<!-- figures:${name} -->\n${table}\n<!-- /figures -->`;
  });
}
