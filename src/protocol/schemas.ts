import { z } from 'zod';

/** What says nothing more. */
export const empty = z.object({});

/**
 * The id of a workspace or an attendee. The server makes all ids. Clients put them into CSS selectors, hence the
 * leading underscore and the alphabet.
 */
export const id = z.string().regex(/^_[A-Za-z0-9_-]{1,64}$/);

/** Control characters, and those for lines and for the direction of writing, which can make a name look like another one. */
const INVISIBLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** A name without angle brackets: clients of the first generation put names into HTML. */
export const withoutBrackets = (name: string): string => name.replace(/[<>]/g, '').trim();

/**
 * A name that a person typed. The server trims it and removes angle brackets and control characters, those for lines and
 * for the direction of writing too (U+2028 to U+202E, U+2066 to U+2069).
 * @param maxLength in UTF-16 code units
 */
export function text(maxLength: number) {
  return z
    .string()
    .transform((value) => withoutBrackets(value.replace(INVISIBLE, '')))
    .pipe(z.string().max(maxLength));
}

/** As `text`, with its angle brackets: for what those clients never show. @param maxLength in UTF-16 code units */
export function plainText(maxLength: number) {
  return z
    .string()
    .transform((value) => value.replace(INVISIBLE, '').trim())
    .pipe(z.string().max(maxLength));
}

/** Control characters, except tab and line break. */
const CONTROLS = /[^\P{Cc}\t\n]/gu;

/**
 * The text of a chat message. The server makes every line break a line feed and removes other control characters; nothing
 * else is altered.
 * @param maxLength in code points
 */
export function chatText(maxLength: number) {
  return z
    .string()
    .transform((value) => value.replaceAll('\r\n', '\n').replace(CONTROLS, ''))
    .refine((value) => value !== '' && isWithin(value, maxLength), { error: `must have 1 to ${maxLength} characters` });
}

/** Whether a text has no more code points than this. */
function isWithin(value: string, most: number): boolean {
  return value.length <= most || (value.length <= 2 * most && [...value].length <= most);
}

/** Control characters, and a lone half of a surrogate pair: databases do not keep them as they are. */
const UNFIT = /[\p{Cc}\p{Surrogate}]/u;
const UNFIT_FAULT = 'must hold no control characters';

/** An id that somebody else made: it is compared and kept as it is. */
const foreignId = z
  .string()
  .min(1)
  .refine((value) => !UNFIT.test(value), UNFIT_FAULT);

/** The longest `messageId`, in code points. */
const LONGEST_MESSAGE_ID = 100;

/** The id that a client gives to a message. */
export const messageId = foreignId.refine((value) => isWithin(value, LONGEST_MESSAGE_ID), {
  error: `must have 1 to ${LONGEST_MESSAGE_ID} characters`,
});

/** The server returns it unchanged, so that a client can match an answer with its command. */
export const nonce = z.string().max(256).default('');

/** Random id of the page that holds a seat: the same after a lost network, another one after a reload. */
export const session = z.string().min(1).max(64);

/** The deepest nesting of objects that the server hands on. RTC objects need two. Encoding recurses, hence a bound. */
const MAX_DEPTH = 8;

function isPlainJson(value: unknown, depth = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype) return false;
  return Object.values(value).every((member) => isPlainJson(member, depth - 1));
}

/** An object that the server hands on with members that it does not know; they must be JSON, and not deep. */
function handedOn<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.looseObject(shape).refine((value) => isPlainJson(value), 'must be plain JSON');
}

/** A call as its caller describes it. The callee echoes all of it, so the server hands on all of it. */
export const call = handedOn({ id: foreignId.max(64) }).meta({ id: 'Call' });

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

/** The longest id of a user, in code points. */
const LONGEST_USER_ID = 255;

/** 1 to 255 characters, none of control, and no half of a surrogate pair: two such ids could look the same to others. */
export function isUserId(value: string): boolean {
  return value !== '' && isWithin(value, LONGEST_USER_ID) && !UNFIT.test(value);
}

