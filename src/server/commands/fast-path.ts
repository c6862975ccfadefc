import type { Claims } from '../auth/tokens.ts';
import type { RelayChannel } from '../cluster.ts';
import type { Connection } from '../transport/connection.ts';
import { ConnectionField } from '../transport/connection-field.ts';
import { type FrameWriter, FrameWriters } from '../transport/frame-writer.ts';
import { seatRoom } from '../transport/seat-rooms.ts';
import type { SeatLocations } from '../workspaces/seat-locations.ts';
import type { RelayName } from './handler.ts';
import { relays } from './index.ts';

// The fast path of relays. Calls are made of them: offers, answers and candidates.
//
// The server neither parses nor rebuilds a packet that is exactly as JSON.stringify writes it. The header of a relay
// (sender, target and access token) is the same from one packet to the next: the server parses and verifies it once, and
// then only compares it. The body has to match a regular expression. The server writes it as it came, in a frame past
// Socket.IO and Engine.IO. If the target is at another node, the packet goes past the adapter to that node, which writes
// the frame.
//
// These must stay true: any other packet takes the ordinary way, untouched; the fast path makes each check of the ordinary
// way, for each packet; and the target gets the very bytes that it would have got on the ordinary way.

const CHARACTERS = String.raw`[ !#-[\]-~]*`;
const TEXT = `"${CHARACTERS}"`;
const LINES = String.raw`"${CHARACTERS}(?:\\[bfnrt"\\]${CHARACTERS})*"`;
const NUMBER = String.raw`(?:0|[1-9]\d{0,8})`;
const optional = (name: string, value: string) => `(?:,"${name}":${value})?`;

/**
 * The member that holds the body of each relay, and the form of the body up to the end of the packet: as JSON.stringify
 * writes it, with its members in the order of their schemas, then the marks of the client library.
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

/** The part of a relay before its body, parsed and verified once. */
interface RelayHeader {
  /** Its text, from the name of the event up to the body. */
  readonly text: string;
  readonly form: RegExp;
  readonly claims: Claims;
  /** The rooms of the sender's seat and of the target's. */
  readonly from: string;
  readonly to: string;
  /** The part before the body in the event that the target gets. */
  readonly prefix: string;
}

/** The headers of the relays that a connection has sent. It has verified the token of each. */
const headers = new ConnectionField<readonly RelayHeader[]>([]);

/** Headers that one connection keeps. A mesh has at most half as many people: each gets candidates and descriptions. */
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
  readonly #relayChannel: RelayChannel | null;
  readonly #maxBytes: number;
  readonly #now: () => number;
  readonly #writers = new FrameWriters();

  /**
   * @param relayChannel the way to other nodes, where there are any
   * @param maxBytes that a command may have
   * @param now the clock, in ms since the epoch
   */
  constructor(locations: SeatLocations, relayChannel: RelayChannel | null, maxBytes: number, now: () => number) {
    this.#locations = locations;
    this.#relayChannel = relayChannel;
    this.#maxBytes = maxBytes;
    this.#now = now;
  }

  /**
   * Relays a packet of a client. The caller must not ask while an earlier packet of that client is on its way through
   * Socket.IO.
   * @returns false if the packet has to take the ordinary way; nothing was done then
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
    const writer = target && this.#writers.freeTo(target.conn);
    const relayChannel = target || !this.#locations.isElsewhere(header.to) ? null : this.#relayChannel;
    const back = ack === '' ? null : this.#writers.freeTo(socket.conn);
    if (!(writer || relayChannel) || (ack !== '' && !back)) return false;
    // The rate comes last: the ordinary way refuses what is too fast, and counts it.
    if (rate.take(now) > 0) return false;
    if (writer) this.#writers.send(writer, EVENT_MESSAGE + header.prefix + body);
    else relayChannel?.send(header.to, header.prefix + body);
    if (back) this.#writers.send(back, `43${ack}[{"ok":true}]`);
    return true;
  }

  /**
   * Delivers an event of another node to a seat that is held here.
   * @param event its JSON, a character a byte
   * @returns false if the event has to take the ordinary way; nothing was done then
   */
  deliver(room: string, event: string): boolean {
    const writer = this.#locations.isHeldByOne(room) ? this.#writerOf(room) : null;
    if (writer) this.#writers.send(writer, EVENT_MESSAGE + event);
    return writer !== null;
  }

  #writerOf(room: string): FrameWriter | null {
    const holder = this.#locations.holderOf(room);
    return holder && this.#writers.freeTo(holder.conn);
  }

  #headerOf(connection: Connection, packet: string, start: number): RelayHeader | null {
    const { conn } = connection.socket;
    const known = headers.get(conn);
    const found = known.find(({ text }) => packet.startsWith(text, start));
    if (found) return found;
    const header = readHeader(connection, packet, start);
    if (header) headers.set(conn, [...known.slice(1 - MAX_RELAY_HEADERS), header]);
    return header;
  }
}

function endOfDigits(text: string, start: number): number {
  let end = start;
  for (let code = text.charCodeAt(end); code >= ZERO && code <= NINE; code = text.charCodeAt(end)) end += 1;
  return end;
}

/** Whether JavaScript writes the number of an ack with these very digits; true without an ack. */
function isPlainNumber(ack: string): boolean {
  return ack.length <= 1 || (ack.length <= 15 && ack.charCodeAt(0) !== ZERO);
}

/** Parses a header and checks it; null where anything is wrong. This connection must have verified its token before. */
function readHeader(connection: Connection, packet: string, start: number): RelayHeader | null {
  const name = relayNames.find((each) => packet.startsWith(`["${each}",`, start));
  if (!name) return null;
  const { member, form } = bodies[name];
  const marker = `,"${member}":`;
  const end = packet.indexOf(marker, start) + marker.length;
  if (end < start + marker.length || end - start > MAX_RELAY_HEADER_LENGTH) return null;
  // A copy, because a part of a string keeps the whole of it in memory.
  const text = Buffer.from(packet.slice(start, end)).toString();
  // With a body it is a whole packet: only the value of that member follows the marker.
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
    prefix: `["${name}",${notice.slice(0, -NO_BODY.length)}`,
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
