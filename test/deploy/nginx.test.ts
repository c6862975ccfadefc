import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { generate } from 'selfsigned';
import { io, type Socket } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type BuiltServer, emptyFolder, production, run } from '../support/built-server.ts';
import { startBalancer, whyNoBalancer } from './balancer.ts';

const settings = { ...production, PORT: '0', HOST: '127.0.0.1', TRUST_PROXY: 'loopback', BCRYPT_COST: '4' };

/** As they begin and go on; those of the library itself are the default. */
const transports = { default: ['polling', 'websocket'], polling: ['polling'], webSocket: ['websocket'] };

interface Visit {
  transports?: string[];
  /** Headers with the client's claims about itself, such as its address. */
  headers?: Record<string, string>;
}

/** Addresses of the loopback, each somebody else to the balancer. */
const addresses = Array.from({ length: 30 }, (_, index) => `127.0.0.${index + 2}`);

/** Three nodes that know nothing of each other, so only a client that stays on one of them gets anywhere. */
async function startNodes(env: Record<string, string> = {}) {
  const folder = await emptyFolder();
  const nodes = [1, 2, 3].map(() => run(folder, { env: { ...settings, ...env }, probe: true }));
  const urls = await Promise.all(nodes.map((node) => node.listening()));
  return { nodes, urls };
}

/** Connects from an address. @throws whatever Socket.IO says when that fails */
async function connectFrom(address: string, url: string, visit: Visit = {}): Promise<Socket> {
  const { Agent } = url.startsWith('https:') ? https : http;
  const agent = new Agent({ localAddress: address, keepAlive: true });
  const socket = io(url, {
    transports: visit.transports ?? transports.default,
    extraHeaders: { ...visit.headers, origin: production.CORS_ORIGINS },
    forceNew: true,
    reconnection: false,
    // The certificates here are nobody's.
    rejectUnauthorized: false,
    // The types are those of browsers, which have no agents.
    ...({ agent } as object),
  });
  onTestFinished(() => {
    socket.close();
    agent.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    socket.on('connect', resolve);
    socket.on('connect_error', reject);
  });
  return socket;
}

/** Connects from an address and creates a workspace. */
async function visitFrom(address: string, url: string, visit: Visit = {}): Promise<Socket> {
  const socket = await connectFrom(address, url, visit);
  const reply = await socket.timeout(10_000).emitWithAck('create', { workspace: {}, attendee: {} });
  expect(reply).toMatchObject({ ok: true });
  return socket;
}

/** How the transport of a client is called once it has settled on one. */
function settled({ io: { engine } }: Socket): Promise<string> {
  return new Promise((resolve) => {
    if (engine.transport.name === 'websocket') resolve('websocket');
    engine.once('upgrade', ({ name }: { name: string }) => resolve(name));
  });
}

const connections = (nodes: BuiltServer[]) =>
  Promise.all(nodes.map(async (node) => (await node.measure()).connections));

const why = whyNoBalancer();
if (why) console.log(`Skipped: no test with nginx before nodes, since ${why}.`);

