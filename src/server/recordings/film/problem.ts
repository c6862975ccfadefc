import { NothingToShow } from './compose.ts';
import { FfmpegFailed } from './ffmpeg.ts';

/** What stands in the way of a film, as sentences for its owner. */
const sentences = {
  'disk full': 'The disk of the server is nearly full.',
  'too long': 'It took too long.',
  'too large': 'It is larger than a recording may be.',
  'too often': 'The server ended each time while it made the film.',
};

const FAILED = 'ffmpeg has failed; the log of the server says how.';
const WENT_WRONG = 'Something went wrong; the log of the server says what.';

/** Why a film was not made. */
export class Obstacle extends Error {
  constructor(which: keyof typeof sentences) {
    super(sentences[which]);
  }
}

/** The sentence for the owner of a film about the error that ended an attempt. */
export function problemOf(error: unknown): string {
  if (error instanceof Obstacle || error instanceof NothingToShow) return error.message;
  return error instanceof FfmpegFailed ? FAILED : WENT_WRONG;
}
