import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type EngineVersion, frame, upgradeRequest } from './websocket.ts';

// TCP connections without a library in between, also for programs that are no tests: they close what they open.

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
  /** Takes in what comes from now on, and drops it. */
  forget(): void;
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
  const remember = (bytes: Buffer) => {
    received = (received + bytes.toString('latin1')).slice(-REMEMBERED);
    look();
  };
  socket.on('data', remember);
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
    look();
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
    forget: () => {
      socket.off('data', remember).resume();
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
