import { CommandError } from './errors.ts';
import { reportLater } from './host-callback.ts';

/** All browsers take messages of this many bytes; Chromium takes no larger ones (RFC 8841, max-message-size). */
const MAX_BYTES = 262_144;
/** A UTF-16 code unit has at most this many bytes in UTF-8. */
const BYTES_PER_UNIT = 3;
/** This many messages wait for a participant, and this many UTF-16 code units in all. */
const MAX_WAITING = 200;
const MAX_WAITING_UNITS = 4_000_000;
/** The channel gets the next message when fewer bytes than this wait inside it. Chromium closes a channel over 16 MB. */
const FULL = 1_000_000;

/**
 * Looks at a message before anybody gets it.
 * @throws TypeError if it is no text, CommandError TOO_LARGE if it has more than 262,144 bytes in UTF-8
 */
export function checkMessage(message: unknown): void {
  if (typeof message !== 'string') throw new TypeError('MeshClient: a message must be a text.');
  if (message.length * BYTES_PER_UNIT <= MAX_BYTES) return;
  if (new TextEncoder().encode(message).length > MAX_BYTES) throw tooLarge();
}

function tooLarge(): CommandError {
  return new CommandError({ code: 'TOO_LARGE', message: 'The message is too large. Send it in parts.' });
}

/** The messages to one participant, in their order, over one data channel after the other. */
export class Outbox {
  #waiting: string[] = [];
  #units = 0;
  #channel: RTCDataChannel | null = null;

  /** Sends over this channel from now on. Messages that wait outlive a channel that never opened. */
  use(channel: RTCDataChannel): void {
    this.#channel = channel;
    channel.bufferedAmountLowThreshold = FULL / 2;
    const flush = () => this.#channel === channel && this.#flush();
    channel.addEventListener('open', flush);
    channel.addEventListener('bufferedamountlow', flush);
  }

  /**
   * Sends a message, or lets it wait for the channel.
   * @returns false if too many wait already; then nothing of it is sent
   */
  send(message: string): boolean {
    if (this.#waiting.length >= MAX_WAITING || this.#units + message.length > MAX_WAITING_UNITS) return false;
    this.#waiting.push(message);
    this.#units += message.length;
    this.#flush();
    return true;
  }

  #flush(): void {
    const channel = this.#channel;
    while (channel?.readyState === 'open' && !(channel.bufferedAmount > FULL)) {
      const [message] = this.#waiting;
      if (message === undefined) return;
      try {
        channel.send(message);
      } catch (error) {
        // The channel is full or closing; the message waits for the next occasion.
        if (!(error instanceof TypeError)) return;
        // The browser of this participant takes less than others. The message must not hold up those behind it.
        reportLater(tooLarge());
      }
      this.#waiting.shift();
      this.#units -= message.length;
    }
  }
}
