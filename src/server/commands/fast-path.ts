import type { Socket as TcpSocket } from 'node:net';
import type { Socket } from 'socket.io';
import { WebSocket } from 'ws';
import type { Claims } from '../auth/tokens.ts';
import type { RelayChannel } from '../cluster.ts';
import type { Connection } from '../transport/connection.ts';
import { type EngineConnection, webSocketOf } from '../transport/engine.ts';
import { installedVersion } from '../transport/installed-version.ts';
import { seatRoom } from '../transport/seat-rooms.ts';
import type { SeatLocations } from '../workspaces/seat-locations.ts';
import type { RelayName } from './handler.ts';
import { relays } from './index.ts';

// The one fast path, for what calls are made of: offers, answers and candidates.
//
// A packet that is exactly as JSON.stringify writes it needs not be parsed in order to be checked, nor made anew in
// order to be sent. What stands before the body (who sends to whom, with what proof) is the same from one packet to the
// next: it is parsed and verified once, and then only compared. The body has to match a regular expression, and is
// handed on as it came, in a frame that is written past Socket.IO and Engine.IO; or, where the target is at another node,
// past the adapter to that node, which writes the frame.
//
// What must stay true: whatever is not exactly so goes the ordinary way, untouched; each check of the ordinary way is
// made here too, for each packet; and the target gets the very bytes that it would have got on the ordinary way.

/** Where packets and frames are known to be as they are made here. Others may encode, queue or compress otherwise. */
const KNOWN_VERSIONS = {
  'socket.io': '4.8',
  'socket.io-parser': '4.2',
  'socket.io-adapter': '2.5',
  '@socket.io/redis-adapter': '8.3',
  'engine.io': '6.6',
  ws: '8',
};

/** Why there is no shortcut: the first package of another version than those it was tested with; null where it is. */
export function unknownPackage(versionOf: (name: string) => string = installedVersion): string | null {
  for (const [name, known] of Object.entries(KNOWN_VERSIONS)) {
    const version = versionOf(name);
    if (!version.startsWith(`${known}.`)) return `${name} ${version}`;
  }
  return null;
}

const CHARACTERS = String.raw`[ !#-[\]-~]*`;
const TEXT = `"${CHARACTERS}"`;
const LINES = String.raw`"${CHARACTERS}(?:\\[bfnrt"\\]${CHARACTERS})*"`;
const NUMBER = String.raw`(?:0|[1-9]\d{0,8})`;
const optional = (name: string, value: string) => `(?:,"${name}":${value})?`;

/**
 * What the two call their body, and how it reads up to the end of the packet: as JSON.stringify writes it, with its
 * members in the order of their schemas, then the marks of the client library.
 */
const bodies: Record<RelayName, { member: string; form: RegExp }> = {
  icecandidate: {
    member: 'candidate',
    form: new RegExp(
      `^\\{"candidate":${TEXT}${optional('sdpMid', `(?:${TEXT}|null)`)}` +
        `${optional('sdpMLineIndex', `(?:${NUMBER}|null)`)}${optional('usernameFragment', `(?:${TEXT}|null)`)}` +
        `${optional('tag', TEXT)}\\}\\}\\]$`,
    ),
  },
  negotiation: {
    member: 'message',
    form: new RegExp(
      '^\\{"type":"(?:offer|answer)","data":\\{(?:"type":"(?:offer|answer|pranswer|rollback)",)?' +
        `"sdp":${LINES}${optional('tag', TEXT)}${optional('number', NUMBER)}` +
        `${optional('answers', `\\{"tag":${TEXT},"number":${NUMBER}\\}`)}\\}\\}\\}\\]$`,
    ),
  },
};

/** What stands before the body of a relay, opened once. */
interface RelayHeader {
  /** Its text, from the name of the event up to the body. */
  readonly text: string;
  readonly form: RegExp;
  readonly claims: Claims;
  /** The rooms of the sender's seat and of the target's. */
  readonly from: string;
  readonly to: string;
  /** What stands before the body in the event that the target gets. */
  readonly opening: string;
}

/** Of one connection. A mesh has no more people than half of it: each gets candidates and descriptions. */
const MAX_RELAY_HEADERS = 20;

