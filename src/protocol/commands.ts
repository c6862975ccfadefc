import { z } from 'zod';
import type { ErrorCode } from './errors.ts';
import { notices } from './notices.ts';
import {
  admission,
  call,
  chatMessage,
  chatText,
  consultation,
  empty,
  externalId,
  iceCandidate,
  iceServer,
  id,
  inboxItem,
  invite,
  knock,
  listedRecording,
  media,
  messageId,
  nonce,
  partId,
  plainText,
  recordedType,
  serverNow,
  session,
  sessionDescription,
  someAttendee,
  someConsultation,
  someInvite,
  someKnock,
  someRecording,
  someUser,
  text,
  time,
  user,
  waitingPlace,
} from './schemas.ts';

/**
 * The senders that a command admits.
 * anyone: no access token needed · user: every connection that signed in · seat: every seated attendee · returning: every seated attendee, and the owner even
 * without a seat · participant: every attendee on the call · caller: the owner, and with callControl 'participants'
 * every participant · owner: the owner alone
 */
export type Access = 'anyone' | 'user' | 'seat' | 'returning' | 'participant' | 'caller' | 'owner';

interface Definition<
  Level extends Access,
  Input extends z.ZodType,
  Output extends z.ZodType,
  Answer extends keyof typeof notices | null,
  Code extends ErrorCode,
  Other extends z.ZodType,
> {
  /** Its purpose, for PROTOCOL.md. */
  about: string;
  access: Level;
  input: Input;
  /** The members of the ack beside `ok`. */
  output: Output;
  /** The members of the ack where the command has led to something else than what was asked for. */
  otherwise?: Other;
  /** The notice that carries the output to a client that sent no ack; null: such a client hears nothing. */
  answer: Answer;
  /** The error codes of its own. `commonErrors` has those of its access and of every command. */
  errors: readonly Code[];
}

function command<
  const Level extends Access,
  const Input extends z.ZodType,
  const Output extends z.ZodType,
  const Answer extends keyof typeof notices | null,
  const Code extends ErrorCode = never,
  const Other extends z.ZodType = never,
>(
  definition: Definition<Level, Input, Output, Answer, Code, Other>,
): Definition<Level, Input, Output, Answer, Code, Other> {
  return definition;
}

/** The error codes of every command, and those of each access. */
export const commonErrors = {
  every: ['INVALID_PAYLOAD', 'TOO_LARGE', 'RATE_LIMITED', 'BUSY_TRY_AGAIN', 'INTERNAL'],
  user: ['NOT_SIGNED_IN'],
  seated: ['INVALID_TOKEN', 'TOKEN_EXPIRED', 'NOT_SEATED', 'WORKSPACE_GONE'],
  owner: ['OWNER_ONLY'],
  caller: ['OWNER_ONLY', 'NO_CALL', 'NOT_ON_CALL'],
  participant: ['NO_CALL', 'NOT_ON_CALL'],
} as const satisfies Record<string, readonly ErrorCode[]>;

/** The longest time by which one command extends a call: a day. */
export const MAX_EXTENSION_SECONDS = 86_400;

interface TextLimits {
  /** In UTF-16 code units. */
  name: number;
  avatar: number;
  /** In code points. */
  message: number;
}

/** Items in one answer about the inbox: unless the client says otherwise, and at the most. */
export const INBOX_PAGE = 50;
const LONGEST_INBOX = 200;

/** The longest subject of a consultation, in UTF-16 code units, its most clients, and its most minutes of calls. */
const MOST_SUBJECT = 200;
const MOST_CLIENTS = 50;
const MOST_MINUTES = 60 * 24 * 30;

const accessToken = z.string();
const workspaceId = z.object({ id });

/** `W, A, T`: workspace, sender and access token. The server refuses an `attendee` that the token does not name. */
const seat = { workspace: workspaceId, attendee: someAttendee, accessToken };

/** `W, T` of the relays: there `attendee` is the TARGET and `broadcaster` the sender. */
const relay = { workspace: workspaceId, attendee: someAttendee, broadcaster: someAttendee, accessToken };

const granted = notices['attendance-granted'].payload;
const toggle = z.object({ ...seat, state: z.boolean() });

/**
 * Clients of the first generation put the kicked attendee into `attendee`, and send no `kickedAttendee`. Only an owner
 * can kick, and an owner cannot kick itself, so the meaning is plain.
 */
