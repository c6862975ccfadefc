import type { Metric as PromMetric, Registry } from 'prom-client';
import type { Metric } from './metric.ts';

/** Registers metrics that are read at every scrape. */
export function register(registry: Registry, metrics: readonly Metric[]): void {
  for (const metric of metrics) registry.registerMetric(asPrometheus(metric));
}

/** A metric as the registry asks for it: by `get()`, whose form prom-client documents. It needs nothing else of its classes. */
function asPrometheus({ name, help, type, read }: Metric): PromMetric {
  const get = async () => {
    const values = [...(await read())].map(({ suffix = '', labels, value }) => {
      return { metricName: name + suffix, labels, value };
    });
    return { name, help, type, values, aggregator: 'sum' };
  };
  return { name, help, get } as unknown as PromMetric;
}
