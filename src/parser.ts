import { Decoder, Encoder, type Packet, PacketType, protocol } from 'socket.io-parser';

/** Stands in an event in the place of what was too large to be looked at. */
export const OVERSIZED = Symbol('oversized');

const NOTHING = Buffer.alloc(0);

/**
 * Socket.IO's parser, with bounds. An event of more than `maxBytes` reaches its handler as OVERSIZED alone, with its
 * ack, so that it can be answered. (maxHttpBufferSize can only cut the connection; it stands behind this one.)
 * Who connects twice without leaving is cut: one payload of polling can do so hundreds of thousands of times before the
 * first of them counts, and each would be a socket of its own.
 */
export function boundedParser(
  maxBytes: number,
): Pick<typeof import('socket.io-parser'), 'protocol' | 'Encoder' | 'Decoder'> {
  /** Wraps a decoder instead of overriding one, because Decoder calls its base class past any override. */
  class BoundedDecoder extends Decoder {
    readonly #decoder = new Decoder();
    #hasConnected = false;
    /** Bytes of the packet that is being decoded, its attachments included. */
    #bytes = 0;

    constructor() {
      super();
      this.#decoder.on('decoded', (packet: Packet) => {
        const isTooLarge = this.#bytes > maxBytes && packet.type === PacketType.EVENT && Array.isArray(packet.data);
        this.#bytes = 0;
        if (packet.nsp === '/') this.#connectOnce(packet.type);
        this.emitReserved('decoded', isTooLarge ? { ...packet, data: [packet.data[0], OVERSIZED] } : packet);
      });
    }

    /** @throws Error, at which Socket.IO closes the connection */
    override add(chunk: unknown): void {
      const isBytes = Buffer.isBuffer(chunk);
      this.#bytes += typeof chunk === 'string' || isBytes ? Buffer.byteLength(chunk) : 0;
      // Attachments wait for each other; those that make an event too large need not be kept for that.
      this.#decoder.add(isBytes && this.#bytes > maxBytes ? NOTHING : chunk);
    }

    override destroy(): void {
      this.#decoder.destroy();
    }

    #connectOnce(type: PacketType): void {
      if (type === PacketType.CONNECT && this.#hasConnected) throw new Error('connected already');
      if (type === PacketType.CONNECT) this.#hasConnected = true;
      if (type === PacketType.DISCONNECT) this.#hasConnected = false;
    }
  }
  return { protocol, Encoder, Decoder: BoundedDecoder };
}
