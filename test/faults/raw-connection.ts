import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client frame (RFC 6455): text, whole, masked with zeros, which leave it as it is. */
export function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  const { length } = payload;
  const size = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + size + 4);
  head[0] = 0x81;
  head[1] = 0x80 | (size === 0 ? length : size === 2 ? 126 : 127);
  if (size === 2) head.writeUInt16BE(length, 2);
  if (size === 8) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

/** A command as Socket.IO sends it in an Engine.IO message, with an ack where it has a number. */
export function event(name: string, payload: unknown, ack?: number): string {
  return `42${ack ?? ''}${JSON.stringify([name, payload])}`;
}

/**
 * A Socket.IO connection as cheap as bytes on TCP, for sending more than a client library could. It takes in what comes
 * and drops it; the heartbeat is left to the caller.
 */
export async function rawConnection(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\n` +
      'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if (!answer.toString('latin1').startsWith('HTTP/1.1 101')) throw new Error(`refused: ${answer.toString('latin1')}`);
  socket.write(frame('40'));
  // An event before the namespace has answered would be a protocol violation.
  for (let received = answer; !received.includes('40{"sid"'); )
    received = Buffer.concat([received, ...(await once(socket, 'data'))]);
  socket.resume();
  return socket;
}
