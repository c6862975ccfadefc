import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import type { CommandName, CommandPayload, Reply } from '../../src/protocol/types.ts';

/** Two clients of a server, of which one sends to the other. As cheap as can be: what is measured is the server. */
export interface Pair {
  /** Sends a message that was made before. */
  send(message: string): void;
  /** Called for each message that arrives. */
  onArrival: () => void;
  close(): void;
}

export interface Relay {
  name: string;
  /** The server's program, and what its environment has. */
  program: string;
  env?: Record<string, string>;
  /** What is sent for a candidate or an offer, and a pair to send it with. */
  connect(url: string): Promise<{ pair: Pair; message(payload: object): string }>;
}

async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'), { perMessageDeflate: false });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}

function pairOf(sender: WebSocket, receiver: WebSocket, isMessage: (data: Buffer) => boolean): Pair {
  const pair: Pair = {
    send: (message) => sender.send(message),
    onArrival: () => {},
    close() {
      sender.terminate();
      receiver.terminate();
    },
  };
  receiver.on('message', (data: Buffer) => {
    if (isMessage(data)) pair.onArrival();
  });
  return pair;
}

/** A connection of Socket.IO 4 over WebSocket, at the level of frames; the heartbeat is answered. */
async function openSocketIo(url: string): Promise<WebSocket> {
  const socket = await open(`${url}/socket.io/?EIO=4&transport=websocket`);
  socket.on('message', (data: Buffer) => {
    if (data.length === 1 && data[0] === 0x32) socket.send('3');
  });
  const connected = new Promise<void>((resolve) =>
    socket.on('message', (data: Buffer) => {
      if (data[0] === 0x34 && data[1] === 0x30) resolve();
    }),
  );
  socket.send('40');
  await connected;
  return socket;
}

/** An event of Socket.IO, in a message of Engine.IO. */
const isEvent = (data: Buffer) => data[0] === 0x34 && data[1] === 0x32;

function ask<Name extends CommandName>(
  socket: WebSocket,
  name: Name,
  payload: CommandPayload<Name>,
): Promise<Reply<Name> & { ok: true }> {
  return new Promise((resolve, reject) => {
    const onMessage = (data: Buffer) => {
      const text = data.toString();
      if (!text.startsWith('430')) return;
      socket.off('message', onMessage);
      const [reply] = JSON.parse(text.slice(3));
      if (reply.ok) resolve(reply);
      else reject(new Error(reply.error.message));
    };
    socket.on('message', onMessage);
    socket.send(`420${JSON.stringify([name, payload])}`);
  });
}

const ours: Relay['connect'] = async (url) => {
  const [sender, receiver] = [await openSocketIo(url), await openSocketIo(url)];
  const ada = await ask(sender, 'create', { workspace: {}, attendee: {} });
  const bob = await ask(receiver, 'attend', { workspace: { token: ada.workspace.token }, attendee: {} });
  const head = {
    workspace: { id: ada.workspace.id },
    attendee: { id: bob.attendee.id },
    broadcaster: { id: ada.attendee.id },
    accessToken: ada.accessToken,
  };
  return {
    pair: pairOf(sender, receiver, isEvent),
    message: (payload) =>
      `42${JSON.stringify('sdp' in payload ? ['negotiation', { ...head, message: { type: 'offer', data: payload } }] : ['icecandidate', { ...head, candidate: payload }])}`,
  };
};

const newName = () => `peer-${randomUUID()}`;

export const relays: Relay[] = [
  {
    name: 'bare ws',
    program: 'bench/relay/servers/bare-ws.ts',
    async connect(url) {
      const [from, to] = [newName(), newName()];
      const [sender, receiver] = [await open(`${url}/${from}`), await open(`${url}/${to}`)];
      return {
        pair: pairOf(sender, receiver, () => true),
        message: (payload) => JSON.stringify({ to, type: 'CANDIDATE', payload }),
      };
    },
  },
  {
    name: 'bare Socket.IO',
    program: 'bench/relay/servers/bare-socketio.ts',
    async connect(url) {
      const [from, to] = [newName(), newName()];
      const [sender, receiver] = [await openSocketIo(url), await openSocketIo(url)];
      sender.send(`42${JSON.stringify(['hello', from])}`);
      receiver.send(`42${JSON.stringify(['hello', to])}`);
      return {
        pair: pairOf(sender, receiver, isEvent),
        message: (payload) => `42${JSON.stringify(['candidate', { attendee: { id: to }, candidate: payload }])}`,
      };
    },
  },
  { name: 'this server', program: 'dist/src/main.js', connect: ours },
];
