import { z } from 'zod';

/**
 * An id of a workspace or an attendee. The server makes them all; clients in the field put them into
 * CSS selectors, hence the leading underscore and the alphabet.
 */
export const id = z.string().regex(/^_[A-Za-z0-9_-]{1,64}$/);

/**
 * Text that a person typed: trimmed, otherwise as it was but for angle brackets and control characters, those for the
 * direction of writing and for lines too (U+2028 to U+202E, U+2066 to U+2069), with which a name could be made to look
 * like another one.
 */
export function text(maxLength: number) {
  return z
    .string()
    .transform((value) => value.replace(/[\p{Cc}<>\u2028-\u202e\u2066-\u2069]/gu, '').trim())
    .pipe(z.string().max(maxLength));
}

/** Comes back unchanged, so that a client can tell which of its questions was answered. */
export const nonce = z.string().max(256).default('');

/** Random id of the page that holds a seat: the same after a lost network, another one after a reload. */
export const session = z.string().min(1).max(64);

/** How deep handed-on objects may nest; RTC objects need two. Encoding recurses, so there must be an end. */
const MAX_DEPTH = 8;

function isPlainJson(value: unknown, depth = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype) return false;
  return Object.values(value).every((member) => isPlainJson(member, depth - 1));
}

/** An object that is handed on with members the server does not know; they must be JSON, and not deep. */
function handedOn<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.looseObject(shape).refine((value) => isPlainJson(value), 'must be plain JSON');
}

/** A call as its caller describes it. The callee echoes all of it, so all of it is handed on. */
export const call = handedOn({ id: z.string().min(1).max(64) }).meta({ id: 'Call' });

/** RTCSessionDescriptionInit of the W3C WebRTC recommendation. */
export const sessionDescription = handedOn({
  type: z.enum(['offer', 'answer', 'pranswer', 'rollback']).optional(),
  sdp: z.string(),
}).meta({ id: 'RTCSessionDescriptionInit' });

/** RTCIceCandidateInit of the W3C WebRTC recommendation. */
export const iceCandidate = handedOn({
  candidate: z.string(),
  sdpMid: z.string().nullable().optional(),
  sdpMLineIndex: z.number().int().min(0).nullable().optional(),
  usernameFragment: z.string().nullable().optional(),
}).meta({ id: 'RTCIceCandidateInit' });

/** RTCIceServer of the W3C WebRTC recommendation, one URL an entry, and `url` beside `urls` for old clients. */
export const iceServer = z
  .object({
    urls: z.string(),
    url: z.string(),
    username: z.string().optional(),
    credential: z.string().optional(),
  })
  .meta({ id: 'RTCIceServer' });

/** An attendee as everybody in the workspace sees it. */
export const attendee = z
  .object({
    id,
    name: z.string(),
    avatar: z.string(),
    session: session.optional(),
    owner: z.boolean(),
    connected: z.boolean(),
    onCall: z.boolean(),
    mic: z.boolean(),
    cam: z.boolean(),
  })
  .meta({ id: 'Attendee' });

/** Everybody who is seated, the receiver included, by id. */
export const attendees = z.record(id, attendee);

export const rev = z.number().int();

const workspaceHead = z.object({
  id,
  name: z.string(),
  avatar: z.string(),
  owner: id,
  /** ms since the epoch */
  created: z.number().int(),
  /** The invitation: 51 to 150 characters, URL-safe. */
  token: z.string(),
  rev,
});

/** A workspace as its new owner sees it. */
export const newWorkspace = workspaceHead.meta({ id: 'NewWorkspace' });

/** A workspace as somebody sees it who joins or comes back. */
export const workspace = workspaceHead
  .extend({
    call: z.object({ id: z.string(), startedAt: z.number().int(), participants: z.array(id) }).nullable(),
  })
  .meta({ id: 'Workspace' });

export const someAttendee = z.object({ id });
export const someWorkspace = z.object({ id });
export const someCall = z.object({ id: z.string() });
