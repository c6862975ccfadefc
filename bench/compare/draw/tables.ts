import type { Circumstances, Figures, PartName } from '../figures.ts';
import type { Spread } from '../statistics.ts';
import type { Compared, EventsFigures, EventsVariant } from '../workloads/events.ts';
import type { PairsWorkload } from '../workloads/pairs.ts';
import type { RelayRow, RelayWorkload } from '../workloads/relay.ts';

const MB = 1_000_000;
const kB = 1000;

/** Three digits, or all before the point: 1.04, 24.4, 13,700. */
export function number(value: number): string {
  const digits = Math.max(0, 2 - Math.max(0, Math.floor(Math.log10(Math.abs(value) || 1))));
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

const hundreds = (value: number) => (Math.round(value / 100) * 100).toLocaleString('en-US');
const count = (value: number | string) => Number(value).toLocaleString('en-US');
const times = (ratio: Spread) => ratio.median.toFixed(2);
const range = ({ median, low, high }: Spread) => `${number(median)} (${number(low)} to ${number(high)})`;
const cost = ({ cpu, ratio }: { cpu: Spread; ratio: Spread }) => `${range(cpu)} = ${times(ratio)}`;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

const workloads: Record<RelayWorkload, string> = {
  candidate: 'a candidate',
  burst: 'a candidate of 8 at once',
  offer: 'an offer of 5.7 kB',
  join: 'a message of a join',
};
const names = Object.keys(workloads) as RelayWorkload[];

/** A server that was busy for a smaller share of the time was not the bottleneck. */
const BUSY = 0.95;

function throughput({ perSecond, busy }: RelayRow): string {
  return `${busy.median < BUSY ? 'at least ' : ''}${hundreds(perSecond.median)}`;
}

const compared = ({ value, ratio }: Compared) => `${range(value)} = ${times(ratio)}`;

const variants: Record<EventsVariant, string> = {
  'another build': 'the last build without events',
  off: 'off',
  recorded: 'records and REST',
  'recorded and sent': 'and a webhook',
};

function eventsRows(figures: EventsFigures, cells: readonly (keyof NonNullable<EventsFigures[string]['off']>)[]) {
  return Object.entries(figures).flatMap(([store, rows]) =>
    (Object.keys(variants) as EventsVariant[]).flatMap((variant) => {
      const row = rows[variant];
      return row ? [[store, variants[variant], ...cells.map((cell) => compared(row[cell]))]] : [];
    }),
  );
}

/** The tables, by the names of their places in the page. */
const tables: { [Name in PartName]: (figures: NonNullable<Figures[Name]>['figures']) => string } = {
  relay(figures) {
    const servers = Object.keys(figures.candidate);
    const rows = (cell: (row: RelayRow) => string) =>
      servers.map((server) => [server, ...names.map((name) => cell(figures[name][server] as RelayRow))]);
    const heads = names.map((name) => workloads[name]);
    return [
      table(['µs of CPU a message', ...heads], rows(cost)),
      table(['messages a second', ...heads], rows(throughput)),
    ].join('\n\n');
  },
  pairs(figures) {
    const kinds: Record<PairsWorkload, string> = { single: 'one at a time', burst: '8 at once' };
    return (Object.keys(kinds) as PairsWorkload[])
      .map((kind) => {
        const sizes = Object.keys(figures[kind]);
        const servers = Object.keys(Object.values(figures[kind])[0] ?? {});
        const cell = (size: string, server: string) => {
          const row = figures[kind][size]?.[server];
          return row ? `${number(row.cpu.median)} = ${times(row.ratio)}, ${throughput(row)}/s` : '';
        };
        return table(
          [`µs of CPU a candidate, ${kinds[kind]}`, ...sizes.map((size) => `${count(size)} pairs`)],
          servers.map((server) => [server, ...sizes.map((size) => cell(size, server))]),
        );
      })
      .join('\n\n');
  },
  rate: (figures) =>
    table(
      ['2,000 candidates a second', 'µs of CPU a message', 'p50, ms', 'p99, ms'],
      Object.entries(figures).map(([server, row]) => [server, cost(row), range(row.p50), range(row.p99)]),
    ),
  idle: (figures) =>
    table(
      [
        '10,000 idle connections',
        'memory before, MB',
        'and with them, MB',
        'kB each',
        'µs of CPU to let one in',
        'and in a second of idling',
      ],
      Object.entries(figures).map(([server, { atStart, full, perConnection, connecting, resting }]) => [
        server,
        number(atStart / MB),
        number(full / MB),
        number(perConnection / kB),
        number(connecting),
        number(resting),
      ]),
    ),
  connections(figures) {
    const sizes = Object.keys(Object.values(figures)[0] ?? {});
    return table(
      ['µs of CPU a candidate', ...sizes.map((size) => `${count(size)} others`)],
      Object.entries(figures).map(([server, row]) => [
        server,
        ...Object.values(row).map(({ cpu, ratio }) => `${number(cpu.median)} = ${times(ratio)}`),
      ]),
    );
  },
  workspaces: (figures) =>
    table(
      [
        'µs of CPU',
        ...Object.keys(figures).map((size) => `${count(size)} ${size === '1' ? 'workspace' : 'workspaces'}`),
      ],
      [
        ['a relayed candidate', ...Object.values(figures).map(({ relay }) => range(relay))],
        ['an `attend`', ...Object.values(figures).map(({ attend }) => range(attend))],
      ],
    ),
  pins: (figures) =>
    table(
      ['the server has', 'p50, p99 in calm, ms', 'p50, p99 in the storm, ms', 'PIN checks a second'],
      Object.entries(figures).map(([place, { calm, storm, checksPerSecond }]) => [
        place,
        `${number(calm.p50)}, ${number(calm.p99)}`,
        `${number(storm.p50)}, ${number(storm.p99)}`,
        number(checksPerSecond),
      ]),
    ),
  store: (rows) =>
    table(
      [
        'store',
        'workspaces',
        'changes at once',
        'durable after: p50, p99, ms',
        'µs of CPU a change',
        'event loop blocked, ms',
      ],
      rows.map(({ store, workspaces, burst, p50, p99, cpu, blocked }) => [
        store,
        count(workspaces),
        count(burst),
        `${number(p50)}, ${number(p99)}`,
        number(cpu),
        number(blocked),
      ]),
    ),
  events: (figures) =>
    [
      table(
        ['store', 'events', '`attend`, ms', '`ring`, ms', '`leave`, ms'],
        eventsRows(figures, ['attend', 'ring', 'leave']),
      ),
      table(
        ['store', 'events', 'µs of CPU a change, all threads', 'of it on the event loop'],
        eventsRows(figures, ['cpu', 'loop']),
      ),
    ].join('\n\n'),
  chat: (figures) =>
    table(
      ['the server', 'to everybody else: p50, p99, longest, ms', 'to its answer: p50, p99, longest, ms'],
      Object.entries(figures).map(([site, row]) => [
        site,
        ...[row.arrival, row.answer].map(({ p50, p99, max }) => `${number(p50)}, ${number(p99)}, ${number(max)}`),
      ]),
    ),
  consultations: (figures) =>
    table(
      ['the server', 'to its client’s notice: p50, p99, longest, ms', 'to the answer: p50, p99, ms'],
      Object.entries(figures).map(([site, { told, answered }]) => [
        site,
        `${number(told.p50)}, ${number(told.p99)}, ${number(told.max)}`,
        `${number(answered.p50)}, ${number(answered.p99)}`,
      ]),
    ),
};

export function origin({ date, cores, processor, node, load, versions }: Circumstances): string {
  const others = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `Measured on ${date}: ${cores} cores (${processor}), Node ${node}, ${others.join(', ')}; load before: ${load}.`;
}

/** The tables of a part, or null if it was not measured. */
export function tableOf<Name extends PartName>(name: Name, part: Figures[Name]): string | null {
  return part ? `${tables[name](part.figures)}\n\n${origin(part.circumstances)}` : null;
}
