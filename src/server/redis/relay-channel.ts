import type { Deliver, RelayChannel } from '../cluster.ts';
import { isUserRoom } from '../transport/user-rooms.ts';
import { channelOf, roomOf } from './seat-adapter.ts';
import type { SeatChannels } from './seat-channels.ts';

// Socket.IO's adapter writes this around an event that another node is to send to one room. The fast path writes and
// reads the same without parsing it, so that nodes with and without the fast path understand each other. A message that
// looks otherwise is left to the adapter.

const BEFORE = '{"type":3,"data":{"packet":{"type":2,"data":';
const UID_LENGTH = 16;
const END = '","nsp":"/"}';

function between(room: string): string {
  return `},"opts":{"rooms":["${room}"],"except":[],"flags":{}}},"uid":"`;
}

/** Relays events over the channels of Socket.IO's adapter, in the adapter's words. */
export class RedisRelayChannel implements RelayChannel {
  readonly #channels: SeatChannels;
  readonly #prefix: string;
  readonly #uid: string;

  /** @param uid the name of this node's adapter among those of all nodes */
  constructor(channels: SeatChannels, prefix: string, uid: string) {
    this.#channels = channels;
    this.#prefix = prefix;
    this.#uid = uid;
  }

  send(room: string, event: string): void {
    this.#channels.sPublish(channelOf(this.#prefix, room), BEFORE + event + between(room) + this.#uid + END);
  }

  receive(deliver: Deliver, deliverOwn: Deliver): void {
    this.#channels.onMessage = (channel, message) => {
      const room = roomOf(this.#prefix, channel);
      // The adapter delivers what this node sent to a user to the connections that the user has here.
      if (room !== null && isUserRoom(room)) return false;
      const event = room === null ? null : this.#eventIn(message, room);
      if (room === null || event === null) return false;
      return deliver(room, event) || (this.#isOwn(message) && deliverOwn(room, event));
    };
  }

  #isOwn(message: Buffer): boolean {
    return message.toString('latin1', message.length - END.length - UID_LENGTH).startsWith(this.#uid);
  }

  /**
   * The JSON of the event in a message, a character a byte, as frames have it; null where the message is another one.
   */
  #eventIn(message: Buffer, room: string): string | null {
    const text = message.toString('latin1');
    if (!text.startsWith(BEFORE) || !text.endsWith(END)) return null;
    const uidAt = text.length - END.length - UID_LENGTH;
    const middle = between(room);
    if (!text.startsWith(middle, uidAt - middle.length)) return null;
    return text.slice(BEFORE.length, uidAt - middle.length);
  }
}
