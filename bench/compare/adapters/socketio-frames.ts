import type { WebSocket } from 'ws';
import { answer, beginningWith, open } from './adapter.ts';

// Socket.IO 4 over WebSocket, at the level of its messages: a digit of Engine.IO, a digit of Socket.IO, JSON.

const PING = 0x32;

/** A connection to the default namespace, which answers heartbeats. */
export async function openSocketIo(url: string): Promise<WebSocket> {
  const socket = await open(`${url}/socket.io/?EIO=4&transport=websocket`);
  socket.on('message', (data: Buffer) => {
    if (data.length === 1 && data[0] === PING) socket.send('3');
  });
  const connected = answer(socket, '40');
  socket.send('40');
  await connected;
  return socket;
}

/** @param ack the id of the ack; without one the server sends no answer */
export function event(name: string, payload: unknown, ack: number | '' = ''): string {
  return `42${ack}${JSON.stringify([name, payload])}`;
}

export const isRelayed = beginningWith('42["icecandidate"', '42["negotiation"');
