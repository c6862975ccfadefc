import { Decoder, Encoder, type Packet, PacketType, protocol } from 'socket.io-parser';

/** Stands in an event in the place of what was too large to be looked at. */
export const OVERSIZED = Symbol('oversized');

/**
 * Socket.IO's parser, with a bound that can be answered: an event of more than `maxBytes` reaches its handler as
 * OVERSIZED alone, with its ack. (maxHttpBufferSize can only cut the connection; it stands behind this one.)
 */
export function boundedParser(
  maxBytes: number,
): Pick<typeof import('socket.io-parser'), 'protocol' | 'Encoder' | 'Decoder'> {
  class BoundedDecoder extends Decoder {
    /** Bytes of the packet that is being decoded, its attachments included. */
    #bytes = 0;

    override add(chunk: unknown): void {
      this.#bytes += typeof chunk === 'string' || Buffer.isBuffer(chunk) ? Buffer.byteLength(chunk) : 0;
      super.add(chunk);
    }

    override emitReserved(...[event, packet]: [event: 'decoded', packet: Packet]): this {
      const bytes = this.#bytes;
      this.#bytes = 0;
      const isEvent = packet.type === PacketType.EVENT && Array.isArray(packet.data);
      return super.emitReserved(
        event,
        isEvent && bytes > maxBytes ? { ...packet, data: [packet.data[0], OVERSIZED] } : packet,
      );
    }
  }
  return { protocol, Encoder, Decoder: BoundedDecoder };
}