describe.skipIf(why !== null && process.env.CI !== 'true')('Behind nginx as deploy/nginx.conf has it', () => {
  it.each(['polling', 'webSocket'] as const)(
    'clients of %s alone connect from everywhere, to all nodes',
    async (how) => {
      const { nodes, urls } = await startNodes();
      const balancer = await startBalancer(urls);
      await Promise.all(addresses.map((address) => visitFrom(address, balancer, { transports: transports[how] })));
      const counts = await connections(nodes);
      expect(counts.reduce((sum, count) => sum + count)).toBe(addresses.length);
      expect(Math.min(...counts)).toBeGreaterThan(0);
    },
  );

  it('clients that begin with polling go over to WebSocket, on the node where they began', async () => {
    const { urls } = await startNodes();
    const balancer = await startBalancer(urls);
    for (const address of addresses.slice(0, 10)) {
      expect(await settled(await visitFrom(address, balancer))).toBe('websocket');
    }
  });

  it('all clients of one address come to one node', async () => {
    const { nodes, urls } = await startNodes();
    const balancer = await startBalancer(urls);
    for (const how of [transports.polling, transports.webSocket, transports.polling]) {
      await visitFrom('127.0.0.2', balancer, { transports: how });
    }
    expect((await connections(nodes)).sort()).toEqual([0, 0, 3]);
  });

  it('polling is refused where it is not sticky, and WebSocket is not', async () => {
    const { nodes, urls } = await startNodes();
    const balancer = await startBalancer(urls, { sticky: false });
    for (const address of addresses.slice(0, 3)) {
      await expect(connectFrom(address, balancer, { transports: transports.polling })).rejects.toMatchObject({
        description: 400,
      });
    }
    const before = await connections(nodes);
    // Four for each node: more than the three clients that the server is still about to disconnect.
    for (const address of addresses.slice(0, 12)) {
      await visitFrom(address, balancer, { transports: transports.webSocket });
    }
    const after = await connections(nodes);
    for (const [index, count] of after.entries()) expect(count).toBeGreaterThan(before[index] ?? 0);
  });

  it('a node that was killed is passed over, and those of the others notice nothing', async () => {
    const { nodes, urls } = await startNodes();
    const balancer = await startBalancer(urls);
    const visit = { transports: transports.polling };
    const former = await Promise.all(addresses.map((address) => visitFrom(address, balancer, visit)));
    const [killed, ...others] = nodes;
    const ofOthers = (await connections(others)).reduce((sum, count) => sum + count);
    const gone = former.map((socket) => new Promise<void>((resolve) => socket.on('disconnect', () => resolve())));
    killed?.kill('SIGKILL');
    await killed?.ended;
    await Promise.all(addresses.map((address) => visitFrom(address, balancer, visit)));
    const left = await connections(others);
    expect(left.reduce((sum, count) => sum + count)).toBe(ofOthers + addresses.length);
    // Its own clients hear of it at their next poll, and would connect anew.
    let heard = 0;
    await new Promise<void>((resolve) => {
      for (const each of gone) {
        each.then(() => {
          heard += 1;
          if (heard === addresses.length - ofOthers) resolve();
        });
      }
    });
    expect(former.filter(({ connected }) => connected)).toHaveLength(ofOthers);
  });

  it('nodes count by the address a client has, whatever it claims to have', async () => {
    const { urls } = await startNodes({ SEATLESS_CONNECTIONS_PER_ADDRESS: '1' });
    const balancer = await startBalancer(urls);
    const visit = { transports: transports.webSocket };
    await connectFrom('127.0.0.2', balancer, visit);
    for (const headers of [{}, { 'X-Forwarded-For': '192.0.2.1' }]) {
      await expect(connectFrom('127.0.0.2', balancer, { ...visit, headers })).rejects.toThrow();
    }
    for (const address of addresses.slice(1)) await connectFrom(address, balancer, visit);
  });

  it('clients of another proxy in front are told apart by what that proxy says, and by what nobody else says', async () => {
    const { nodes, urls } = await startNodes({ SEATLESS_CONNECTIONS_PER_ADDRESS: '1' });
    const balancer = await startBalancer(urls, { proxy: '127.0.0.2' });
    const claiming = (client: string) => ({
      transports: transports.webSocket,
      headers: { 'X-Forwarded-For': `198.51.100.9, ${client}` },
    });
    const clients = addresses.map((_, index) => `192.0.2.${index}`);
    for (const client of clients) await connectFrom('127.0.0.2', balancer, claiming(client));
    expect(Math.min(...(await connections(nodes)))).toBeGreaterThan(0);
    await expect(connectFrom('127.0.0.2', balancer, claiming('192.0.2.0'))).rejects.toThrow();

    await connectFrom('127.0.0.3', balancer, claiming('192.0.2.0'));
    await expect(connectFrom('127.0.0.3', balancer, claiming('192.0.2.200'))).rejects.toThrow();
  });

  it('clients connect over HTTPS and go over to WebSocket, with its lines about TLS', async () => {
    const { urls } = await startNodes();
    const tls = await generate([{ name: 'commonName', value: 'signal.example.com' }]);
    const balancer = await startBalancer(urls, { tls });
    expect(await settled(await visitFrom('127.0.0.2', balancer))).toBe('websocket');
  });

  it('nobody takes the nodes away from others with a request that is not answered', async () => {
    const { urls } = await startNodes();
    const balancer = await startBalancer(urls);
    const headers = { connection: 'upgrade', upgrade: 'websocket' };
    // To where no WebSocket is: the server closes the connection, and nginx asks the next one.
    const [response]: http.IncomingMessage[] = await once(http.get(`${balancer}/nothing`, { headers }), 'response');
    response?.resume();
    expect(response?.statusCode).toBe(502);
    await visitFrom('127.0.0.2', balancer, { transports: transports.polling });
  });
});
