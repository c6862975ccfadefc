import type { RelayChannel } from '../cluster.ts';
import type { Measurements } from '../measurements.ts';
import type { Services } from '../services.ts';
import type { Connection } from '../transport/connection.ts';
import { type FrameWriter, FrameWriters, frameWriterTo } from '../transport/frame-writer.ts';
import type { SeatLocations } from '../workspaces/seat-locations.ts';
import { type RelayHeader, readHeader } from './relay-header.ts';

// The fast path of relays. Calls are made of them: offers, answers and candidates.
//
// The server neither parses nor rebuilds a packet that is exactly as JSON.stringify writes it. The header of a relay
// (sender, target and access token) is the same from one packet to the next: the server parses and verifies it once, and
// then only compares it. The body has to match a regular expression. The server reads and writes the packet past Socket.IO
// and Engine.IO: the body as it came, in a frame of its own. If the target is at another node, the packet goes past the
// adapter to that node, which writes the frame.
//
// These must stay true: any other packet takes the ordinary way, untouched; the fast path makes each check of the ordinary
// way, for each packet; and the target gets the very bytes that it would have got on the ordinary way.

/** A header of relays that a connection has sent. */
interface Route {
  readonly header: RelayHeader;
  /** The packet of Engine.IO that the target gets, up to the body. */
  readonly prefix: string;
  /** Where relays of this kind are counted. */
  readonly counted: { count: number };
  /** The seats at both ends, as they were when anybody last took or left a seat. */
  ends: Ends | null;
}

/** The holders of the seats at both ends of a relay. */
interface Ends {
  /** The number of changes of seats until then. Any later change may have changed this. */
  readonly changes: number;
  /** Whether the sender holds its seat. */
  readonly isSeated: boolean;
  /** Whether a connection of this node holds the target's seat. */
  readonly isHere: boolean;
  /** To that connection; null where it has no WebSocket. */
  readonly writer: FrameWriter | null;
}

const NONE: readonly Route[] = [];

/** Routes that one connection keeps. A mesh has at most half as many people: each gets candidates and descriptions. */
const MAX_ROUTES = 20;

/** The types of packet of Engine.IO (4) and Socket.IO (2). */
const EVENT_MESSAGE = '42';
const EVENT = '2'.charCodeAt(0);
const [ZERO, NINE] = ['0'.charCodeAt(0), '9'.charCodeAt(0)];

/** The fast path of relays, past Socket.IO. */
export class FastPath {
  readonly locations: SeatLocations;
  readonly relayChannel: RelayChannel | null;
  readonly maxBytes: number;
  readonly now: () => number;
  readonly relays: Measurements['relays'];
  readonly candidateFilter: Services['candidateFilter'];
  readonly writers = new FrameWriters();
  #changes = 0;

  /**
   * @param relayChannel the way to other nodes, where there are any
   * @param maxBytes that a command may have
   */
  constructor(
    locations: SeatLocations,
    relayChannel: RelayChannel | null,
    maxBytes: number,
    { now, measurements, candidateFilter }: Pick<Services, 'now' | 'measurements' | 'candidateFilter'>,
  ) {
    this.locations = locations;
    this.relayChannel = relayChannel;
    this.maxBytes = maxBytes;
    this.now = now;
    this.relays = measurements.relays;
    this.candidateFilter = candidateFilter;
    locations.onChange(() => {
      this.#changes += 1;
    });
  }

  /** How often a connection of this node has taken or left a seat. */
  get changes(): number {
    return this.#changes;
  }

  /** The fast path for what one connection sends. */
  from(connection: Connection): FastSender {
    return new FastSender(this, connection);
  }

  /**
   * Delivers an event of another node to a seat that is held here.
   * @param event its JSON, a character a byte
   * @returns false if the event has to take the ordinary way; nothing was done then
   */
  deliver(room: string, event: string): boolean {
    const holder = this.locations.isHeldByOne(room) ? this.locations.holderOf(room) : null;
    const writer = holder && frameWriterTo(holder.conn);
    if (!writer?.isFree) return false;
    this.writers.send(writer, EVENT_MESSAGE + event);
    return true;
  }
}

/** One connection on the fast path, with the routes of the relays that it has sent. It has verified the token of each. */
class FastSender {
  readonly #path: FastPath;
  readonly #connection: Connection;
  #routes = NONE;

  constructor(path: FastPath, connection: Connection) {
    this.#path = path;
    this.#connection = connection;
  }

  /**
   * Relays a packet. The caller must not ask while an earlier packet of this client is on its way through Socket.IO.
   * @param packet may be decoded as Latin-1: a packet with a character that is not in ASCII takes the ordinary way
   * @returns false if the packet has to take the ordinary way; nothing was done then
   */
  take(packet: string): boolean {
    const { candidateFilter, locations, maxBytes, now: clock, relayChannel, writers } = this.#path;
    if (packet.charCodeAt(0) !== EVENT || packet.length > maxBytes) return false;
    const start = endOfDigits(packet, 1);
    const ack = packet.slice(1, start);
    if (!isPlainNumber(ack)) return false;
    const route = this.#routeOf(packet, start);
    if (!route) return false;
    const { header } = route;
    const now = clock();
    const { socket, queue, rate } = this.#connection;
    const { isSeated, isHere, writer } = this.#endsOf(route);
    if (!isSeated || header.expiresAt <= now || queue.waiting > 0) return false;
    const body = packet.slice(start + header.text.length);
    if (!header.form.test(body)) return false;
    if (candidateFilter !== null && !candidateFilter.passes(header.name, body)) return false;
    const channel = isHere || !locations.isElsewhere(header.to) ? null : relayChannel;
    const back = ack === '' ? null : frameWriterTo(socket.conn);
    if (!(writer?.isFree || channel) || (ack !== '' && !back?.isFree)) return false;
    // The rate comes last: the ordinary way refuses what is too fast, and counts it.
    if (rate.take(now) > 0) return false;
    if (writer) writers.send(writer, route.prefix + body);
    else channel?.send(header.to, header.prefix + body);
    if (back) writers.send(back, `43${ack}[{"ok":true}]`);
    route.counted.count += 1;
    return true;
  }

  #routeOf(packet: string, start: number): Route | null {
    for (const route of this.#routes) {
      const { text } = route.header;
      // In V8 four times as fast as startsWith().
      if (packet.slice(start, start + text.length) === text) return route;
    }
    const header = readHeader(this.#connection, packet, start);
    if (!header) return null;
    const counted = this.#path.relays.entry('fast', header.name);
    const route = { header, prefix: EVENT_MESSAGE + header.prefix, counted, ends: null };
    this.#routes = [...this.#routes.slice(1 - MAX_ROUTES), route];
    return route;
  }

  #endsOf(route: Route): Ends {
    const { changes, locations } = this.#path;
    if (route.ends?.changes === changes) return route.ends;
    const { socket } = this.#connection;
    const { from, to } = route.header;
    const holder = locations.holderOf(to);
    const writer = holder && frameWriterTo(holder.conn);
    const isSeated = socket.connected && socket.rooms.has(from);
    const ends = { changes, isSeated, isHere: holder !== null, writer };
    // A WebSocket may come later, in the place of polling, without any change of seats.
    route.ends = holder && !writer ? null : ends;
    return ends;
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
