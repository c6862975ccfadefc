import { unmask } from './unmask.ts';

// Nearly all that clients send are whole messages of some hundred bytes, each in one frame. ws needs a microsecond to find them,
// because its reader has to expect frames of every form, in pieces.

/** The first byte of a frame that is a whole text message (RFC 6455, 5.2). */
const WHOLE_TEXT = 0x81;

/** The second byte of a frame with a mask, whose length is in the next two bytes. The mask follows, then the message. */
const MASKED_WITH_LENGTH = 0x80 | 126;
const [LENGTH_AT, MASK_AT, MESSAGE_AT] = [2, 4, 8];

/** No more of a message is read early, so that one that is not a relay costs little more. An offer is shorter. */
export const EARLY_BYTES = 8 * 1024;

/** Reads the text messages of a WebSocket before Engine.IO does. */
export interface EarlyReader {
  /** @returns whether it has taken the message; otherwise it has done nothing, and Engine.IO gets the message */
  takeEarly(message: Buffer): boolean;
}

/** One for all, because a frame is unmasked at once. */
const mask = Buffer.alloc(MESSAGE_AT - MASK_AT);

/**
 * Hands messages on to their reader until one is left, or the next one is not a whole text of ordinary length.
 * @param bytes from the beginning of a frame on; what is left of them is as it was
 * @returns how many of the bytes were taken
 */
export function takeFrames(bytes: Buffer, reader: EarlyReader): number {
  let start = 0;
  while (bytes[start] === WHOLE_TEXT && bytes[start + 1] === MASKED_WITH_LENGTH && bytes.length - start > MESSAGE_AT) {
    const length = bytes.readUInt16BE(start + LENGTH_AT);
    const end = start + MESSAGE_AT + length;
    if (length > EARLY_BYTES || end > bytes.length) break;
    for (let at = 0; at < mask.length; at += 1) mask[at] = bytes[start + MASK_AT + at] as number;
    const message = bytes.subarray(start + MESSAGE_AT, end);
    unmask(message, mask);
    if (!reader.takeEarly(message)) {
      unmask(message, mask);
      break;
    }
    start = end;
  }
  return start;
}