/** Characters; an access token has some 150 of them. */
const MAX_RELAY_HEADER_LENGTH = 1024;

/** The types of packet of Engine.IO (4) and Socket.IO (2). */
const EVENT_MESSAGE = '42';
const EVENT = '2'.charCodeAt(0);
const [ZERO, NINE] = ['0'.charCodeAt(0), '9'.charCodeAt(0)];

/** The fast path of relays, past Socket.IO. */
export class FastPath {
  readonly #locations: SeatLocations;
  readonly #across: RelayChannel | null;
  readonly #maxBytes: number;
  readonly #now: () => number;
  readonly #writers = new FrameWriters();
  readonly #headers = new WeakMap<Connection, readonly RelayHeader[]>();

  /**
   * @param across the way to other nodes, where there are any
   * @param maxBytes that a command may have
   * @param now the clock, in ms since the epoch
   */
  constructor(locations: SeatLocations, across: RelayChannel | null, maxBytes: number, now: () => number) {
    this.#locations = locations;
    this.#across = across;
    this.#maxBytes = maxBytes;
    this.#now = now;
  }

  /**
   * Hands on what a client has sent. It must not be asked while something that came before is still on its way through
   * Socket.IO.
   * @returns false where nothing was done, and the packet has to go the ordinary way
   */
  take(connection: Connection, packet: unknown): boolean {
    if (typeof packet !== 'string') return false;
    if (packet.charCodeAt(0) !== EVENT || packet.length > this.#maxBytes) return false;
    const start = endOfDigits(packet, 1);
    const ack = packet.slice(1, start);
    if (!isPlainNumber(ack)) return false;
    const header = this.#headerOf(connection, packet, start);
    if (!header) return false;
    const now = this.#now();
    const { socket, queue, rate } = connection;
    const isSeated = header.claims.expiresAt > now && socket.connected && socket.rooms.has(header.from);
    if (!isSeated || queue.waiting > 0) return false;
    const body = packet.slice(start + header.text.length);
    if (!header.form.test(body)) return false;
    const target = this.#locations.holderOf(header.to);
    const writer = target && this.#writers.freeTo(target);
    const across = target || !this.#locations.isElsewhere(header.to) ? null : this.#across;
    const back = ack === '' ? null : this.#writers.freeTo(socket);
    if (!(writer || across) || (ack !== '' && !back)) return false;
    // The rate comes last: who is refused here is refused, and counted, on the ordinary way.
    if (rate.take(now) > 0) return false;
    if (writer) this.#writers.send(writer, EVENT_MESSAGE + header.opening + body);
    else across?.send(header.to, header.opening + body);
    if (back) this.#writers.send(back, `43${ack}[{"ok":true}]`);
    return true;
  }

  /**
   * Hands on what another node has sent to a seat that is held here.
   * @param event its JSON, a character a byte
   * @returns false where nothing was done, and it has to go the ordinary way
   */
  deliver(room: string, event: string): boolean {
    const writer = this.#locations.isHeldByOne(room) ? this.#writerOf(room) : null;
    if (writer) this.#writers.send(writer, EVENT_MESSAGE + event);
    return writer !== null;
  }

  #writerOf(room: string): FrameWriter | null {
    const holder = this.#locations.holderOf(room);
    return holder && this.#writers.freeTo(holder);
  }

  #headerOf(connection: Connection, packet: string, start: number): RelayHeader | null {
    const known = this.#headers.get(connection) ?? [];
    const found = known.find(({ text }) => packet.slice(start, start + text.length) === text);
    if (found) return found;
    const opened = open(connection, packet, start);
    if (opened) this.#headers.set(connection, [...known.slice(1 - MAX_RELAY_HEADERS), opened]);
    return opened;
  }
}

function endOfDigits(text: string, start: number): number {
  let end = start;
  for (let code = text.charCodeAt(end); code >= ZERO && code <= NINE; code = text.charCodeAt(end)) end += 1;
  return end;
}

/** Whether an ack, if there is one, is a number that JavaScript writes with these very digits. */
function isPlainNumber(ack: string): boolean {
  return ack.length <= 1 || (ack.length <= 15 && ack.charCodeAt(0) !== ZERO);
}

