import { createServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { ConfigError } from '../config/environment.ts';
import type { Config } from '../config/load-config.ts';
import { CertificateRenewal, readCertificate } from './certificate.ts';

/** How often Node looks for requests that take too long, ms. */
const LATE_REQUESTS_MS = 1000;

/** Heartbeats in which a TCP connection may stay silent: more than any poll lasts, because a heartbeat ends it. */
const SILENT_HEARTBEATS = 3;

/** An HTTP or HTTPS server. */
interface CreatedServer {
  http: HttpServer;
  /** Looks now whether the files of the certificate are others; null where there is none. */
  renewCertificate: (() => Promise<void>) | null;
}

/**
 * Creates the HTTP server, or the HTTPS server where the configuration names a certificate, which it follows. The server closes
 * connections that send their request too slowly, or read the response too slowly.
 * @throws ConfigError where a certificate cannot be read
 */
export async function createHttpServer(config: Config, log: Logger, listener: RequestListener): Promise<CreatedServer> {
  const { https, settings } = config;
  const firstMs = settings.first_command_seconds * 1000;
  const limits = { headersTimeout: firstMs, requestTimeout: firstMs, connectionsCheckingInterval: LATE_REQUESTS_MS };
  const created = https
    ? await createTlsServer(https, { ...limits, handshakeTimeout: firstMs }, { log, listener })
    : { http: createServer(limits, listener), renewCertificate: null };
  // The silence of a TCP connection. Only of those with requests: WebSockets have heartbeats instead, and would keep a
  // timer that was stopped.
  const silenceMs = settings.heartbeat_seconds * 1000 * SILENT_HEARTBEATS;
  created.http.prependListener('request', ({ socket }) => socket.setTimeout(silenceMs));
  return created;
}

async function createTlsServer(
  https: NonNullable<Config['https']>,
  limits: ServerOptions,
  { log, listener }: { log: Logger; listener: RequestListener },
): Promise<CreatedServer> {
  const files = await readCertificate(https);
  const server = createHttpsServer({ ...files, ...limits }, listener);
  const renewal = new CertificateRenewal({ https, server, log }, files);
  return { http: server, renewCertificate: () => renewal.look() };
}

/**
 * Listens where the configuration says.
 * @returns the URL, as people would type it
 * @throws ConfigError with a sentence for the operator when it cannot
 */
export async function listen(http: HttpServer, config: Config): Promise<string> {
  const { port, host, settings } = config;
  const backlog = settings.listen_backlog;
  await new Promise<void>((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => reject(new ConfigError(cannotListen(error, port, host))));
    http.listen(host === null ? { port, backlog } : { port, host, backlog }, resolve);
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
