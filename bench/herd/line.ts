import { connect, type Socket } from 'node:net';

/** How long a connection may take until Engine.IO is open, ms: `timeout` of socket.io-client. */
const OPEN_MS = 20_000;

/** How long a server may be silent before the client gives the connection up, ms: two heartbeats of 10 s. */
const SILENCE_MS = 20_000;

/** A frame of WebSocket begins with this byte when it is a whole text. */
const TEXT = 0x81;

/** A key is not secret, so all connections have the same one (the example of RFC 6455, 1.3). */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** The end of the head of an HTTP response. */
const HEAD_END = '\r\n\r\n';

interface LineEvents {
  /** Socket.IO is connected. */
  onConnect(): void;
  /** An event or ack of Socket.IO: `42["name",...]`, `430[...]`. */
  onPacket(packet: string): void;
  /** The connection is lost, or never came. Called once. */
  onEnd(reason: string): void;
}

/**
 * A client of Socket.IO 4 over WebSocket, written on TCP with as little work as possible: thousands of them share two cores
 * with the server that they measure. It waits for the same answers as socket.io-client, and gives up after the same times.
 */
export class Line {
  readonly #socket: Socket;
  readonly #events: LineEvents;
  readonly #timer: NodeJS.Timeout;
  #isUpgraded = false;
  #isOver = false;
  #rest: Buffer | null = null;
  #heardAt = performance.now();

  /** @param from the address that it connects from: each has some 28,000 ports */
  constructor({ port, from }: { port: number; from: string }, events: LineEvents) {
    this.#events = events;
    this.#timer = setTimeout(() => this.#end('timeout'), OPEN_MS);
    this.#socket = connect({ host: '127.0.0.1', port, localAddress: from, noDelay: true });
    this.#socket.on('data', (bytes) => this.#read(bytes));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? error.message));
    this.#socket.on('close', () => this.#end('closed'));
    this.#socket.write(
      `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\n` +
        `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}${HEAD_END}`,
    );
  }

  /** Whether the server has been silent for longer than its heartbeats allow. */
  checkSilence(now: number): void {
    if (this.#isUpgraded && now - this.#heardAt > SILENCE_MS) this.#end('silence');
  }

  emit(name: string, payload: unknown, ack: number | '' = ''): void {
    this.#send(`42${ack}${JSON.stringify([name, payload])}`);
  }

  close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#socket.destroy();
  }

  #end(reason: string): void {
    if (this.#isOver) return;
    this.close();
    this.#events.onEnd(reason);
  }

  /** Masked with zeros, which leave the text as it is. */
  #send(text: string): void {
    if (this.#isOver) return;
    const length = Buffer.byteLength(text);
    const head = length < 126 ? 6 : 8;
    const frame = Buffer.alloc(head + length);
    frame[0] = TEXT;
    if (length < 126) frame[1] = 0x80 | length;
    else {
      frame[1] = 0x80 | 126;
      frame.writeUInt16BE(length, 2);
    }
    frame.write(text, head);
    this.#socket.write(frame);
  }

  #read(bytes: Buffer): void {
    this.#heardAt = performance.now();
    let unread = this.#rest ? Buffer.concat([this.#rest, bytes]) : bytes;
    this.#rest = null;
    if (!this.#isUpgraded) {
      const end = unread.indexOf(HEAD_END);
      if (end >= 0 && unread.toString('latin1', 9, 12) !== '101') {
        this.#end(unread.toString('latin1', 9, 12));
        return;
      }
      if (end >= 0) {
        this.#isUpgraded = true;
        unread = unread.subarray(end + HEAD_END.length);
      }
    }
    if (this.#isUpgraded) unread = this.#readFrames(unread);
    if (unread.length > 0 && !this.#isOver) this.#rest = unread;
  }

  /** @returns the beginning of a frame that is not whole yet */
  #readFrames(bytes: Buffer): Buffer {
    let at = 0;
    while (bytes.length - at >= 2) {
      const short = bytes[at + 1] ?? 0;
      if (bytes[at] !== TEXT || short > 126) {
        this.#end('closed by the server');
        break;
      }
      const head = short === 126 ? 4 : 2;
      if (bytes.length - at < head) break;
      const length = short === 126 ? bytes.readUInt16BE(at + 2) : short;
      if (bytes.length - at < head + length) break;
      this.#take(bytes.toString('utf8', at + head, at + head + length));
      at += head + length;
    }
    return bytes.subarray(at);
  }

  #take(packet: string): void {
    if (packet === '2') this.#send('3');
    else if (packet.startsWith('0')) this.#send('40');
    else if (packet.startsWith('40')) {
      clearTimeout(this.#timer);
      this.#events.onConnect();
    } else if (packet.startsWith('42') || packet.startsWith('43')) this.#events.onPacket(packet);
    else this.#end(packet.slice(0, 2));
  }
}