function kickOfTheFirstGeneration(payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null || 'kickedAttendee' in payload) return payload;
  if (!('attendee' in payload)) return payload;
  const { attendee, ...rest } = payload;
  return { ...rest, kickedAttendee: attendee };
}

/**
 * The table of all commands. Handlers, types of both ends, validation and PROTOCOL.md follow from it.
 * @param limits the longest names and avatars
 */
export function commandTable(limits: TextLimits) {
  const name = text(limits.name).optional();
  const avatar = text(limits.avatar).optional();
  const newcomer = z.object({ name, avatar, session: session.optional() });

  return {
    create: command({
      about:
        'Creates a workspace; the sender is its owner and has its first seat. Ids come from the server alone. With admission ' +
        "'ask' the owner admits newcomers one by one, while they wait in a waiting room; 'open' is the default.",
      access: 'anyone',
      input: z.object({
        workspace: z.object({ name, pin: z.string().optional(), avatar, admission: admission.default('open') }),
        attendee: newcomer,
        session: session.optional(),
        nonce,
      }),
      output: notices.created.payload,
      answer: 'created',
      errors: ['NOT_ALLOWED'],
    }),
    attend: command({
      about:
        'Takes a seat with the invitation (the workspace token) and the PIN, if there is one. On a connection that holds a ' +
        'seat in the workspace already, the answer is that seat. Where the owner has to admit newcomers, the answer is a ' +
        'place in the waiting room (without an ack the notice `waiting`), and `attendance-granted` comes once the owner has admitted the sender. The same page ' +
        '(`session`) finds its place again with the same link, also on another connection. Users whom somebody has invited ' +
        'do not wait.',
      access: 'anyone',
      input: z.object({
        workspace: z.object({ token: z.string(), pin: z.string().optional() }),
        attendee: newcomer,
        session: session.optional(),
        nonce,
      }),
      output: granted,
      otherwise: z.object({ waiting: waitingPlace }),
      answer: 'attendance-granted',
      errors: [
        'INVALID_TOKEN',
        'TOKEN_EXPIRED',
        'WRONG_PIN',
        'LOCKED_OUT',
        'FULL',
        'WORKSPACE_GONE',
        'KICKED',
        'NOT_SIGNED_IN',
        'NOT_ALLOWED',
        'INVITE_OVER',
      ],
    }),
    're-attend': command({
      about:
        'Takes the own seat again after a lost network, a reload or a restart, and reads the whole workspace. The newest ' +
        'connection of a seat holds it. Only the owner gets a seat back that was left, kicked or expired.',
      access: 'returning',
      input: z.object({
        workspace: workspaceId,
        attendee: newcomer.extend({ id }),
        accessToken,
        session: session.optional(),
        nonce,
      }),
      output: notices['re-attendance-granted'].payload,
      answer: 're-attendance-granted',
      errors: ['NOT_ALLOWED'],
    }),
    'sign-in': command({
      about:
        'Makes the connection that of a user: with a user token that the host system signed, or, in an open directory, with ' +
        'a name. The directory answers with a registration, which holds the name: send it with the name next time. Seats ' +
        'that the connection takes from then on are those of the user. `expiresAt` is in ms since the epoch, and null for a ' +
        'registration while its user is connected. `invites` are those that are open, and `inbox` has the newest items. ' +
        '`user.record` says whether the user may start recordings, where the host system said so; otherwise owners may. ' +
        '`workspace` has the token that opens the only workspace in which the ' +
        'user may sit, where the host system named one.',
      access: 'anyone',
      input: z.object({
        userToken: z.string().optional(),
        name: text(limits.name).optional(),
        registration: z.string().max(256).optional(),
      }),
      output: z.object({
        user: user.extend({ record: z.boolean().optional() }),
        registration: z.string().optional(),
        expiresAt: z.number().int().nullable(),
        invites: z.array(invite),
        inbox: z.array(inboxItem),
        unseen: z.number().int(),
        workspace: z.object({ id, token: z.string() }).optional(),
        serverNow,
      }),
      answer: null,
      errors: ['INVALID_TOKEN', 'TOKEN_EXPIRED', 'NAME_TAKEN', 'NOT_ALLOWED', 'WORKSPACE_GONE'],
    }),
    'sign-out': command({
      about: 'Ends the sign-in of the connection. Its seats stay.',
      access: 'user',
      input: empty,
      output: empty,
      answer: null,
      errors: [],
    }),
    inbox: command({
      about: 'Asks for the inbox, newest items first: 50 unless `limit` says otherwise, and those before a `seq`.',
      access: 'user',
      input: z.object({
        before: z.number().int().min(1).optional(),
        limit: z.number().int().min(1).max(LONGEST_INBOX).default(INBOX_PAGE),
      }),
      output: z.object({ inbox: z.array(inboxItem), more: z.boolean() }),
      answer: null,
      errors: [],
    }),
    'inbox-seen': command({
      about: 'Items of the inbox up to this `seq` count as seen.',
      access: 'user',
      input: z.object({ upTo: z.number().int().min(0) }),
      output: empty,
      answer: null,
      errors: [],
    }),
    invite: command({
      about:
        'Invites a user who need not be in the workspace, or rings one (`ring`). The user accepts with `attend` and the ' +
        'token of the invite, which needs no PIN. A repetition is answered with the invite that is open.',
      access: 'caller',
      input: z.object({ ...seat, user: someUser, ring: z.boolean(), media: media.default('video') }),
      output: z.object({ invite }),
      answer: null,
      errors: ['NO_SUCH_USER', 'NOT_ALLOWED'],
    }),
    'cancel-invite': command({
      about: 'Takes an invite back: for the attendee who sent it, and for the owner.',
      access: 'seat',
      input: z.object({ ...seat, invite: someInvite }),
      output: empty,
      answer: null,
      errors: ['INVITE_OVER', 'OWNER_ONLY'],
    }),
    decline: command({
      about: 'Declines an invite, on all connections of the user.',
      access: 'user',
      input: z.object({ invite: someInvite, reason: z.enum(['declined', 'busy']).default('declined') }),
      output: empty,
      answer: null,
      errors: ['INVITE_OVER', 'WORKSPACE_GONE'],
    }),
    dial: command({
      about:
        'Calls a user: makes a workspace of two seats, which ends with its call, and rings the user into it. Of two who dial ' +
        'each other, the later one gets a seat in the workspace of the earlier one. After `invite-answered` with `accepted`, ' +
        "the owner's client rings the other seat, whose client answers by itself.",
      access: 'user',
      input: z.object({ user: someUser, media, nonce, session: session.optional() }),
      output: notices.created.payload.extend({ invite }),
      answer: 'created',
      errors: ['NO_SUCH_USER', 'NOT_ALLOWED', 'FULL', 'KICKED'],
    }),
    attendees: command({
      about: 'Asks who is seated.',
      access: 'seat',
      input: z.object(seat),
      output: notices.attendees.payload,
      answer: 'attendees',
      errors: [],
    }),
    leave: command({
      about: 'Gives the seat up. When the owner leaves, the workspace stays and the owner can come back.',
      access: 'seat',
      input: z.object(seat),
      output: empty,
      answer: null,
      errors: [],
    }),
    destroy: command({
      about: 'Closes the workspace for everybody. All its tokens are worth nothing afterwards.',
      access: 'owner',
      input: z.object(seat),
      output: empty,
      answer: 'destroyed',
      errors: [],
    }),
    kick: command({
      about:
        'Removes an attendee; its access token is worth nothing afterwards. A guest can attend again with the invitation; a ' +
        'user is refused (`KICKED`) until the owner invites that user or renews the invitation. With `renewInvitation: true` the same step makes a new one, as `renew-invitation` does, which the ' +
        'removed attendee does not get; the ack has it as `workspace`.',
      access: 'owner',
      input: z.preprocess(
        kickOfTheFirstGeneration,
        z.object({
          ...seat,
          attendee: someAttendee.optional(),
          kickedAttendee: someAttendee,
          renewInvitation: z.boolean().default(false),
        }),
      ),
      output: notices.kicked.payload.extend({ workspace: notices.invitation.payload.shape.workspace.optional() }),
      answer: 'kicked',
      errors: ['NO_SUCH_ATTENDEE'],
    }),
    'renew-invitation': command({
      about:
        'Makes a new invitation. Former invitations admit nobody from then on; seats and access tokens stay. The server ' +
        'forgets the wrong PINs that it counted against the former invitation.',
      access: 'owner',
      input: z.object(seat),
      output: notices.invitation.payload,
      answer: 'invitation',
      errors: [],
    }),
    admission: command({
      about:
        "Changes whether newcomers wait until the owner admits them ('ask') or take their seats at once ('open'). Once " +
        'nobody has to wait, those who do are admitted in their order while there are seats.',
      access: 'owner',
      input: z.object({ ...seat, admission }),
      output: notices.admission.payload,
      answer: 'admission',
      errors: [],
    }),
    admit: command({
      about:
        'Gives somebody in the waiting room a seat, exactly as if that person attended at this moment. The person gets ' +
        '`attendance-granted`, then `iceservers`.',
      access: 'owner',
      input: z.object({ ...seat, waiting: someKnock }),
      output: empty,
      answer: null,
      errors: ['NO_SUCH_ATTENDEE', 'FULL'],
    }),
    'turn-away': command({
      about: 'Does not let somebody in the waiting room in.',
      access: 'owner',
      input: z.object({ ...seat, waiting: someKnock }),
      output: empty,
      answer: null,
      errors: ['NO_SUCH_ATTENDEE'],
    }),
    'give-up': command({
      about: 'Gives up the places in waiting rooms that this connection has.',
      access: 'anyone',
      input: empty,
      output: empty,
      answer: null,
      errors: [],
    }),
    ring: command({
      about:
        'Rings an attendee. The first ring starts the call. Somebody whose connection is away hears it on coming back, ' +
        'while it rings.',
      access: 'caller',
      input: z.object({ ...seat, callee: someAttendee, offer: sessionDescription, call, nonce }),
      output: empty,
      answer: null,
      errors: ['NO_SUCH_ATTENDEE', 'NO_CALL', 'NOT_ON_CALL', 'TIME_OVER'],
    }),
    answer: command({
      about: 'Accepts a ring: the sender is on the call.',
      access: 'seat',
      input: z.object({ ...seat, caller: someAttendee, answer: sessionDescription, call, nonce }),
      output: empty,
      answer: null,
      errors: ['NO_SUCH_ATTENDEE', 'NO_CALL'],
    }),
    busy: command({
      about: 'Declines a ring.',
      access: 'seat',
      input: z.object({ ...seat, caller: someAttendee, call }),
      output: empty,
      answer: null,
      errors: ['NO_SUCH_ATTENDEE', 'NO_CALL'],
    }),
    hangup: command({
      about:
        "From the owner: ends the call for everybody. With callControl 'participants', from somebody else: takes the " +
        'sender off the call.',
      access: 'caller',
      input: z.object({ ...seat, call }),
      output: empty,
      answer: null,
      errors: ['NO_CALL', 'NOT_ON_CALL'],
    }),
    'leave-call': command({
      about: 'Takes the sender off the call; the seat stays.',
      access: 'participant',
      input: z.object({ ...seat, call }),
      output: empty,
      answer: null,
      errors: ['NO_CALL'],
    }),
    'extend-call': command({
      about:
        'Has the call end so many seconds later than it would. Without a call, the workspace gets so much more time for its ' +
        'calls. A call without a limit stays as it is (`endsAt` is null).',
      access: 'owner',
      input: z.object({ ...seat, call, seconds: z.number().positive().max(MAX_EXTENSION_SECONDS) }),
      output: notices['call-extended'].payload,
      answer: 'call-extended',
      errors: ['NO_CALL'],
    }),
    negotiation: command({
      about: 'Hands an offer or an answer on. `attendee` is the TARGET, `broadcaster` the sender.',
      access: 'seat',
      input: z.object({
        ...relay,
        message: z.object({ type: z.enum(['offer', 'answer']), data: sessionDescription }),
      }),
      output: empty,
      answer: null,
      errors: ['NO_SUCH_ATTENDEE'],
    }),
    icecandidate: command({
      about: 'Hands an ICE candidate on. `attendee` is the TARGET, `broadcaster` the sender.',
      access: 'seat',
      input: z.object({ ...relay, candidate: iceCandidate }),
      output: empty,
      answer: null,
      errors: ['NO_SUCH_ATTENDEE'],
    }),
    'open-consultation': command({
      about:
        'Opens a consultation with clients, and takes its first seat as the owner. Its clients are invited at once, or at their ' +
        "next sign-in, until it is closed. The same `externalId` again is the same consultation: the answer is its owner's seat.",
      access: 'user',
      input: z.object({
        subject: plainText(MOST_SUBJECT).default(''),
        clients: z.array(someUser).max(MOST_CLIENTS),
        externalId: externalId.optional(),
        callMinutes: z.number().positive().max(MOST_MINUTES).optional(),
        admission: admission.default('open'),
        session: session.optional(),
        nonce,
      }),
      output: notices.created.payload.extend({ consultation, waiting: z.array(knock), serverNow }),
      answer: null,
      errors: ['NOT_ALLOWED', 'CONSULTATION_CLOSED', 'NO_SUCH_CONSULTATION', 'NO_SUCH_USER', 'WORKSPACE_GONE'],
    }),
    'close-consultation': command({
      about: 'Closes a consultation and its workspace. Its users can still read its chat and its times.',
      access: 'user',
      input: z.object({ consultation: someConsultation }),
      output: z.object({ consultation, serverNow }),
      answer: null,
      errors: ['NOT_ALLOWED', 'NO_SUCH_CONSULTATION', 'WORKSPACE_GONE'],
    }),
    consultations: command({
      about:
        'Lists the consultations of the user, the latest first. `before` is the `openedAt` of the last one of the page before, ' +
        'exclusive.',
      access: 'user',
      input: z.object({
        status: z.enum(['open', 'closed']).optional(),
        before: z.number().int().optional(),
        limit: z.number().int().min(1).max(200).default(50),
      }),
      output: z.object({ consultations: z.array(consultation), more: z.boolean(), serverNow }),
      answer: null,
      errors: ['NOT_ALLOWED'],
    }),
    consultation: command({
      about: 'Reads a consultation of the user, by its id or by the `externalId` of the host system.',
      access: 'user',
      input: z
        .object({ consultation: someConsultation.optional(), externalId: externalId.optional() })
        .refine((input) => (input.consultation === undefined) !== (input.externalId === undefined), {
          path: ['consultation'],
          error: 'must be there, or externalId, and not both',
        }),
      output: z.object({ consultation, serverNow }),
      answer: null,
      errors: ['NOT_ALLOWED', 'NO_SUCH_CONSULTATION'],
    }),
    message: command({
      about:
        "Writes in the chat. The answer comes when the message lasts. `messageId` is the client's own: the same one again is " +
        'the same message and gets the same answer, so a client repeats it until it has an answer.',
      access: 'seat',
      input: z.object({ ...seat, messageId, text: chatText(limits.message) }),
      output: chatMessage.pick({ seq: true, at: true }),
      answer: null,
      errors: ['NOT_ALLOWED', 'CONSULTATION_CLOSED'],
    }),
    messages: command({
      about:
        'Reads the chat, oldest first: the latest messages, or those before or after a `seq`. `more` says whether there are ' +
        'further ones in that direction. A seat names its workspace, with its access token; a user of a consultation names the ' +
        'consultation instead, also when it is closed.',
      access: 'anyone',
      input: z
        .object({
          workspace: workspaceId.optional(),
          attendee: someAttendee.optional(),
          accessToken: accessToken.optional(),
          consultation: someConsultation.optional(),
          before: z.number().int().min(1).optional(),
          after: z.number().int().min(0).optional(),
          limit: z.number().int().min(1).max(200).default(100),
        })
        .refine(({ before, after }) => before === undefined || after === undefined, {
          path: ['before'],
          error: 'must be absent where `after` is given',
        }),
      output: z.object({ messages: z.array(chatMessage), more: z.boolean() }),
      answer: null,
      errors: [...commonErrors.seated, 'NOT_SIGNED_IN', 'NO_SUCH_CONSULTATION', 'NOT_ALLOWED'],
    }),
    'start-recording': command({
      about:
        'Starts a recording of the call. Nobody is recorded who has not agreed with `consent`, the sender neither. For the ' +
        'owner, and for a user to whom the host system gave `mesh.record`. A recording that is on already is the answer.',
      access: 'seat',
      input: z.object(seat),
      output: z.object({ recording: someRecording }),
      answer: null,
      errors: ['NOT_ALLOWED', 'OWNER_ONLY', 'NO_CALL'],
    }),
    'stop-recording': command({
      about: 'Ends the recording, for those who may start one. Parts that were begun are still uploaded.',
      access: 'seat',
      input: z.object({ ...seat, recording: someRecording }),
      output: empty,
      answer: null,
      errors: ['NOT_ALLOWED', 'OWNER_ONLY', 'NO_RECORDING'],
    }),
    consent: command({
      about:
        'Says whether the sender agrees to be recorded; `given: false` withdraws it at once. `text` names the version of the ' +
        'text that the person has read; without it the records have an empty one, and do not prove what was read. The server keeps ' +
        'who said what, and when. The same again changes nothing. After 100 changes in one recording `given: true` is ' +
        'refused (NOT_ALLOWED); a withdrawal never is.',
      access: 'seat',
      input: z.object({ ...seat, recording: someRecording, given: z.boolean(), text: text(MOST_SUBJECT).default('') }),
      output: empty,
      answer: null,
      errors: ['NOT_ALLOWED', 'NO_RECORDING'],
    }),
    recordings: command({
      about:
        'Lists the recordings of a workspace for its owner, those first that began last, 50 at the most. A seat names its workspace, ' +
        'with its access token, which is good for this beyond its end and that of the workspace as long as for uploads ' +
        '(docs/recording.md). A user who owned the workspace names it alone, or its consultation, also when it is over. ' +
        'The bytes of a part, and those of a ' +
        '`film` (all parts in one file), are at its `url`, relative to the URL of the server, for a GET with `Authorization: Bearer` and `downloadToken`, which is good for an ' +
        'hour; also in ranges. A DELETE there gives up a part that is not whole, once the recording is over. `NO_RECORDING`: the user has none there.',
      access: 'anyone',
      input: z.object({
        workspace: workspaceId.optional(),
        attendee: someAttendee.optional(),
        accessToken: accessToken.optional(),
        consultation: someConsultation.optional(),
      }),
      output: z.object({ recordings: z.array(listedRecording), downloadToken: z.string() }),
      answer: null,
      errors: [
        'INVALID_TOKEN',
        'TOKEN_EXPIRED',
        'WORKSPACE_GONE',
        'OWNER_ONLY',
        'NOT_SIGNED_IN',
        'NO_SUCH_CONSULTATION',
        'NO_RECORDING',
        'NOT_ALLOWED',
      ],
    }),
    'recording-part': command({
      about:
        'Begins a part: one run of a recorder on what the sender sends, for which it must have agreed. `part` is the ' +
        "client's own id; the same one again is the same upload, with a fresh token. `startedAt` is in ms since the epoch by " +
        'the clock of the server. A part may come late: while there is time for uploads, it counts whether the recording was on ' +
        'and the sender had agreed when it began, also after the seat, the call or the workspace. The bytes go to `uploadUrl` by tus 1.0.0 (docs/recording.md); it is relative to the URL of ' +
        'the server.',
      access: 'seat',
      input: z.object({
        ...seat,
        recording: someRecording,
        part: partId,
        mimeType: recordedType,
        startedAt: time,
        source: z.enum(['camera', 'screen']).default('camera'),
      }),
      output: z.object({ uploadUrl: z.string(), uploadToken: z.string() }),
      answer: null,
      errors: ['NOT_ALLOWED', 'NO_RECORDING'],
    }),
    'mic-toggle': command({
      about: 'Tells the others that the microphone is on or off. Later arrivals see it in the attendee.',
      access: 'seat',
      input: toggle,
      output: empty,
      answer: null,
      errors: [],
    }),
    'cam-toggle': command({
      about: 'Tells the others that the camera is on or off. Later arrivals see it in the attendee.',
      access: 'seat',
      input: toggle,
      output: empty,
      answer: null,
      errors: [],
    }),
    'peer-state': command({
      about:
        "Reports how the sender's connection with a peer is doing, so that the log can tell who can't reach whom. " +
        'The answer to `failed` names what `ice_candidate_filter` has left out of the candidates of the sender to that peer: `leftOut`.',
      access: 'participant',
      input: z.object({
        ...seat,
        peer: someAttendee,
        state: z.string().regex(/^[a-z-]{1,32}$/),
        route: z
          .string()
          .regex(/^[a-z-]{1,32}$/)
          .optional(),
        reason: z
          .string()
          .regex(/^[a-z0-9-]{1,64}$/)
          .optional(),
      }),
      output: z.object({ leftOut: z.array(z.string()).optional() }),
      answer: null,
      errors: ['NO_SUCH_ATTENDEE'],
    }),
    iceservers: command({
      about: 'Asks for STUN and TURN servers. Without a valid access token the answer has STUN only, and no error.',
      access: 'anyone',
      input: z.object({
        workspace: workspaceId.optional(),
        attendee: someAttendee.optional(),
        accessToken: accessToken.optional(),
      }),
      output: z.object({ iceServers: z.array(iceServer) }),
      answer: 'iceservers',
      errors: ['ICE_UNAVAILABLE'],
    }),
  } as const;
}
