import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A network between clients and a server that a test can take away. */
export interface CuttingProxy {
  url: string;
  /** Ends every connection at once, without a goodbye. */
  cut(): void;
  /** Ends every connection, and lets nobody connect for a while. @param ms the length of the while */
  away(ms: number): Promise<void>;
}

/** @param target the URL of a server on this machine */
export async function cuttingProxy(target: string): Promise<CuttingProxy> {
  const { port } = new URL(target);
  const sockets = new Set<Socket>();
  let isAway = false;
  const server = createServer((client) => {
    if (isAway) {
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
      socket.pipe(other);
    }
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
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    cut,
    async away(ms) {
      isAway = true;
      cut();
      await new Promise((resolve) => setTimeout(resolve, ms));
      isAway = false;
    },
  };
}
