import type { Socket as TcpSocket } from 'node:net';
import { WebSocket } from 'ws';
import { ConnectionField } from './connection-field.ts';
import { type EngineConnection, webSocketOf } from './engine.ts';

// Text messages of ASCII, written as WebSocket frames (RFC 6455, 5.2) past Socket.IO, Engine.IO and ws.

/** What Engine.IO keeps of the state of a connection. */
interface EngineState {
  readonly readyState: string;
  readonly writeBuffer: readonly unknown[];
  readonly transport: { readonly writable: boolean };
}

interface Client {
  readonly connection: EngineState;
  readonly webSocket: WebSocket;
  readonly tcp: TcpSocket;
}

/** Writes to one client's WebSocket as long as nothing of Engine.IO waits that has to come before. */
export class FrameWriter {
  /** Null after the end: a route that remembers this writer must not keep the whole connection in memory. */
  #client: Client | null;
  /** Frames that leave together, in one system call; a character a byte. */
  #frames = '';

  constructor(connection: EngineConnection, webSocket: WebSocket) {
    const tcp = (webSocket as unknown as { _socket: TcpSocket })._socket;
    this.#client = { connection: connection as unknown as EngineState, webSocket, tcp };
  }

  /** Whether a frame may be written now. A client that reads too slowly is left to Engine.IO, where back-pressure is bounded. */
  get isFree(): boolean {
    if (!this.#client) return false;
    const { connection, webSocket, tcp } = this.#client;
    const { readyState, writeBuffer, transport } = connection;
    const isIdle = readyState === 'open' && writeBuffer.length === 0 && transport.writable;
    return isIdle && webSocket.readyState === WebSocket.OPEN && !tcp.writableNeedDrain;
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
    if (this.#client?.webSocket.readyState === WebSocket.OPEN) this.#client.tcp.write(frames, 'latin1');
  }

  end(): void {
    this.flush();
    this.#client = null;
  }
}

function flush(this: EngineConnection): void {
  writers.get(this)?.flush();
}

function end(this: EngineConnection): void {
  writers.get(this)?.end();
}

const writers = new ConnectionField<FrameWriter | null>(null);

/** The frame writer to a client; null where the client has no WebSocket. */
export function frameWriterTo(connection: EngineConnection): FrameWriter | null {
  const known = writers.get(connection);
  if (known) return known;
  const webSocket = webSocketOf(connection.transport);
  if (!webSocket) return null;
  const writer = new FrameWriter(connection, webSocket);
  writers.set(connection, writer);
  // Engine.IO emits `flush` when it is about to send, and its packets come after these frames.
  connection.on('flush', flush).on('close', end);
  return writer;
}

/** All frame writers, which write together at the end of each callback of the event loop. */
export class FrameWriters {
  #waiting: FrameWriter[] = [];

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
