import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type EngineVersion, frame, upgradeRequest } from './websocket.ts';

// Connections without a library in between, over which anything at all can be sent.

/** Engine.IO over polling. */
export interface Polling {
  /** Where its requests go, its id included. */
  url: string;
  /** Sends packets as they are. @returns the status */
  post(body: string | Uint8Array<ArrayBuffer>, contentType?: string): Promise<number>;
  /** Waits for packets. */
  poll(signal?: AbortSignal): Promise<string>;
}

export async function openPolling(server: string, version: EngineVersion = 4): Promise<Polling> {
  const handshake = `${server}/socket.io/?EIO=${version}&transport=polling`;
  const text = await (await fetch(handshake)).text();
  const sid = /"sid":"([^"]+)"/.exec(text)?.[1];
  if (sid === undefined) throw new Error(`no handshake: ${text}`);
  const url = `${handshake}&sid=${sid}`;
  return {
    url,
    async post(body, contentType = 'text/plain;charset=UTF-8') {
      const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': contentType } });
      await response.text();
      return response.status;
    },
    poll: async (signal) => (await fetch(url, { signal: signal ?? null })).text(),
  };
}

/** More than comes in one piece, and not so much that looking through it takes long. */
const REMEMBERED = 200_000;

/** A TCP connection, and what came over it last. */
export interface Raw {
  socket: Socket;
  readonly received: string;
  readonly closed: boolean;
  /** Waits until this has come. @returns false: the connection was closed before */
  has(text: string): Promise<boolean>;
  write(bytes: string | Uint8Array): void;
  end(): void;
}

export async function openTcp(server: string): Promise<Raw> {
  const { hostname, port } = new URL(server);
  const socket = connect(Number(port), hostname);
  let received = '';
  let closed = false;
  const looking = new Set<() => void>();
  const look = () => {
    for (const each of looking) each();
  };
  socket.on('data', (bytes) => {
    received = (received + bytes.toString('latin1')).slice(-REMEMBERED);
    look();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
    look();
  });
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  return {
    socket,
    get received() {
      return received;
    },
    get closed() {
      return closed;
    },
    has: (text) =>
      new Promise((resolve) => {
        const check = () => {
          if (!received.includes(text) && !closed) return;
          looking.delete(check);
          resolve(received.includes(text));
        };
        looking.add(check);
        check();
      }),
    write: (bytes) => {
      if (socket.writable) socket.write(bytes);
    },
    end: () => socket.destroy(),
  };
}

/** Engine.IO over WebSocket, past the handshakes of both. */
export async function openWebSocket(server: string, version: EngineVersion = 4): Promise<Raw> {
  const raw = await openTcp(server);
  raw.write(upgradeRequest(server, version));
  if (!(await raw.has('"sid"'))) throw new Error(`no handshake: ${raw.received}`);
  return raw;
}

/** Socket.IO 4 over it, past its handshake too. */
export async function openSocketIo(server: string): Promise<Raw> {
  const raw = await openWebSocket(server);
  raw.write(frame({ payload: '40' }));
  if (!(await raw.has('40{"sid"'))) throw new Error(`not connected: ${raw.received}`);
  return raw;
}
