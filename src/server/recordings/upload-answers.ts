import { type Refusal, toWire } from '../../protocol/errors.ts';
import type { PartRecord } from '../records/recording-parts.ts';
import type { Recordings, RoomLimit } from './recordings.ts';

// What the requests of uploads are answered with when it is not what they asked for. Each refusal has a sentence.

/** The longest body of a PATCH, in bytes: half of what nginx lets through by default. */
export const LARGEST_PATCH = 524_288;

/** What an upload takes. */
export const METHODS = 'GET, HEAD, PATCH, DELETE, OPTIONS';
const ALLOWED_HEADERS =
  'Authorization, Content-Type, Tus-Resumable, Upload-Offset, Upload-Length, Part-Ended-At, Range, If-Range';
export const EXPOSED_HEADERS =
  'Upload-Offset, Upload-Length, Upload-Defer-Length, Tus-Resumable, Retry-After, Content-Range, ETag';
export const TUS = { 'Tus-Resumable': '1.0.0' };

/** How long a browser remembers what it may send, s. */
const PREFLIGHT_SECONDS = 7200;

export const noRoom: Readonly<Record<RoomLimit, string>> = {
  recording_free_megabytes: 'The disk of the server is nearly full. Try again later, and tell whoever runs the server.',
  max_recording_megabytes: 'The recording has all the room that it may take.',
};

export const BUSY = 'The upload is busy. Try again in a moment.';
export const WHOLE = 'The part is whole. It goes with its recording alone.';
export const STILL_ON = 'The recording is on. Stop it first.';
export const NOT_STORED = 'The server cannot save that right now. Try again in a moment.';
export const STOPPING = 'The server is stopping. Try again in a moment.';
export const NO_SUCH = 'There is no such upload.';
export const NO_SUCH_PART = 'There is no such part or film of a recording.';
export const BEARER = { 'WWW-Authenticate': 'Bearer' };
export const RETRY = { 'Retry-After': '1' };

/** The answer to a browser that asks what pages of other origins may send. */
export function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...TUS,
      'Tus-Version': '1.0.0',
      'Access-Control-Allow-Methods': `${METHODS}, POST`,
      'Access-Control-Allow-Headers': ALLOWED_HEADERS,
      'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
    },
  });
}

/** Why an upload takes nothing any more; null: it does. */
export function whyGone(part: PartRecord | null): Response | null {
  switch (part?.state) {
    case 'uploading':
    case 'complete':
      return null;
    case 'partial':
    case 'lost':
      return refusal(
        410,
        'This upload is over: its time has passed, it was given up, or its bytes were not of its type.',
      );
    default:
      return refusal(404, NO_SUCH);
  }
}

/** The answer to an owner who has a part given up. */
export function givenUp(result: Awaited<ReturnType<Recordings['giveUp']>>): Response {
  switch (result) {
    case 'given up':
    case 'over':
      return new Response(null, { status: 204, headers: { 'Cache-Control': 'no-store', ...TUS } });
    case 'whole':
      return refusal(409, WHOLE);
    case 'recording':
      return refusal(409, STILL_ON);
    case 'busy':
      return refusal(503, BUSY, RETRY);
  }
}

/** The answer to a PATCH with a longer body than it may have. */
export function tooLarge(): Response {
  return refusal(413, `Send at most ${LARGEST_PATCH} bytes at once.`);
}

/** The answer to a length for which there will never be room. */
export function tooLong(): Response {
  return refusal(413, 'The upload would be longer than all the room of its recording.');
}

/** A sentence for people, with the headers of tus: by them a client tells it from the answer of a proxy. */
export function refusal(status: number, sentence: string, headers: Record<string, string> = {}): Response {
  return new Response(`${sentence}\n`, {
    status,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', ...TUS, ...headers },
  });
}

/** The answer to a request that begins no part. */
export function notBegun(refused: Refusal): Response {
  const { message } = toWire(refused);
  switch (refused.refused) {
    case 'INVALID_PAYLOAD':
      return refusal(400, message);
    case 'INVALID_TOKEN':
    case 'TOKEN_EXPIRED':
      return refusal(401, message, BEARER);
    case 'NOT_ALLOWED':
      return refusal(403, message);
    case 'NO_RECORDING':
      return refusal(410, message);
    default:
      return refusal(503, message, RETRY);
  }
}
