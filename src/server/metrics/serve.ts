import { Registry } from 'prom-client';
import type { MetricsConfig } from '../config/metrics.ts';
import type { Services } from '../services.ts';
import { catalogue, type Sources } from './catalogue.ts';
import { listen, type MetricsListener } from './listener.ts';
import { collectProcessMetrics } from './process.ts';
import { register } from './registry.ts';

/**
 * Serves the metrics of this node.
 * @param where the configuration says that they are
 * @throws ConfigError where the port is taken
 */
export async function serveMetrics(
  services: Services,
  where: NonNullable<MetricsConfig>,
  sources: Sources,
): Promise<MetricsListener> {
  const registry = new Registry();
  register(registry, catalogue(services, sources));
  const listener = await listen(registry, where, services.log);
  // Only now, because these measure for as long as the process lives.
  collectProcessMetrics(registry);
  return listener;
}
