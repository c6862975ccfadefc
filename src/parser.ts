import { Decoder, Encoder, PacketType, protocol } from 'socket.io-parser';

/** Stands in an event in the place of what was too large to be looked at. */
export const OVERSIZED = Symbol('oversized');

/**
 * Socket.IO's parser, with a bound that can be answered: an event of more than `maxBytes` reaches its handler as
 * OVERSIZED alone, with its ack. (maxHttpBufferSize can only cut the connection; it stands behind this one.)
 */
export function boundedParser(
  maxBytes: number,
): Pick<typeof import('socket.io-parser'), 'protocol' | 'Encoder' | 'Decoder'> {
  /** Wraps a decoder instead of overriding one, because Decoder calls its base class past any override. */
  class BoundedDecoder extends Decoder {
    readonly #decoder = new Decoder();
    /** Bytes of the packet that is being decoded, its attachments included. */
    #bytes = 0;

    constructor() {
      super();
      this.#decoder.on('decoded', (packet) => {
        const isTooLarge = this.#bytes > maxBytes && packet.type === PacketType.EVENT && Array.isArray(packet.data);
        this.#bytes = 0;
        this.emitReserved('decoded', isTooLarge ? { ...packet, data: [packet.data[0], OVERSIZED] } : packet);
      });
    }

    override add(chunk: unknown): void {
      this.#bytes += typeof chunk === 'string' || Buffer.isBuffer(chunk) ? Buffer.byteLength(chunk) : 0;
      this.#decoder.add(chunk);
    }

    override destroy(): void {
      this.#decoder.destroy();
    }
  }
  return { protocol, Encoder, Decoder: BoundedDecoder };
}
