import { Decoder, Encoder, type Packet, PacketType, protocol } from 'socket.io-parser';

/** Stands in an event in the place of a payload that is too large to be looked at. */
export const OVERSIZED = Symbol('oversized');

const NOTHING = Buffer.alloc(0);

/**
 * Socket.IO's parser, with bounds. An event of more than `maxBytes` reaches its handler as OVERSIZED alone, with its
 * ack, so that it can be answered. (maxHttpBufferSize can only cut the connection; it stands behind this one.)
 * A client that connects twice without leaving is cut: one payload of polling can hold hundreds of thousands of CONNECT
 * packets, and each would create a socket.
 */
export function boundedParser(
  maxBytes: number,
): Pick<typeof import('socket.io-parser'), 'protocol' | 'Encoder' | 'Decoder'> {
  class BoundedDecoder extends Decoder {
    #hasConnected = false;
    /** Bytes of the packet that is being decoded, its attachments included. */
    #bytes = 0;

    /** Decoder emits past any override, so this bounds each packet on its way to the listener. */
    override on(event: 'decoded', listener: (packet: Packet) => void): this {
      return super.on(event, (packet: Packet) => listener(this.#bounded(packet)));
    }

    /** @throws Error, at which Socket.IO closes the connection */
    override add(chunk: unknown): void {
      const isBytes = Buffer.isBuffer(chunk);
      this.#bytes += typeof chunk === 'string' || isBytes ? Buffer.byteLength(chunk) : 0;
      // Attachments wait for each other; those that make an event too large need not be kept for that.
      super.add(isBytes && this.#bytes > maxBytes ? NOTHING : chunk);
    }

    /** @throws Error as `add` does, which calls it */
    #bounded(packet: Packet): Packet {
      const isTooLarge = this.#bytes > maxBytes && packet.type === PacketType.EVENT && Array.isArray(packet.data);
      this.#bytes = 0;
      if (packet.nsp === '/') this.#connectOnce(packet.type);
      return isTooLarge ? { ...packet, data: [packet.data[0], OVERSIZED] } : packet;
    }

    #connectOnce(type: PacketType): void {
      if (type === PacketType.CONNECT && this.#hasConnected) throw new Error('connected already');
      if (type === PacketType.CONNECT) this.#hasConnected = true;
      if (type === PacketType.DISCONNECT) this.#hasConnected = false;
    }
  }
  return { protocol, Encoder, Decoder: BoundedDecoder };
}
