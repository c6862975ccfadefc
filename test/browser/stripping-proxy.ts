import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * A proxy that serves a server on this machine under a path. It strips the path, so the server does not know it.
 * @param path with a slash at its beginning and none at its end
 * @returns the URL of the path
 */
export async function strippingProxy(target: string, path: string): Promise<string> {
  const port = Number(new URL(target).port);
  const inside = (url = '') => url.slice(path.length) || '/';
  const server = createServer((asked, answer) => {
    if (!asked.url?.startsWith(`${path}/`)) {
      answer.writeHead(404).end();
      return;
    }
    const { method, headers } = asked;
    const upstream = request({ port, host: '127.0.0.1', path: inside(asked.url), method, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(answer);
    });
    upstream.on('error', () => answer.destroy());
    asked.pipe(upstream);
  });
  server.on('upgrade', (asked, client, head) => {
    const upstream = connect(port, '127.0.0.1', () => {
      const { rawHeaders } = asked;
      const lines = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? `${name}: ${rawHeaders[index + 1]}` : []));
      upstream.write([`GET ${inside(asked.url)} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
      upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://localhost:${(server.address() as AddressInfo).port}${path}/`;
}
