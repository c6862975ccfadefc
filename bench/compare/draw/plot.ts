import { parse, View } from 'vega';
import { compile } from 'vega-lite';
import type { Figures } from '../figures.ts';
import type { PairsWorkload } from '../workloads/pairs.ts';

// The plot: the cost of a relay beside other servers, and its growth.

const colours = {
  'bare ws': '#8c959f',
  'bare Socket.IO': '#d4a72c',
  PeerServer: '#bc4c00',
  'this server': '#0969da',
  'this server, with acks': '#80ccff',
  'this server, JavaScript alone': '#1a7f37',
};
const servers = Object.keys(colours);
const color = {
  field: 'server',
  type: 'nominal',
  scale: { domain: servers, range: Object.values(colours) },
  legend: { title: null, orient: 'top', symbolType: 'square', symbolSize: 160 },
};
const kinds = {
  candidate: 'candidate',
  burst: 'burst of 8',
  offer: 'offer of 5.7 kB',
  join: 'join of a fifth',
  rate: 'candidate, 2,000/s',
};
const growth = ['relayed candidate', 'attend'];

type Row = Record<string, string | number>;

function ratioRows({ relay, rate }: Figures): Row[] {
  const saturated = Object.entries(relay?.figures ?? {}).flatMap(([name, rows]) =>
    Object.entries(rows).map(([server, { ratio }]) => ({
      workload: kinds[name as keyof typeof kinds],
      server,
      ...ratio,
    })),
  );
  const paced = Object.entries(rate?.figures ?? {}).map(([server, { ratio }]) => ({
    workload: kinds.rate,
    server,
    ...ratio,
  }));
  return [...saturated, ...paced];
}

const bars = (values: Row[]) => ({
  title: 'CPU of the server a message, as a multiple of bare ws',
  width: 800,
  height: 240,
  data: { values },
  encoding: {
    x: {
      field: 'workload',
      type: 'nominal',
      sort: Object.values(kinds),
      axis: { title: null, labelAngle: 0, ticks: false, domain: false },
    },
    xOffset: { field: 'server', scale: { domain: servers, paddingOuter: 0.2 } },
  },
  layer: [
    {
      mark: { type: 'bar' },
      encoding: { y: { field: 'median', type: 'quantitative', axis: { title: null, tickCount: 5 } }, color },
    },
    // The middle half of the slices.
    {
      mark: { type: 'rule', color: '#24292f' },
      encoding: { y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
    },
    {
      mark: { type: 'text', dy: -7, fontSize: 11 },
      encoding: {
        y: { field: 'high', type: 'quantitative' },
        text: { field: 'median', type: 'quantitative', format: '.2f' },
      },
    },
  ],
});

function connectionRows({ connections }: Figures): Row[] {
  return Object.entries(connections?.figures ?? {}).flatMap(([server, sizes]) =>
    Object.entries(sizes).map(([size, { cpu }]) => ({ server, size: Number(size), ...cpu })),
  );
}

function pairRows({ pairs }: Figures, workload: PairsWorkload): Row[] {
  return Object.entries(pairs?.figures[workload] ?? {}).flatMap(([size, rows]) =>
    Object.entries(rows).map(([server, { ratio }]) => ({ server, size: Number(size), ...ratio })),
  );
}

function workspaceRows({ workspaces }: Figures): Row[] {
  return Object.entries(workspaces?.figures ?? {}).flatMap(([size, { relay, attend }]) => [
    { what: growth[0] ?? '', size: Number(size), ...relay },
    { what: growth[1] ?? '', size: Number(size), ...attend },
  ]);
}

const lines = (title: string, about: string, values: Row[], sizes: number[], hue: object) => ({
  title,
  width: 360,
  height: 220,
  data: { values },
  encoding: {
    x: {
      field: 'size',
      type: 'quantitative',
      scale: { type: 'log', domain: [sizes[0], sizes.at(-1)] },
      axis: { title: about, values: sizes, format: ',', grid: false, labelFlush: false },
    },
    y: { field: 'median', type: 'quantitative', scale: { zero: true }, axis: { title: null, tickCount: 5 } },
    color: hue,
  },
  mark: { type: 'line', point: { size: 50 }, strokeWidth: 2.5 },
});

const sizesOf = (rows: Row[]) => [...new Set(rows.map(({ size }) => Number(size)))];

/** The picture as SVG. Its background is white, so that it is readable on dark pages too. */
export async function plot(figures: Figures): Promise<string> {
  const [connections, workspaces] = [connectionRows(figures), workspaceRows(figures)];
  const [single, burst] = [pairRows(figures, 'single'), pairRows(figures, 'burst')];
  const byServer = { ...color, legend: null };
  const spec = {
    background: 'white',
    padding: 20,
    vconcat: [
      bars(ratioRows(figures)),
      {
        hconcat: [
          lines('One candidate at a time: × bare ws', 'pairs', single, sizesOf(single), byServer),
          lines('Eight candidates at once: × bare ws', 'pairs', burst, sizesOf(burst), byServer),
        ],
        spacing: 20,
      },
      {
        hconcat: [
          lines('µs of CPU a candidate', 'idle connections beside', connections, sizesOf(connections), byServer),
          lines('This server: µs of CPU', 'workspaces', workspaces, sizesOf(workspaces), {
            field: 'what',
            type: 'nominal',
            scale: { domain: growth, range: ['#0969da', '#8250df'] },
            legend: { title: null, orient: 'bottom', symbolType: 'square', symbolSize: 160 },
          }),
        ],
        spacing: 20,
        resolve: { scale: { color: 'independent' } },
      },
    ],
    spacing: 30,
    resolve: { scale: { color: 'independent' } },
    config: {
      font: 'Helvetica, Arial, sans-serif',
      title: { fontSize: 15, fontWeight: 600, anchor: 'start', frame: 'group', offset: 12, color: '#24292f' },
      axis: {
        labelFontSize: 12,
        titleFontSize: 12,
        titleFontWeight: 'normal',
        gridColor: '#eaeef2',
        domainColor: '#d0d7de',
        tickColor: '#d0d7de',
        labelColor: '#24292f',
        titleColor: '#24292f',
      },
      legend: { labelFontSize: 12, labelColor: '#24292f', labelLimit: 300 },
      view: { stroke: null },
    },
  };
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
}
