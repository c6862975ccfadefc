import type { Socket as TcpSocket } from 'node:net';
import { WebSocket } from 'ws';
import { ConnectionField } from './connection-field.ts';
import { type EngineConnection, webSocketOf } from './engine.ts';

// Text messages of ASCII, written as WebSocket frames (RFC 6455, 5.2) past Socket.IO, Engine.IO and ws.

/** Writes to one client's WebSocket as long as nothing of Engine.IO waits that has to come before. */
export class FrameWriter {
  readonly #connection: EngineConnection;
  readonly #webSocket: WebSocket;
  readonly #tcp: TcpSocket;
  /** Frames that leave together, in one system call; a character a byte. */
  #frames = '';

  constructor(connection: EngineConnection, webSocket: WebSocket) {
    this.#connection = connection;
    this.#webSocket = webSocket;
    this.#tcp = (webSocket as unknown as { _socket: TcpSocket })._socket;
    // Engine.IO is about to send, and its packets come after these frames.
    connection.on('flush', () => this.flush());
  }

  /** Whether a frame may be written now. A client that reads too slowly is left to Engine.IO, where back-pressure is bounded. */
  get isFree(): boolean {
    const { readyState, writeBuffer, transport } = this.#connection as unknown as {
      readyState: string;
      writeBuffer: unknown[];
      transport: { writable: boolean };
    };
    const isIdle = readyState === 'open' && writeBuffer.length === 0 && transport.writable;
    return isIdle && this.#webSocket.readyState === WebSocket.OPEN && !this.#tcp.writableNeedDrain;
  }

  /** @returns whether it is the first frame that waits */
  add(frame: string): boolean {
    const isFirst = this.#frames === '';
    this.#frames += frame;
    return isFirst;
  }

  flush(): void {
    const frames = this.#frames;
    if (frames === '') return;
    this.#frames = '';
    if (this.#webSocket.readyState === WebSocket.OPEN) this.#tcp.write(frames, 'latin1');
  }
}

const writers = new ConnectionField<FrameWriter | null>(null);

/** The frame writers of all connections, which write together at the end of each callback of the event loop. */
export class FrameWriters {
  #waiting: FrameWriter[] = [];

  /** The writer to a client; null where it has no WebSocket, or no frame may be written now. */
  freeTo(connection: EngineConnection): FrameWriter | null {
    const writer = writers.get(connection) ?? create(connection);
    return writer?.isFree ? writer : null;
  }

  /** Sends a message in ASCII, together with all others that are sent before the event loop goes on. */
  send(writer: FrameWriter, message: string): void {
    if (!writer.add(frameOf(message))) return;
    if (this.#waiting.length === 0) process.nextTick(this.#flush);
    this.#waiting.push(writer);
  }

  readonly #flush = () => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const writer of waiting) writer.flush();
  };
}

function create(connection: EngineConnection): FrameWriter | null {
  const webSocket = webSocketOf(connection.transport);
  if (!webSocket) return null;
  const writer = new FrameWriter(connection, webSocket);
  writers.set(connection, writer);
  return writer;
}

/** A text message of ASCII as one unmasked frame of a server (RFC 6455, 5.2), a character a byte. */
export function frameOf(message: string): string {
  const { length } = message;
  if (length < 126) return `\x81${bytesOf(length, 1)}${message}`;
  if (length < 65_536) return `\x81\x7e${bytesOf(length, 2)}${message}`;
  return `\x81\x7f${bytesOf(length, 8)}${message}`;
}

/** A number in network order, a character a byte. */
function bytesOf(value: number, bytes: 1 | 2 | 8): string {
  if (bytes === 1) return String.fromCharCode(value);
  if (bytes === 2) return String.fromCharCode(value >> 8, value & 0xff);
  return `\0\0\0\0${bytesOf(value >>> 16, 2)}${bytesOf(value & 0xffff, 2)}`;
}
