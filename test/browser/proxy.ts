import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface RunningProxy {
  url: string;
  /** Ends every connection at once, without a goodbye. */
  cut(): void;
}

/**
 * A proxy before a server, which ends with the test.
 * @param target the URL of a server on this machine
 * @param carry has the bytes of a connection pass between the browser and the server
 * @param isAway whether the proxy lets nobody connect at present
 */
export async function startProxy(
  target: string,
  carry: (client: Socket, upstream: Socket) => void,
  isAway = () => false,
): Promise<RunningProxy> {
  const { port } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (isAway()) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(port), '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    carry(client, upstream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return { url: `http://localhost:${(server.address() as AddressInfo).port}`, cut };
}
