import { ExpiringSet } from '../collections/expiring-set.ts';
import { neighbour } from '../transport/seat-rooms.ts';
import type { SeatLocations } from './seat-locations.ts';

/** The notices by which a workspace hears that an attendee has no seat any more. The attendee's id comes first. */
const FAREWELL = /^\["(leave|kicked)",\{"id":"([\w-]+)"/;

/** The sender of a relay: the attendee of a description, the broadcaster of a candidate. */
const SENDER =
  /^\["(?:negotiation",\{|icecandidate",\{"attendee":\{"id":"[\w-]+"\},)"(?:attendee|broadcaster)":\{"id":"([\w-]+)"/;

/** Looks at the events that other nodes send to seats of this node, and hands them on. */
export class IncomingEvents {
  readonly #locations: SeatLocations;
  /** Rooms of seats whose attendees were kicked a moment ago. */
  readonly #kicked = new ExpiringSet();

  constructor(locations: SeatLocations) {
    this.#locations = locations;
  }

  /**
   * Refuses what a kicked attendee still sends from another node, which may hear of the kick later.
   * @param room the room of the seat that was taken away
   */
  refuseFrom(room: string): void {
    this.#kicked.add(room);
  }

  /**
   * Learns from an event before it is handed on: a farewell says that a seat has ended.
   * @param event its JSON, one character a byte
   * @returns whether the event must not be handed on, because a kicked attendee sent it
   */
  intercept(room: string, event: string): boolean {
    const [, farewell, gone] = FAREWELL.exec(event) ?? [];
    if (gone !== undefined) this.#locations.forgetElsewhere(neighbour(room, gone));
    if (gone !== undefined && farewell === 'kicked') this.refuseFrom(neighbour(room, gone));
    if (this.#kicked.isEmpty) return false;
    const sender = SENDER.exec(event)?.[1];
    return sender !== undefined && this.#kicked.has(neighbour(room, sender));
  }

  /**
   * Hands an event on through Socket.IO.
   * @param event its JSON, one character a byte
   * @returns whether a connection of this node holds the seat
   */
  deliver(room: string, event: string): boolean {
    const holder = this.#locations.holderOf(room);
    const [notice, payload] = JSON.parse(Buffer.from(event, 'latin1').toString());
    holder?.emit(notice, payload);
    return holder !== null;
  }
}
