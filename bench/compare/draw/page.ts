import type { Figures, PartName } from '../figures.ts';
import { tableOf } from './tables.ts';

/** The page with the tables of what was measured. What stands between the marks of another part stays. */
export function pageWith(figures: Figures, page: string): string {
  return page.replace(/<!-- figures:(\w+) -->\n[\s\S]*?<!-- \/figures -->/g, (former, name: PartName) => {
    const table = tableOf(name, figures[name] as never);
    return table === null ? former : `<!-- figures:${name} -->\n${table}\n<!-- /figures -->`;
  });
}
