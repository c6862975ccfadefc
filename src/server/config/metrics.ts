import { ConfigError, type Environment, readPort } from './environment.ts';

/** Where the metrics are served; null: nowhere. */
export type MetricsConfig = { port: number; host: string } | null;

/**
 * Reads where the metrics are served.
 * @param mainPort the port of the server itself
 * @param warnings gets sentences that an operator should read at the start
 * @throws ConfigError where it is no port, or the server's own
 */
export function readMetrics(env: Environment, mainPort: number, warnings: string[]): MetricsConfig {
  const host = env.METRICS_HOST?.trim();
  if (!env.METRICS_PORT?.trim()) {
    if (host) warnings.push('METRICS_HOST is set, but METRICS_PORT is empty: no metrics are served.');
    return null;
  }
  const own = readPort(env, 'METRICS_PORT', '');
  if (own === mainPort && own !== 0) {
    throw new ConfigError(`METRICS_PORT and PORT are both ${own}. Give the metrics another port, such as 9464.`);
  }
  return { port: own, host: host || '127.0.0.1' };
}
