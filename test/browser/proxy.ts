import { connect, createServer, type Socket } from 'node:net';
import { listening, type RunningProxy } from '../support/proxy-listening.ts';

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
  return listening(server, sockets);
}
