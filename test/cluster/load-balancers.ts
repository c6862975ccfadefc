import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Address } from './cluster.ts';

// Load balancers before nodes, without sticky sessions.

/** Balances TCP connections round robin over the nodes that accept one. @returns the balancer's URL */
export async function startTcpBalancer(nodes: readonly Address[]): Promise<string> {
  const open = new Set<Socket>();
  let taken = 0;
  const server = createTcpServer(async (client) => {
    open.add(client);
    client.on('error', () => {}).on('close', () => open.delete(client));
    client.pause();
    for (const _ of nodes) {
      const node = nodes[taken % nodes.length];
      taken += 1;
      const behind = node && (await connected(node));
      if (!behind) continue;
      behind.on('error', () => {}).on('close', () => client.destroy());
      client.on('close', () => behind.destroy());
      behind.pipe(client);
      client.pipe(behind);
      return;
    }
    client.destroy();
  });
  onTestFinished(() => {
    for (const client of open) client.destroy();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function connected({ url }: Address): Promise<Socket | null> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) });
  return once(socket, 'connect').then(
    () => socket,
    () => null,
  );
}

/** Balances HTTP requests and WebSockets round robin over the nodes. @returns the balancer's URL */
export async function startRequestBalancer(nodes: readonly Address[]): Promise<string> {
  const agent = new Agent();
  let taken = 0;
  const next = () => {
    taken += 1;
    return Number(new URL(nodes[taken % nodes.length]?.url ?? '').port);
  };
  const server: Server = createServer((asked, answered) => {
    const { method, url: path, headers } = asked;
    const behind = request({ host: '127.0.0.1', port: next(), method, path, headers, agent }, (answer) => {
      answered.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(answered);
    });
    behind.on('error', () => answered.destroy());
    asked.pipe(behind);
  });
  server.on('upgrade', (asked, client) => {
    const behind = connect({ host: '127.0.0.1', port: next() });
    const lines = [`${asked.method} ${asked.url} HTTP/1.1`];
    for (let at = 0; at < asked.rawHeaders.length; at += 2) {
      lines.push(`${asked.rawHeaders[at]}: ${asked.rawHeaders[at + 1]}`);
    }
    behind.write(`${lines.join('\r\n')}\r\n\r\n`);
    behind.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('error', () => behind.destroy()).on('close', () => behind.destroy());
    behind.pipe(client);
    client.pipe(behind);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
