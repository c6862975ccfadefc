import type { IncomingMessage } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Server } from 'socket.io';
import { beginPartRequest } from './commands/begin-part-request.ts';
import { Dispatcher } from './commands/dispatcher.ts';
import { FastPath } from './commands/fast-path.ts';
import { ConnectionCounts } from './metrics/connection-counts.ts';
import { NodeReports } from './metrics/node-reports.ts';
import type { Uploads } from './recordings/uploads.ts';
import { createLinks } from './rest/links.ts';
import type { Services } from './services.ts';
import { addressOfConnection } from './transport/address.ts';
import { releaseHandshake } from './transport/engine.ts';
import { Guards } from './transport/guards.ts';
import { Hearing } from './transport/hearing.ts';
import { createHttpServer, listen } from './transport/http-server.ts';
import { KnownVersions } from './transport/known-versions.ts';
import { originCheck } from './transport/origins.ts';
import { routes } from './transport/routes.ts';
import type { Webhooks } from './webhooks/webhooks.ts';
import { Commits } from './workspaces/commits.ts';
import { Delivery } from './workspaces/delivery.ts';
import { InboxNews } from './workspaces/inbox-news.ts';
import { IncomingEvents } from './workspaces/incoming-events.ts';
import { Reconciliation } from './workspaces/reconciliation.ts';
import { SeatLocations } from './workspaces/seat-locations.ts';
import { UserConnections } from './workspaces/user-connections.ts';

export interface RunningServer {
  /** Where it listens, as people would type it. */
  url: string;
  /** Where its metrics are; null where it serves none. */
  metricsUrl: string | null;
  /** Looks now, and not only within a minute, whether the files of the certificate are others; null without HTTPS. */
  renewCertificate: (() => Promise<void>) | null;
  /** Admits no new connection, finishes the commands under way, and closes connections and the store. */
  close(): Promise<void>;
}

/**
 * Listens and serves until it is closed.
 * @param versions the installed versions of the packages whose private members the server relies on
 * @throws ConfigError when it cannot listen there, or a certificate cannot be read
 */
export async function start(services: Services, versions = new KnownVersions()): Promise<RunningServer> {
  const { cluster, config, log, records, store } = services;
  const { settings } = config;
  for (const warning of versions.warnings()) log.warn(warning);
  let isStopping = false;
  const isReady = () => cluster.isReady && !isStopping;
  // Balancers ask over HTTP 1.0 without a host. Node itself refuses HTTP 1.1 without one (RFC 9112, 3.2).
  const api = config.apiKeys.length === 0 ? null : (request: Request) => rest?.fetch(request) ?? new Response();
  const uploads = await createUploads(services, (payload) => beginPart(payload));
  const receive = uploads && ((request: Request, incoming: IncomingMessage) => uploads.fetch(request, incoming));
  const pages = routes(settings.base_path, config, isReady, receive, api);
  const answer = getRequestListener(pages.fetch, { hostname: 'localhost' });
  const { http, renewCertificate } = await createHttpServer(config, log, answer);
  const guards = new Guards(config, log, versions, (limit) => services.measurements.refused.add(limit));
  const io = new Server(http, {
    path: `${settings.base_path}socket.io`,
    // Socket.IO 2, which the browser client in the field uses.
    allowEIO3: true,
    pingInterval: settings.heartbeat_seconds * 1000,
    pingTimeout: settings.heartbeat_seconds * 1000,
    connectTimeout: settings.first_command_seconds * 1000,
    perMessageDeflate: false,
    ...guards.options,
  });

  const locations = new SeatLocations(io, cluster);
  const incoming = new IncomingEvents(locations);
  const delivery = new Delivery(io, cluster, locations, incoming);
  const hearing = new Hearing(services.now, (from, until) => cluster.unheard(from, until));
  if (services.records) new InboxNews(services.records, delivery, log);
  const userConnections = new UserConnections(io, cluster, services.users);
  const commits = new Commits(services, locations, delivery, hearing);
  const reconciliation = new Reconciliation(services, { locations, userConnections, commits, hearing });
  cluster.attach(io, reconciliation);
  const dispatcher = new Dispatcher(services, { locations, delivery, commits, userConnections, hearing });
  const beginPart = beginPartRequest(services, commits, dispatcher.inputOf('recording-part'));
  const fastPath = createFastPath(services, locations, versions);
  cluster.relayChannel?.receive(
    (room, event) => incoming.intercept(room, event) || (fastPath?.deliver(room, event) ?? false),
    (room, event) => incoming.deliver(room, event),
  );
  const fairReading = guards.install(io, http, hearing);
  incoming.onAdmitted = (socket, workspaceId, personId) => {
    const connection = fairReading.clientOf(socket.conn);
    if (connection) dispatcher.admit(connection, workspaceId, personId);
  };
  const releasesHandshakes = versions.isKnown('memory');
  io.on('connection', (socket) => {
    if (releasesHandshakes) releaseHandshake(socket);
    const connection = dispatcher.serve(socket, addressOfConnection(socket.conn));
    fairReading.follow(connection, fastPath?.from(connection) ?? null);
  });

  const webhooks = await openWebhooks(services);
  webhooks?.start();
  let url = '';
  const connections = config.metrics || config.apiKeys.length > 0 ? new ConnectionCounts() : null;
  connections?.watch(io);
  const pageUrl = () => config.publicUrl ?? `${url}${settings.base_path}`;
  const rest = await createRest(services, { commits, userConnections, webhooks, connections, pageUrl });
  commits.upkeep.begin();
  const metrics = await createMetrics(services, { commits, connections, uploads, webhooks });
  url = await listen(http, config).catch(async (error: unknown) => {
    await metrics?.close();
    throw error;
  });
  // Until now nobody could be heard. The grace times of a JSON store begin when it is read.
  if (config.store.kind === 'json') hearing.add(services.now() - process.uptime() * 1000, services.now());
  return {
    url,
    metricsUrl: metrics?.url ?? null,
    renewCertificate,
    async close() {
      isStopping = true;
      http.close();
      commits.background.leave();
      // Clients of a server of one node could only wait for it.
      if (config.store.kind === 'redis') await reconciliation.dismiss((settings.shutdown_seconds * 1000) / 2);
      reconciliation.close();
      hearing.close();
      await rest?.close();
      services.users?.close();
      await dispatcher.close();
      await io.close();
      await cluster.leave().catch((error: unknown) => log.warn({ err: error }, 'the lease runs out by itself'));
      await uploads?.close();
      await services.recordings?.close();
      await store.close();
      await webhooks?.close();
      await records?.close();
      // Those of chats alone, if there was one.
      const chats = await services.chatRecords?.made?.catch(() => null);
      if (chats !== records) await chats?.close();
      await cluster.close();
      await metrics?.close();
    },
  };
}