/** The id of a user, which the host system gives, or the open directory: the name in folded case. */
export const userId = z
  .string()
  .refine(isUserId, { error: `must have 1 to ${LONGEST_USER_ID} characters, and none of control` });

export const someUser = z.object({ id: userId });

/** A user whom the host system or the open directory knows. */
export const user = z.object({ id: userId, name: z.string(), avatar: z.string().optional() }).meta({ id: 'User' });

/** An attendee as everybody in the workspace sees it. */
export const attendee = z
  .object({
    id,
    name: z.string(),
    avatar: z.string(),
    session: session.optional(),
    /** The user who holds the seat; none for a guest. */
    user: someUser.optional(),
    owner: z.boolean(),
    /** False while the server waits for somebody whose connection is lost. */
    connected: z.boolean(),
    onCall: z.boolean(),
    /** Whether the microphone is on. */
    mic: z.boolean(),
    /** Whether the camera is on, or the screen is shared. */
    cam: z.boolean(),
  })
  .meta({ id: 'Attendee' });

/** All seated attendees, the receiver included, by id. */
export const attendees = z.record(id, attendee);

/** A chat message. `seq` counts the messages of a workspace, from 1 and without a gap. */
export const chatMessage = z
  .object({
    seq: z.number().int(),
    /** ms since the epoch */
    at: z.number().int(),
    from: z.object({ id, name: z.string(), user: z.object({ id: z.string() }).optional() }),
    messageId: z.string(),
    text: z.string(),
  })
  .meta({ id: 'Message' });

export const rev = z.number().int();

/** Whether everybody with the link and the PIN takes a seat at once, or waits until the owner admits them. */
export const admission = z.enum(['open', 'ask']);

const workspaceHead = z.object({
  id,
  name: z.string(),
  avatar: z.string(),
  owner: id,
  /** ms since the epoch */
  created: z.number().int(),
  /** The invitation: 51 to 150 characters, URL-safe. */
  token: z.string(),
  /** Present in one that `dial` made: it has two seats, and ends with its call. */
  dialled: z.literal(true).optional(),
  rev,
});

/** A workspace as its new owner sees it. */
export const newWorkspace = workspaceHead.meta({ id: 'NewWorkspace' });

/** ms since the epoch, by the clock of the server */
export const time = z.number().int();

/** A call and its times: it is connected when the second participant is on it; `endsAt` is null where nothing limits it. */
export const timedCall = z.object({
  id: z.string(),
  startedAt: time,
  connectedAt: time.nullable(),
  endsAt: time.nullable(),
});

/** A workspace as an attendee that joins or comes back sees it. */
export const workspace = workspaceHead
  .extend({
    admission,
    call: timedCall.extend({ participants: z.array(id) }).nullable(),
  })
  .meta({ id: 'Workspace' });

/** Somebody in the waiting room, as the owner sees it. */
export const knock = z
  .object({
    id,
    name: z.string(),
    user: someUser.optional(),
    /** When it knocked, in ms since the epoch. */
    since: z.number().int(),
  })
  .meta({ id: 'Knock' });

/** The own place in the waiting room; the first to be admitted has place 1. */
export const waitingPlace = z
  .object({ id, place: z.number().int(), workspace: z.object({ id, name: z.string() }) })
  .meta({ id: 'WaitingPlace' });

/** A recording that is on, and which of the seated attendees have said whether they may be recorded. */
export const recording = z
  .object({
    id,
    startedAt: time,
    consents: z.array(z.object({ attendee: z.object({ id }), given: z.boolean() })),
  })
  .meta({ id: 'Recording' });

/** All parts of a recording in one file. */
export const film = z
  .object({
    state: z.enum(['waiting', 'composing', 'complete', 'failed']),
    /** As that of a part; null until it is complete. */
    url: z.string().nullable(),
    mimeType: z.string(),
    /** When its first picture was. */
    startedAt: time.nullable(),
    durationSeconds: z.number().nullable(),
    bytes: z.number().int().nullable(),
    /** In hexadecimal. */
    sha256: z.string().nullable(),
    /** Why there is none yet. */
    problem: z.string().nullable(),
  })
  .meta({ id: 'Film' });

