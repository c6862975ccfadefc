import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Server } from 'socket.io';
import { Dispatcher } from './commands/dispatcher.ts';
import { FastPath, unknownPackage } from './commands/fast-path.ts';
import { ConfigError } from './config/environment.ts';
import type { Config } from './config/load-config.ts';
import type { Services } from './services.ts';
import { addressReader, rememberAddresses } from './transport/address.ts';
import { boundBackPressure } from './transport/back-pressure.ts';
import { ConnectionsPerAddress } from './transport/connections-per-address.ts';
import { forgetAnswers, forgetHandshake } from './transport/engine.ts';
import { FairReading } from './transport/fair-reading.ts';
import { originCheck } from './transport/origins.ts';
import { boundedParser } from './transport/parser.ts';
import { PartialMessages } from './transport/partial-messages.ts';
import { boundPayloads } from './transport/payloads.ts';
import { routes } from './transport/routes.ts';
import { enableSmallReads } from './transport/small-reads.ts';
import { webSocketServer } from './transport/web-socket.ts';
import { Commits } from './workspaces/commits.ts';
import { Delivery } from './workspaces/delivery.ts';
import { IncomingEvents } from './workspaces/incoming-events.ts';
import { Reconciliation } from './workspaces/reconciliation.ts';
import { SeatLocations } from './workspaces/seat-locations.ts';

export interface RunningServer {
  /** Where it listens, as people would type it. */
  url: string;
  /** Lets nobody new in, finishes what is under way, and closes connections and the store. */
  close(): Promise<void>;
}

/** Whole payloads of polling, with many packets in them, are bound by this many times the size of a command. */
const PACKETS_A_PAYLOAD = 16;

/**
 * Listens and serves until it is closed.
 * @throws ConfigError when it cannot listen there, or a certificate cannot be read
 */
export async function start(services: Services): Promise<RunningServer> {
  const { cluster, config, log, store } = services;
  const { settings } = config;
  let isStopping = false;
  const isReady = () => cluster.isReady && !isStopping;
  const http = createServer(config, getRequestListener(routes(settings.base_path, isReady).fetch));
  const addressOf = createAddressReader(config);
  const mayConnect = originCheck(config.corsOrigins);
  const connectionsPerAddress = new ConnectionsPerAddress(settings.seatless_connections_per_address);
  const partialMessages = new PartialMessages(settings.max_payload_bytes);

  const io = new Server(http, {
    path: `${settings.base_path}socket.io`,
    // Socket.IO 2, which the browser client in the field uses.
    allowEIO3: true,
    // An exact origin with credentials: that client always sends them, and '*' would lock its polling out.
    cors: { credentials: true, origin: (origin, answer) => answer(null, mayConnect(origin)) },
    // CORS does not guard WebSocket handshakes.
    allowRequest: (request, answer) => {
      if (!mayConnect(request.headers.origin)) answer('Pages of this origin may not connect.', false);
      else if (isJsonp(request)) answer('JSONP is not served.', false);
      else if (!connectionsPerAddress.admits(addressOf(request)))
        answer('Too many connections from this address.', false);
      else answer(null, true);
    },
    parser: boundedParser(settings.max_payload_bytes),
    maxHttpBufferSize: settings.max_payload_bytes * PACKETS_A_PAYLOAD,
    pingInterval: settings.heartbeat_seconds * 1000,
    pingTimeout: settings.heartbeat_seconds * 1000,
    connectTimeout: settings.first_command_seconds * 1000,
    perMessageDeflate: false,
    wsEngine: webSocketServer(partialMessages),
  });

  const locations = new SeatLocations(io, cluster);
  const incoming = new IncomingEvents(locations);
  const delivery = new Delivery(io, cluster, locations, incoming);
  const commits = new Commits(services, locations, delivery);
  const reconciliation = new Reconciliation(services, locations, commits);
  cluster.attach(io, reconciliation);
  const dispatcher = new Dispatcher(services, locations, delivery, commits);
  forgetAnswers(io, http);
  enableSmallReads(http);
  boundPayloads(io);
  const fastPath = fastPathOf(services, locations);
  cluster.relayChannel?.receive(
    (room, event) => incoming.intercept(room, event) || (fastPath?.deliver(room, event) ?? false),
    (room, event) => incoming.deliver(room, event),
  );
  const fairReading = new FairReading(
    () => performance.now(),
    (from, packet) => fastPath?.take(from, packet) ?? false,
  );
  fairReading.watch(io);
  partialMessages.watch(io);
  const addressOfConnection = rememberAddresses(io, addressOf);
  connectionsPerAddress.watch(io, addressOfConnection);
  boundBackPressure(io, settings.max_unread_bytes, log);
  io.on('connection', (socket) => {
    forgetHandshake(socket);
    const connection = dispatcher.serve(socket, addressOfConnection(socket.conn));
    fairReading.follow(connection);
  });

  await listen(http, config);
  return {
    url: urlOf(http, config),
    async close() {
      isStopping = true;
      http.close();
      commits.background.leave();
      // Clients of a server of one node could only wait for it.
      if (config.store.kind === 'redis') await reconciliation.dismiss((settings.shutdown_seconds * 1000) / 2);
      reconciliation.close();
      await dispatcher.close();
      await io.close();
      await cluster.leave().catch((error: unknown) => log.warn({ err: error }, 'the lease runs out by itself'));
      await store.close();
      await cluster.close();
      log.flush();
    },
  };
}

