import { expect } from 'vitest';
import type { TestServer } from './fixtures.ts';

/** The metrics of a server as somebody scrapes them: Prometheus's text format, version 0.0.4. */
export interface Scrape {
  readonly text: string;
  /** The types by the names of the metrics. */
  readonly types: ReadonlyMap<string, string>;
  /** The names of the labels of a metric, those of its buckets included. */
  labelsOf(name: string): string[];
  /** The value of a series; undefined where it is not there. @param labels all of them, in any order */
  value(name: string, labels?: Record<string, string>): number | undefined;
  /** All series: their names with their labels. */
  readonly series: readonly string[];
}

export async function scrape({ metricsUrl }: Pick<TestServer, 'metricsUrl'>): Promise<Scrape> {
  const response = await fetch(metricsUrl ?? '');
  expect(response.status).toBe(200);
  return read(await response.text());
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/gm;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

function read(text: string): Scrape {
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]));
  const samples = [...text.matchAll(SAMPLE)].map(([, name = '', labels = '', value]) => ({
    name,
    labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, label, content]) => [label, content])),
    value: Number(value),
  }));
  const isOf = (metric: string) => (sample: { name: string }) =>
    sample.name === metric ||
    (types.get(metric) === 'histogram' && sample.name.replace(/_(bucket|sum|count)$/, '') === metric);
  const keyOf = (name: string, labels: Record<string, string>) =>
    `${name}{${Object.entries(labels)
      .map(([label, value]) => `${label}="${value}"`)
      .sort()
      .join(',')}}`;
  const values = new Map(samples.map(({ name, labels, value }) => [keyOf(name, labels), value]));
  return {
    text,
    types,
    labelsOf: (name) => [...new Set(samples.filter(isOf(name)).flatMap(({ labels }) => Object.keys(labels)))],
    value: (name, labels = {}) => values.get(keyOf(name, labels)),
    series: [...values.keys()],
  };
}
