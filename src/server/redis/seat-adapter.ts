import { createShardedAdapter } from '@socket.io/redis-adapter';
import type { Namespace } from 'socket.io';
import { hintedRoom } from '../transport/channel-hint.ts';
import type { SeatChannels } from './seat-channels.ts';

/** Makes the adapter of a namespace, which holds the namespace's rooms. */
type AdapterOf = (namespace: Namespace) => Namespace['adapter'];

/** A message between nodes, as far as it matters here. */
interface Message {
  readonly data?: {
    readonly opts?: { readonly rooms: readonly string[]; readonly except?: readonly string[] };
    readonly requestId?: string;
  };
}

/** Private members of the adapter. */
interface Sharded {
  /** Its name among the adapters of all nodes. */
  readonly uid: string;
  computeChannel(message: Message): string;
}

/**
 * Socket.IO's adapter on the sharded channels of Redis 7 (SSUBSCRIBE): a seat's room has a channel of its own, to which
 * only the node subscribes that holds the seat, so that a message to one seat costs the other nodes nothing.
 *
 * The adapter itself sends only events that way; a request to close connections, or to make them leave a room, it sends
 * to all nodes. Here such a request takes the channel of the room too, behind the events that were sent there before.
 *
 * @param onUid called with the name of the adapter among those of all nodes
 */
export function seatAdapter(channels: SeatChannels, prefix: string, onUid: (uid: string) => void): AdapterOf {
  const create = createShardedAdapter(channels, channels, { channelPrefix: prefix, subscriptionMode: 'dynamic' });
  // Socket.IO makes adapters with `new`, so this is no arrow function.
  function adapterOf(namespace: Namespace) {
    const adapter = create(namespace);
    const sharded = adapter as unknown as Sharded;
    onUid(sharded.uid);
    const ordinary = sharded.computeChannel;
    sharded.computeChannel = (message) => {
      const room = roomOfMessage(message);
      return room === null ? ordinary.call(adapter, message) : channelOf(prefix, room);
    };
    return adapter;
  }
  return adapterOf;
}

/** The room whose channel a message takes; null where it is for several rooms, or nodes have to answer it. */
function roomOfMessage({ data }: Message): string | null {
  const [room, ...more] = data?.opts?.rooms ?? [];
  if (room === undefined || more.length > 0 || data?.requestId !== undefined) return null;
  return hintedRoom(data?.opts?.except ?? []) ?? room;
}

const MAIN = '#/#';

/** The channel of a room in the namespace `/`. */
export function channelOf(prefix: string, room: string): string {
  return `${prefix}${MAIN}${room}#`;
}

/** The room of a channel; null where the channel belongs to no room. */
export function roomOf(prefix: string, channel: string): string | null {
  const room = channel.slice(prefix.length + MAIN.length, -1);
  return room === '' ? null : room;
}
