import type { Socket } from 'socket.io';
import { ExpiringSet } from '../collections/expiring-set.ts';
import { neighbour } from '../transport/seat-rooms.ts';
import { isPlaceRoom, placeRoom, placesOf } from '../transport/waiting-rooms.ts';
import type { SeatLocations } from './seat-locations.ts';

/** The event by which a node tells another one that somebody whose connection is there was admitted. No client gets it. */
export const ADMITTED = 'admitted';

const ADMITTED_JSON = JSON.stringify([ADMITTED]);

/** Gives a connection of this node the seat to which it was admitted. */
type OnAdmitted = (socket: Socket, workspaceId: string, personId: string) => void;

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
  onAdmitted: OnAdmitted = () => {};

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
   * @returns whether the event must not be handed on, because a kicked attendee sent it, or because it is for this node
   */
  intercept(room: string, event: string): boolean {
    if (event === ADMITTED_JSON && isPlaceRoom(room)) {
      this.admit(room);
      return true;
    }
    const [, farewell, gone] = FAREWELL.exec(event) ?? [];
    if (gone !== undefined) this.#locations.forgetElsewhere(neighbour(room, gone));
    if (gone !== undefined && farewell === 'kicked') this.refuseFrom(neighbour(room, gone));
    if (this.#kicked.isEmpty) return false;
    const sender = SENDER.exec(event)?.[1];
    return sender !== undefined && this.#kicked.has(neighbour(room, sender));
  }

  /** Somebody who waits at this node has a seat. @param room the room of the place */
  admit(room: string): void {
    for (const socket of this.#locations.holdersOf(room)) {
      const place = placesOf(socket).find(({ workspace, person }) => placeRoom(workspace, person) === room);
      if (place) this.onAdmitted(socket, place.workspace, place.person);
    }
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
