import type { PictureWish } from './picture-ladder.ts';

/** The id of the data channel that both sides create themselves. */
const CHANNEL_ID = 1001;
const none: PictureWish = { height: null, frameRate: null };

/** Tells the other side of a connection which picture this side wants, and hears which one it wants. */
export class WishChannel {
  readonly #channel: RTCDataChannel;
  #received = none;
  /** What the other side knows, and what it shall know. */
  #sent = none;
  #wanted = none;

  constructor(connection: RTCPeerConnection, onWish: () => void) {
    this.#channel = connection.createDataChannel('pictures', { negotiated: true, id: CHANNEL_ID });
    this.#channel.addEventListener('message', ({ data }) => {
      const wish = parse(data);
      if (!wish) return;
      this.#received = wish;
      onWish();
    });
    this.#channel.addEventListener('open', () => this.tell(this.#wanted));
  }

  /** The last wish of the other side. A client that tells none wants everything. */
  get received(): PictureWish {
    return this.#received;
  }

  tell(wish: PictureWish): void {
    this.#wanted = wish;
    const { height, frameRate } = this.#sent;
    if (this.#channel.readyState !== 'open' || (height === wish.height && frameRate === wish.frameRate)) return;
    this.#sent = wish;
    this.#channel.send(JSON.stringify(wish));
  }
}

function parse(data: unknown): PictureWish | null {
  try {
    const { height, frameRate } = JSON.parse(String(data)) as Record<string, unknown>;
    return isBound(height) && isBound(frameRate) ? { height, frameRate } : null;
  } catch {
    return null;
  }
}

function isBound(value: unknown): value is number | null {
  return value === null || (Number.isFinite(value) && Number(value) >= 0);
}