/** Opens an envelope, if what it says is right. Its token must have been verified on this connection. */
function open(connection: Connection, packet: string, start: number): RelayHeader | null {
  const name = relayNames.find((each) => packet.startsWith(`["${each}",`, start));
  if (!name) return null;
  const { member, form } = bodies[name];
  const marker = `,"${member}":`;
  const end = packet.indexOf(marker, start) + marker.length;
  if (end < start + marker.length || end - start > MAX_RELAY_HEADER_LENGTH) return null;
  // A copy, because a part of a string keeps the whole of it in memory.
  const text = Buffer.from(packet.slice(start, end)).toString();
  // With a body it is a whole packet: what follows the marker is the value of that member, and nothing else.
  const payload = payloadOf(`${text}null}]`);
  const claims = connection.verified(payload?.accessToken);
  if (!claims || Buffer.byteLength(text) !== text.length) return null;
  const { workspace, attendee, broadcaster } = payload ?? {};
  if (workspace?.id !== claims.workspace || broadcaster?.id !== claims.attendee || typeof attendee?.id !== 'string') {
    return null;
  }
  const notice = JSON.stringify(relays[name](claims, payload as never));
  if (!notice.endsWith(NO_BODY)) return null;
  return {
    text,
    form,
    claims,
    from: seatRoom(claims.workspace, claims.attendee),
    to: seatRoom(claims.workspace, attendee.id),
    opening: `["${name}",${notice.slice(0, -NO_BODY.length)}`,
  };
}

const relayNames = Object.keys(bodies) as RelayName[];

/** How a notice ends whose body, its last member, is null. */
const NO_BODY = 'null}';

interface Head {
  workspace?: { id?: unknown };
  attendee?: { id?: unknown };
  broadcaster?: { id?: unknown };
  accessToken?: unknown;
}

/** The payload of an event with one payload; null where it is none, or no JSON. */
function payloadOf(event: string): Head | null {
  try {
    const [, payload, ...more] = JSON.parse(event);
    return more.length === 0 ? payload : null;
  } catch {
    return null;
  }
}

/** The way to a client's WebSocket past Engine.IO, open as long as nothing of Engine.IO waits that would come before. */
class FrameWriter {
  readonly #connection: EngineConnection;
  readonly #webSocket: WebSocket;
  readonly #tcp: TcpSocket;
  /** Frames that leave together, in one system call; a character a byte. */
  #frames = '';

  constructor(connection: EngineConnection, webSocket: WebSocket) {
    this.#connection = connection;
    this.#webSocket = webSocket;
    this.#tcp = (webSocket as unknown as { _socket: TcpSocket })._socket;
    // What Engine.IO is about to send comes after these.
    connection.on('flush', () => this.flush());
  }

  /** Whoever reads too slowly gets the rest from Engine.IO, where what waits is bounded. */
  get isFree(): boolean {
    const { readyState, writeBuffer, transport } = this.#connection as unknown as {
      readyState: string;
      writeBuffer: unknown[];
      transport: { writable: boolean };
    };
    const isIdle = readyState === 'open' && writeBuffer.length === 0 && transport.writable;
    return isIdle && this.#webSocket.readyState === WebSocket.OPEN && !this.#tcp.writableNeedDrain;
  }

  /** @returns whether it is the first that waits */
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

class FrameWriters {
  readonly #writers = new WeakMap<EngineConnection, FrameWriter>();
  #waiting: FrameWriter[] = [];

  /** The writer to a client, if it has a WebSocket and may be sent something now. */
  freeTo({ conn }: Socket): FrameWriter | null {
    const writer = this.#writers.get(conn) ?? this.#open(conn);
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

  #open(connection: EngineConnection): FrameWriter | null {
    const webSocket = webSocketOf(connection.transport);
    if (!webSocket) return null;
    const writer = new FrameWriter(connection, webSocket);
    this.#writers.set(connection, writer);
    return writer;
  }
}

/** A text message of ASCII as one frame of a server (RFC 6455, 5.2), a character a byte. */
function frameOf(message: string): string {
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