/** How relays go past Socket.IO; null where all go the ordinary way. */
function fastPathOf({ cluster, config, log, now }: Services, locations: SeatLocations): FastPath | null {
  const { relay_path, max_payload_bytes } = config.settings;
  if (relay_path === 'ordinary') return null;
  const unknown = unknownPackage();
  if (unknown) log.warn(`Relays take the ordinary way: ${unknown} is not known to work with the short one.`);
  return unknown ? null : new FastPath(locations, cluster.relayChannel, max_payload_bytes, now);
}

/** JSONP of Engine.IO 3: a script, which any page can load and read, and whose request says no origin. */
function isJsonp({ url = '' }: IncomingMessage): boolean {
  return new URLSearchParams(url.slice(url.indexOf('?') + 1)).has('j');
}

/** How often it is looked for requests that take too long, ms. */
const LATE_REQUESTS_MS = 1000;

/** Silence that lasts longer than any two heartbeats, and so any poll that is answered with one. */
const SILENT_HEARTBEATS = 3;

/** Whoever connects has a while to get out with what it wants; whoever stops taking an answer is not waited for. */
function createServer({ https, settings }: Config, listener: ReturnType<typeof getRequestListener>): HttpServer {
  const firstMs = settings.first_command_seconds * 1000;
  const limits = { headersTimeout: firstMs, requestTimeout: firstMs, connectionsCheckingInterval: LATE_REQUESTS_MS };
  const server = https
    ? createTlsServer(https, { ...limits, handshakeTimeout: firstMs }, listener)
    : createHttpServer(limits, listener);
  // It is the silence of a TCP connection that is meant here. Only of those with requests: WebSockets have heartbeats
  // instead, and would keep a timer that was stopped.
  const silenceMs = settings.heartbeat_seconds * 1000 * SILENT_HEARTBEATS;
  return server.prependListener('request', ({ socket }) => socket.setTimeout(silenceMs));
}

function createTlsServer(
  { key, cert, ca }: NonNullable<Config['https']>,
  limits: ServerOptions,
  listener: ReturnType<typeof getRequestListener>,
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

function createAddressReader({ trustProxy }: Config) {
  try {
    return addressReader(trustProxy);
  } catch {
    throw new ConfigError(
      `TRUST_PROXY must hold addresses, subnets, or loopback, linklocal, uniquelocal. It is '${trustProxy.join(',')}'.`,
    );
  }
}

function listen(http: HttpServer, { port, host }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => reject(new ConfigError(cannotListen(error, port, host))));
    http.listen(host === null ? { port } : { port, host }, resolve);
  });
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