/** A recording as its owner finds it, also when it is over. */
export const listedRecording = z
  .object({
    id,
    /** `uploading`: it is over, and parts are under way; `partly`, `failed`: some, or all, of them did not come in time. */
    state: z.enum(['recording', 'uploading', 'completed', 'partly', 'failed']),
    startedAt: time,
    stoppedAt: time.nullable(),
    parts: z.array(
      z.object({
        url: z.string(),
        attendee: z.object({ id }),
        name: z.string(),
        source: z.enum(['camera', 'screen']),
        mimeType: z.string(),
        startedAt: time,
        endedAt: time.nullable(),
        /** Those that have come so far. */
        bytes: z.number().int(),
        state: z.enum(['uploading', 'complete', 'partial', 'lost', 'erased']),
      }),
    ),
    /** Null where the server makes none, or not yet. */
    film: film.nullable(),
  })
  .meta({ id: 'ListedRecording' });

/** The media type (RFC 6838) of what a recorder makes, with or without the names of its codecs. */
export const recordedType = z
  .string()
  .max(200)
  .regex(/^(?:audio|video)\/(?:webm|mp4|ogg)(?:\s*;.*)?$/i, { error: 'must be audio or video in webm, mp4 or ogg' });

/** A consultation: a meeting of a provider with clients. `call` is the one that is on in its workspace. */
export const consultation = z
  .object({
    id: z.string(),
    externalId: z.string().nullable(),
    subject: z.string(),
    status: z.enum(['open', 'closed']),
    /** Null when it is closed. */
    workspace: id.nullable(),
    provider: user,
    clients: z.array(user),
    openedAt: time,
    closedAt: time.nullable(),
    /** The connected time of all its calls, in s. */
    callSeconds: z.number().int(),
    call: timedCall.omit({ id: true }).nullable(),
  })
  .meta({ id: 'Consultation' });

export const someConsultation = z.object({ id: foreignId.max(64) });

/** The id that a host system gives to something. */
export const externalId = foreignId.max(200);

/** The id that a client gives to a part of a recording. */
export const partId = foreignId.max(100);

/** The time of the server when it made the message, in ms since the epoch: the clock to which `startedAt` belongs. */
export const serverNow = time;

export const someAttendee = z.object({ id });
export const someWorkspace = z.object({ id });
export const someKnock = z.object({ id });
export const someCall = z.object({ id: z.string() });

export const media = z.enum(['audio', 'video']);

/** A person as invites and inboxes name it: an attendee, and its user if it has one. */
const sender = z.object({ id, name: z.string(), user: someUser.optional() });

/** An invite of a user, who need not be in the workspace. */
export const invite = z
  .object({
    id,
    workspace: z.object({ id, name: z.string() }),
    /** Accepts it, in `attend` on a connection of that user. */
    token: z.string(),
    from: sender,
    /** Whether it rings. */
    ring: z.boolean(),
    media,
    /** When it is over, in ms since the epoch; null: it stays open. */
    until: z.number().int().nullable(),
    /** The call into which it leads, and the consultation. */
    call: z.string().nullable(),
    consultation: z.string().nullable(),
    /** What the consultation is about; '' where nobody said. */
    subject: z.string().optional(),
  })
  .meta({ id: 'Invite' });

export const someInvite = z.object({ id });
export const someRecording = z.object({ id });

/** Something that a user missed. `seq` counts the items of one inbox: 1, 2, 3 and so on. */
export const inboxItem = z
  .object({
    seq: z.number().int(),
    type: z.enum(['missed-call', 'consultation-opened', 'consultation-closed']),
    at: z.number().int(),
    seen: z.boolean(),
    /** Who called; or the provider of the consultation, without the `id` of an attendee. */
    from: sender.partial({ id: true }).optional(),
    workspace: z.object({ id, name: z.string() }).optional(),
    consultation: z.string().optional(),
    /** What the consultation is about; '' where nobody said. */
    subject: z.string().optional(),
    call: z.string().optional(),
  })
  .meta({ id: 'Item' });
