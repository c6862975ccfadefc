import { readFileSync } from 'node:fs';
import { createServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '../config/environment.ts';
import type { Config } from '../config/load-config.ts';

/** How often Node looks for requests that take too long, ms. */
const LATE_REQUESTS_MS = 1000;

/** Heartbeats in which a TCP connection may stay silent: more than any poll lasts, because a heartbeat ends it. */
const SILENT_HEARTBEATS = 3;

/**
 * Creates the HTTP server, or the HTTPS server where the configuration names a certificate. It closes connections that
 * send their request too slowly, or read the response too slowly.
 * @throws ConfigError where a certificate cannot be read
 */
export function createHttpServer({ https, settings }: Config, listener: RequestListener): HttpServer {
  const firstMs = settings.first_command_seconds * 1000;
  const limits = { headersTimeout: firstMs, requestTimeout: firstMs, connectionsCheckingInterval: LATE_REQUESTS_MS };
  const server = https
    ? createTlsServer(https, { ...limits, handshakeTimeout: firstMs }, listener)
    : createServer(limits, listener);
  // The silence of a TCP connection. Only of those with requests: WebSockets have heartbeats instead, and would keep a
  // timer that was stopped.
  const silenceMs = settings.heartbeat_seconds * 1000 * SILENT_HEARTBEATS;
  return server.prependListener('request', ({ socket }) => socket.setTimeout(silenceMs));
}

function createTlsServer(
  { key, cert, ca }: NonNullable<Config['https']>,
  limits: ServerOptions,
  listener: RequestListener,
): HttpServer {
  const files = {
    key: pem('https.key', key),
    cert: pem('https.cert', cert),
    ...(ca ? { ca: pem('https.ca', ca) } : {}),
  };
  try {
    return createHttpsServer({ ...files, ...limits }, listener);
  } catch {
    throw new ConfigError(`https.key (${key}) and https.cert (${cert}) are no PEM files that belong together.`);
  }
}

function pem(name: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new ConfigError(`The file of ${name}, ${file}, cannot be read.`);
  }
}

/**
 * Listens where the configuration says.
 * @returns the URL, as people would type it
 * @throws ConfigError with a sentence for the operator when it cannot
 */
export async function listen(http: HttpServer, config: Config): Promise<string> {
  const { port, host } = config;
  await new Promise<void>((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => reject(new ConfigError(cannotListen(error, port, host))));
    http.listen(host === null ? { port } : { port, host }, resolve);
  });
  return urlOf(http, config);
}

function cannotListen({ code }: NodeJS.ErrnoException, port: number, host: string | null): string {
  const where = host === null ? `port ${port}` : `port ${port} of ${host}`;
  if (code === 'EADDRINUSE') return `Something listens on ${where} already. Stop it, or set PORT to another one.`;
  if (code === 'EACCES') return `This user may not listen on ${where}. Take a port above 1023.`;
  return `Cannot listen on ${where} (${code}). Check HOST and PORT.`;
}

function urlOf(http: HttpServer, { https, host }: Config): string {
  const { port } = http.address() as AddressInfo;
  const name = host === null || host === '127.0.0.1' || host === '::1' ? 'localhost' : host;
  return `${https ? 'https' : 'http'}://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
