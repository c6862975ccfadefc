import { number, origin, table } from '../compare/draw/tables.ts';
import type { BetweenFigures, Said, Way } from './between-nodes.ts';
import type { CommandFigures } from './commands.ts';
import type { AdapterFigures } from './figures.ts';
import type { NodesFigures } from './nodes-figures.ts';

const ways: Record<Way, string> = { same: 'on one node', other: 'to another node', any: 'to any node' };
const said: Record<Said, string> = {
  candidate: 'a candidate',
  burst: 'a candidate of 8 at once',
  offer: 'an offer of 5.7 kB',
};
const thousands = (value: number) => (Math.round(value / 100) * 100).toLocaleString('en-US');

function between(figures: BetweenFigures): string {
  const base = figures[1]?.same;
  const rows = Object.entries(figures).flatMap(([size, row]) =>
    (Object.keys(ways) as Way[]).flatMap((way) => {
      const costs = row[way];
      if (!costs) return [];
      const cells = (Object.keys(said) as Said[]).map((what) => {
        const nodes = costs[what].nodes.median;
        const times = base ? nodes / base[what].nodes.median : Number.NaN;
        return `${number(nodes)} = ${times.toFixed(2)}`;
      });
      const { candidate, burst } = costs;
      const redis = size === '1' ? 'none' : `${number(candidate.redis.median)}, ${number(burst.redis.median)}`;
      const other = candidate.uninvolved ? number(candidate.uninvolved.median) : 'none';
      const perSecond = thousands(1e6 / candidate.nodes.median);
      return [[size, ways[way], ...cells, redis, other, perSecond]];
    }),
  );
  const heads = [...Object.values(said), 'Redis', 'each other node', 'candidates a second and core'];
  return table(['nodes', 'the seat is', ...heads], rows);
}

function commands(figures: CommandFigures): string {
  const rows = Object.entries(figures).map(([what, each]) => {
    const names = Object.entries(each).map(([name, times]) => (times === 1 ? name : `${times} ${name}`));
    const sum = Object.values(each).reduce((all, times) => all + times, 0);
    return [what, number(sum), names.join(', ') || 'none'];
  });
  return table(['what somebody does', 'commands of Redis', 'which'], rows);
}

function adapters({ relays, joins, circumstances }: AdapterFigures): string {
  const sizes = Object.keys(relays);
  const largest = sizes.at(-1) ?? '';
  const names = Object.keys(relays[largest] ?? {}).filter((name) => relays[largest]?.[name]?.apart);
  const both = (pick: (part: 'paced' | 'saturated') => number | undefined) =>
    (['paced', 'saturated'] as const).map((part) => number(pick(part) ?? Number.NaN)).join(', ');
  const rows = names.map((name) => {
    const of = (size: string) => relays[size]?.[name]?.apart;
    const last = of(largest);
    const join = joins[name]?.join.commands ?? 0;
    return [
      name,
      ...sizes.map((size) => both((part) => of(size)?.[part].nodes.median)),
      both((part) => last?.[part].uninvolved?.median),
      both((part) => last?.[part].redis.median),
      `${last?.paced.commands}`,
      `${join}`,
    ];
  });
  const heads = [
    ...sizes.map((size) => `all of ${size} nodes`),
    `of ${largest}, each that has nothing to do with it`,
    'Redis',
    'commands a message',
    'and a seat',
  ];
  return [table(['µs of CPU a message', ...heads], rows), origin(circumstances)].join('\n\n');
}

/** The page with new tables for the measured parts. The other tables stay. */
export function nodesPage(page: string, nodes: NodesFigures | null, carriers: AdapterFigures | null): string {
  const tables: Record<string, string | null> = {
    adapters: carriers && adapters(carriers),
    nodes: nodes && [between(nodes.between), commands(nodes.commands), origin(nodes.circumstances)].join('\n\n'),
  };
  return page.replace(/<!-- figures:(\w+) -->\n[\s\S]*?<!-- \/figures -->/g, (former, name: string) =>
    tables[name] ? `<!-- figures:${name} -->\n${tables[name]}\n<!-- /figures -->` : former,
  );
}
