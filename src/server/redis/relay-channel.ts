import { channelOf, roomOf } from './seat-adapter.ts';
import type { SeatChannels } from './seat-channels.ts';

// What Socket.IO's adapter writes when it tells another node to send an event to one room, around the event itself. The
// shortcut writes and reads the same without taking it apart, so that nodes which take it and others understand each
// other; whatever looks otherwise is the adapter's.

const BEFORE = '{"type":3,"data":{"packet":{"type":2,"data":';
const UID_LENGTH = 16;
const END = '","nsp":"/"}';

function between(room: string): string {
  return `},"opts":{"rooms":["${room}"],"except":[],"flags":{}}},"uid":"`;
}

/** Takes the JSON of an event for the connection of a seat; false where the adapter has to do it. */
export type Deliver = (room: string, event: string) => boolean;

/** The way of relays between nodes past Socket.IO's adapter, over its channels and in its words. */
export class RelayChannel {
  readonly #channels: SeatChannels;
  readonly #prefix: string;
  readonly #uid: string;

  /** @param uid what the adapter of this node calls itself */
  constructor(channels: SeatChannels, prefix: string, uid: string) {
    this.#channels = channels;
    this.#prefix = prefix;
    this.#uid = uid;
  }

  /** @param event its JSON: name and payload */
  send(room: string, event: string): void {
    this.#channels.sPublish(channelOf(this.#prefix, room), BEFORE + event + between(room) + this.#uid + END);
  }

  /**
   * Has what comes from other nodes delivered, as far as it is the JSON of an event for a seat.
   * @param deliverOwn does it where `deliver` does not and the event is from this node, so that the adapter would not
   *   either: it was sent when the seat was elsewhere, and the seat was taken here before it came
   */
  receive(deliver: Deliver, deliverOwn: Deliver): void {
    this.#channels.onMessage = (channel, message) => {
      const room = roomOf(this.#prefix, channel);
      const event = room === null ? null : this.#eventIn(message, room);
      if (room === null || event === null) return false;
      return deliver(room, event) || (this.#isOwn(message) && deliverOwn(room, event));
    };
  }

  #isOwn(message: Buffer): boolean {
    return message.toString('latin1', message.length - END.length - UID_LENGTH).startsWith(this.#uid);
  }

  /** A character a byte, as the frames that it goes into. */
  #eventIn(message: Buffer, room: string): string | null {
    const text = message.toString('latin1');
    if (!text.startsWith(BEFORE) || !text.endsWith(END)) return null;
    const uidAt = text.length - END.length - UID_LENGTH;
    const middle = between(room);
    if (!text.startsWith(middle, uidAt - middle.length)) return null;
    return text.slice(BEFORE.length, uidAt - middle.length);
  }
}