interface RestParts {
  readonly commits: Commits;
  readonly userConnections: UserConnections;
  readonly webhooks: Webhooks | null;
  readonly connections: ConnectionCounts | null;
  /** The URL of the page. */
  readonly pageUrl: () => string;
}

/** The REST API, which is loaded only where there are keys for it. */
async function createRest(services: Services, { commits, userConnections, webhooks, connections, pageUrl }: RestParts) {
  const { config, records } = services;
  if (config.apiKeys.length === 0 || !records || !webhooks || !connections) return null;
  const { Rest } = await import('./rest/rest.ts');
  return new Rest({
    services,
    commits,
    userConnections,
    records,
    webhooks,
    links: createLinks(services.tokens, services.now, pageUrl),
    reports: new NodeReports(services, connections),
    url: () => `${pageUrl()}api/v1`,
  });
}

/** The uploads of recordings, which are loaded only where there are any. */
async function createUploads(
  { config, recordings, tokens, now, log, measurements }: Services,
  begin: ReturnType<typeof beginPartRequest>,
) {
  if (!recordings) return null;
  const { Uploads } = await import('./recordings/uploads.ts');
  return new Uploads({
    recordings,
    begin,
    readToken: (token) => tokens.readUpload(token, now()),
    readDownload: (token) => tokens.readDownload(token, now()),
    mayConnect: originCheck(config.corsOrigins),
    onRefused: (limit) => measurements.refused.add(limit),
    log,
  });
}

/** The metrics, which are loaded only where somebody wants them. */
async function createMetrics(
  services: Services,
  {
    commits,
    connections,
    uploads,
    webhooks,
  }: {
    commits: Commits;
    connections: ConnectionCounts | null;
    uploads: Uploads | null;
    webhooks: Webhooks | null;
  },
) {
  const { metrics } = services.config;
  if (!metrics || !connections) return null;
  const { serveMetrics } = await import('./metrics/serve.ts');
  return serveMetrics(services, metrics, {
    connections,
    uploads,
    webhooks,
    seatsInGrace: () => commits.meter.seatsInGrace,
  });
}

/** Webhooks; null where there are no records that could keep what is to be delivered. */
async function openWebhooks(services: Services): Promise<Webhooks | null> {
  const { records } = services;
  return records && (await import('./webhooks/webhooks.ts')).openWebhooks({ ...services, records });
}

/** The fast path of relays; null where all take the ordinary way. */
function createFastPath(services: Services, locations: SeatLocations, versions: KnownVersions) {
  const { cluster, config } = services;
  const { relay_path, max_payload_bytes } = config.settings;
  if (relay_path === 'ordinary' || !versions.isKnown('fastPath')) return null;
  return new FastPath(locations, cluster.relayChannel, max_payload_bytes, services);
}
