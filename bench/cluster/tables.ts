import { number, origin, table } from '../compare/draw/tables.ts';
import type { CostsRow } from './costs.ts';
import type { AdapterFigures } from './figures.ts';
import type { JoinFigures, StepRow } from './joins.ts';
import type { Place, RelayFigures, RelayRow } from './relays.ts';

const places: Record<Place, string> = { apart: 'on another node', together: 'on the same node' };

function costs({ paced, saturated }: RelayRow): string[] {
  const both = (what: keyof CostsRow) => {
    const [slow, fast] = [paced[what], saturated[what]];
    return slow && fast ? `${number(slow.median)}, ${number(fast.median)}` : 'none';
  };
  return [both('nodes'), both('involved'), both('uninvolved'), both('redis')];
}

function relays(size: string, figures: RelayFigures): string {
  const head = [
    `${size} nodes`,
    'the seat is',
    'all nodes',
    'those involved',
    'each other one',
    'Redis',
    'commands',
    'bytes from Redis',
    'p50, ms',
  ];
  const rows = (Object.keys(places) as Place[]).flatMap((place) =>
    Object.entries(figures).flatMap(([name, row]) => {
      const figure = row[place];
      if (!figure) return [];
      const { commands, bytes, p50 } = figure.paced;
      return [
        [name, places[place], ...costs(figure), `${commands}`, bytes.toLocaleString('en-US'), number(p50.median)],
      ];
    }),
  );
  return table(head, rows);
}

function joins(figures: JoinFigures): string {
  const step = ({ commands, node, redis }: StepRow) => `${commands}; ${number(node.median)}; ${number(redis.median)}`;
  return table(
    ['commands; µs of the node; µs of Redis', 'to connect', 'to take a seat', 'to leave', 'lost just after'],
    Object.entries(figures).map(([name, { connect, join, leave, lost, spokenTo }]) => [
      name,
      step(connect),
      step(join),
      step(leave),
      `${lost} of ${spokenTo}`,
    ]),
  );
}

/** All figures as Markdown. */
export function adapterTables({ circumstances, relays: sizes, joins: joined }: AdapterFigures): string {
  return [
    'µs of CPU a message: at 200 a second, and as fast as it goes.',
    ...Object.entries(sizes).map(([size, figures]) => relays(size, figures)),
    joins(joined),
    origin(circumstances),
  ].join('\n\n');
}
