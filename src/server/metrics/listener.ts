import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { ConfigError } from '../config/environment.ts';
import type { MetricsConfig } from '../config/metrics.ts';

/** A scrape is one short request. The server cuts off a client that takes longer, ms. */
const REQUEST_MS = 5000;

/** Scrapers keep their connection. More than so many are none. */
const MOST_CONNECTIONS = 100;

export interface MetricsListener {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves a registry at /metrics, and nothing else.
 * @throws ConfigError where it cannot listen there
 */
export async function listen(
  registry: Registry,
  { port, host }: NonNullable<MetricsConfig>,
  log: Logger,
): Promise<MetricsListener> {
  const server = createServer({ headersTimeout: REQUEST_MS, requestTimeout: REQUEST_MS }, answer(registry, log));
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new ConfigError(cannotListen(error, port, host))));
    server.listen({ port, host }, resolve);
  });
  const { address, port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${taken}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(registry: Registry, log: Logger): RequestListener {
  return async (request, response) => {
    const isAsked = request.url?.split('?')[0] === '/metrics' && ['GET', 'HEAD'].includes(request.method ?? '');
    if (!isAsked) {
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('The metrics are at /metrics.\n');
      return;
    }
    try {
      const text = await registry.metrics();
      response.writeHead(200, { 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' }).end(text);
    } catch (error) {
      log.error({ err: error }, 'the metrics could not be read');
      response.writeHead(500, { 'Content-Type': 'text/plain; charset=utf-8' }).end('The log says why this failed.\n');
    }
  };
}

function cannotListen({ code }: NodeJS.ErrnoException, port: number, host: string): string {
  const where = `port ${port} of ${host}`;
  if (code === 'EADDRINUSE')
    return `Something listens on ${where} already. Stop it, or set METRICS_PORT to another one.`;
  if (code === 'EACCES') return `This user may not listen on ${where}. Take a METRICS_PORT above 1023.`;
  return `The metrics cannot listen on ${where} (${code}). Check METRICS_HOST and METRICS_PORT.`;
}
