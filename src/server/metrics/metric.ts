import type { Durations } from '../collections/durations.ts';
import type { Tally } from '../collections/tally.ts';

type Labels = Readonly<Record<string, string>>;

/** One value of a metric. `suffix`: what its name has behind that of the metric, as the values of a histogram have. */
interface Sample {
  readonly labels: Labels;
  readonly value: number;
  readonly suffix?: '_bucket' | '_sum' | '_count';
}

/** A metric of Prometheus, read when somebody asks. */
export interface Metric {
  readonly name: string;
  /** Its meaning and unit, for the people who draw it. */
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** The names of its labels, without the `le` of histograms. */
  readonly labels: readonly string[];
  read(): Iterable<Sample> | Promise<Iterable<Sample>>;
}

/** A number that goes up and down. */
export function gauge(name: string, help: string, read: () => number | Promise<number>): Metric {
  return { name, help, type: 'gauge', labels: [], read: async () => [{ labels: {}, value: await read() }] };
}

/** Numbers that go up and down, one for each value of a label. */
export function gauges(
  name: string,
  help: string,
  labels: readonly string[],
  read: () => Iterable<readonly [values: readonly string[], value: number]>,
): Metric {
  return {
    name,
    help,
    type: 'gauge',
    labels,
    read: () => [...read()].map(([values, value]) => ({ labels: labelled(labels, values), value })),
  };
}

/** A number that only grows, for each combination of labels. @param read what was counted until now */
export function counter<Values extends readonly string[]>(
  name: string,
  help: string,
  labels: readonly string[],
  read: () => Pick<Tally<Values>, 'entries'>,
): Metric {
  return {
    name,
    help,
    type: 'counter',
    labels,
    read: () => [...read().entries].map((entry) => ({ labels: labelled(labels, entry.labels), value: entry.count })),
  };
}

/** Durations in s, for each combination of labels. */
export function histogram(
  name: string,
  help: string,
  labels: readonly string[],
  all: readonly (readonly [values: readonly string[], durations: Durations])[],
): Metric {
  return {
    name,
    help,
    type: 'histogram',
    labels,
    read: () => all.flatMap(([values, durations]) => [...samplesOf(durations, labelled(labels, values))]),
  };
}

function* samplesOf({ bounds, counts, sum }: Durations, labels: Labels): Iterable<Sample> {
  let count = 0;
  for (const [at, each] of counts.entries()) {
    count += each;
    yield { suffix: '_bucket', labels: { ...labels, le: String(bounds[at] ?? '+Inf') }, value: count };
  }
  yield { suffix: '_sum', labels, value: sum };
  yield { suffix: '_count', labels, value: count };
}

function labelled(names: readonly string[], values: readonly string[]): Labels {
  return Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']));
}
