import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A proxy that clients can reach. */
export interface RunningProxy {
  url: string;
  /** Ends every connection at once, without a goodbye. */
  cut(): void;
}

/** Has a proxy listen on a free port until the test ends. @param sockets its open connections */
export async function listening(server: Server, sockets: ReadonlySet<Socket>): Promise<RunningProxy> {
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
