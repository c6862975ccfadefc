import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Random } from '../../client/random.ts';
import type { Node } from '../cluster.ts';

/** A load balancer for one client: it keeps to one node while that lives, else it takes another. @returns its URL */
export async function startStickyBalancer(nodes: readonly Node[], random: Random): Promise<string> {
  let node = random.pick(nodes);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const living = nodes.filter((each) => each.living);
    if (!node.living && living.length > 0) node = random.pick(living);
    const there = connect({ host: '127.0.0.1', port: Number(new URL(node.url).port), noDelay: true });
    for (const [socket, other] of [
      [client, there],
      [there, client],
    ] as const) {
      sockets.add(socket);
      socket
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
      socket.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
