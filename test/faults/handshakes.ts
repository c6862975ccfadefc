import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type EngineVersion, upgradeRequest } from './websocket.ts';

// Unfinished handshakes: clients begin to connect, then vanish without closing.

/** Opens a TCP connection, writes the text, and resets the connection: at once, or after the first bytes of an answer. */
async function writeAndVanish(url: string, text: string, isAnswered: boolean): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket: Socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => {});
  await once(socket, 'connect');
  await new Promise((resolve) => socket.write(text, resolve));
  if (isAnswered) await Promise.race([once(socket, 'data'), once(socket, 'close')]);
  socket.resetAndDestroy();
}

/** A request to Engine.IO's polling. @returns the body of the answer */
async function poll(url: string, query: string, body?: string): Promise<string> {
  const method = body === undefined ? 'GET' : 'POST';
  const headers = { 'content-type': 'text/plain;charset=UTF-8' };
  const sent = request(`${url}/socket.io/?transport=polling&${query}`, { method, headers, agent: false });
  sent.end(body);
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return text;
}

/** Connects by polling, sends packets of Socket.IO, and never polls again. */
export async function pollAndVanish(url: string, engine: EngineVersion, packets: readonly string[]): Promise<void> {
  const opened = await poll(url, `EIO=${engine}`);
  const [, sid = ''] = /"sid":"([^"]+)"/.exec(opened) ?? [];
  for (const packet of packets) {
    await poll(url, `EIO=${engine}&sid=${sid}`, engine === 4 ? packet : `${packet.length}:${packet}`);
  }
}

/** Handshakes that stop at each of their steps. */
export const unfinishedHandshakes: readonly ((url: string) => Promise<void>)[] = [
  (url) => writeAndVanish(url, '', false),
  (url) => writeAndVanish(url, 'GET /socket.io/?EIO=4&transport=pol', false),
  (url) => writeAndVanish(url, upgradeRequest(url, 4).slice(0, -2), false),
  (url) => writeAndVanish(url, upgradeRequest(url, 4), false),
  (url) => writeAndVanish(url, upgradeRequest(url, 4), true),
  (url) => writeAndVanish(url, upgradeRequest(url, 3), true),
  (url) => writeAndVanish(url, `${upgradeRequest(url, 4)}half a frame`, true),
  (url) => pollAndVanish(url, 4, []),
  (url) => pollAndVanish(url, 3, []),
  (url) => pollAndVanish(url, 4, ['40']),
];
