import type { failureReasons, peerRoutes, peerStates } from '../protocol/peer-states.ts';
import type {
  AttendeeRecord,
  ConsultationRecord,
  InboxItemRecord,
  InviteRecord,
  KnockRecord,
  PostedMessage,
  WaitingPlace,
} from '../protocol/types.ts';
import { type ChatMessage, type ChatState, emptyChat } from './chat-log.ts';

export type {
  AttendeeRecord,
  ChatMessage,
  ChatState,
  ConsultationRecord,
  InboxItemRecord,
  InviteRecord,
  KnockRecord,
  PostedMessage,
  WaitingPlace,
};

/**
 * 'open': everybody with the invitation (and the PIN) takes a seat at once. 'ask': newcomers wait in the waiting room until
 * the owner admits them.
 */
export type Admission = 'open' | 'ask';

/**
 * The connection with the server. 'reconnecting': the client lost it and tries again by itself. 'closed': the page
 * closed the client, or another page took its seat; the connection does not come back.
 */
export type ServerConnection = 'connecting' | 'connected' | 'reconnecting' | 'closed';

/** The most likely reason why two participants are not connected. */
export type FailureReason = (typeof failureReasons)[number];

/** The connection with one participant. */
export interface PeerState {
  /**
   * 'connecting': not connected yet. 'connected': media flows. 'reconnecting': it was connected, and ICE restarts.
   * 'failed': it did not connect within `MeshClientOptions.deadlineMs`; the client tries on, so it may still connect.
   */
  readonly state: (typeof peerStates)[number];
  /** Why the connection failed; null unless `state` is 'failed'. */
  readonly reason: FailureReason | null;
  /**
   * What this server leaves out of the addresses (ICE candidates) that this side offers, while `state` is 'failed': the entries
   * of its setting `ice_candidate_filter`, such as 'mdns' or '10.8.0.0/16'. Where that is not empty, it may be the reason.
   */
  readonly leftOut: readonly string[];
  /**
   * The type of the local ICE candidate in use (RFC 8445): 'relay' goes through a TURN server, the others are direct.
   * Null until the first measurement.
   */
  readonly route: (typeof peerRoutes)[number] | null;
  /** The media of the participant; null until the first track arrives. */
  readonly stream: MediaStream | null;
  /**
   * A measurement of the last seconds: the round trip in ms and the share of packets lost, from 0 to 1. Null until the
   * first measurement.
   */
  readonly quality: { readonly roundTripMs: number; readonly loss: number } | null;
}

/** The seat of this attendee, and the workspace around it. */
export interface SeatState {
  readonly workspace: {
    readonly id: string;
    readonly name: string;
    readonly avatar: string;
    /** The time of its creation, in ms since the epoch. */
    readonly created: number;
    /** The invitation: a token that opens the workspace to everybody who has it (and the PIN, if there is one). */
    readonly token: string;
    readonly admission: Admission;
    /** Whether `MeshClient.dial` made it: it is for one call of two users, and ends with it. */
    readonly isDial: boolean;
  };
  /** The id of this attendee. */
  readonly self: string;
  readonly isOwner: boolean;
  /** All seated attendees, this one included, in the order in which they sat down. */
  readonly attendees: readonly AttendeeRecord[];
  /** The people who wait to be admitted, in their order, for the owner to see; empty for everybody else. */
  readonly waiting: readonly KnockRecord[];
}

/** The call of the workspace; there is one at a time. */
export interface CallState {
  readonly id: string;
  /** The time at which it started, in ms since the epoch, by the clock of the server (see `MeshClient.serverNow`). */
  readonly startedAt: number;
  /** The time at which the second participant came, by the same clock; null before. The time of the call counts from here. */
  readonly connectedAt: number | null;
  /** The time at which the server ends it for everybody, by the same clock; null if nothing limits it. */
  readonly endsAt: number | null;
  /** The ids of all attendees on the call, this one included. */
  readonly participants: readonly string[];
  /** Whether this attendee is on the call. */
  readonly joined: boolean;
}

/** A recording of the call that is on. `consent` of the client answers it. */
export interface RecordingState {
  readonly id: string;
  /** When it began, in ms since the epoch, by the clock of the server. */
  readonly startedAt: number;
  /** Whether each attendee agrees to be recorded, by id; those who have not answered are not here. */
  readonly consents: Readonly<Record<string, boolean>>;
}

/**
 * Why the client lost its seat. 'left': `leave` gave it up. 'kicked': the owner removed this attendee. 'destroyed': the
 * workspace is closed. 'seat-lost': this attendee was away for longer than the server's grace time, or its access token
 * expired. 'superseded': another page of this attendee took the seat; this client is closed then. Of a place in the waiting
 * room: 'turned-away': the owner did not admit this person. 'place-lost': after a lost connection the place could not be
 * taken again, because the invitation is not good any more or everything is full.
 */
export type EndReason = 'left' | 'kicked' | 'destroyed' | 'seat-lost' | 'superseded' | 'turned-away' | 'place-lost';

/** The user as whom this client has signed in. */
export interface UserState {
  readonly id: string;
  readonly name: string;
  readonly avatar?: string | undefined;
  /** When the credentials end, in ms since the epoch; null: they hold while the user is connected. The sign-in outlives them. */
  readonly expiresAt: number | null;
  /** Whether the user may open consultations: everybody in an open directory, else those whom the host system lets. */
  readonly opensConsultations: boolean;
  /** Whether the user may start and stop recordings, where the host system said so; otherwise the owner of the workspace may. */
  readonly record?: boolean | undefined;
  /** The only workspace in which the user may sit, where the host system named one, with the token that opens it. */
  readonly workspace?: { readonly id: string; readonly token: string };
}

/** What the user missed. */
export interface InboxState {
  /** Newest first. */
  readonly items: readonly InboxItemRecord[];
  /** How many of them, here and on the server, the user has not seen. */
  readonly unseen: number;
  /** Whether the server has older ones. */
  readonly more: boolean;
}

/** An open invite that the user got. With `ring` it rings, until `until` at the latest. */
export interface IncomingInvite extends InviteRecord {
  /** When this client heard of it, in ms since the epoch, by the clock of the server. */
  readonly since: number;
}

/** A user whom this client calls or invites. */
export interface InvitedUser {
  /** Of an open directory: the name. */
  readonly id: string;
  /** The name to show. */
  readonly name: string;
}

/**
 * What became of an invite. 'away': no connection of the user is there; it stays open, and a ring rings the user who signs in
 * within its time. 'accepted': the user takes a seat. 'unanswered': nobody answered in time. 'cancelled': it was taken back.
 * 'over': it has ended while this client was without a connection.
 */
export type OutgoingAnswer = 'away' | 'accepted' | 'declined' | 'busy' | 'unanswered' | 'cancelled' | 'over';

/**
 * An invite that this client sent. It stays here when it is over, until this client takes another seat or invites the same user
 * again. Once a user who was rung is on the call, the call takes its place.
 */
export interface OutgoingInvite {
  readonly invite: InviteRecord;
  readonly user: InvitedUser;
  /** Whether `dial` sent it: the workspace is for this call alone, and ends with it. */
  readonly isDial: boolean;
  /** When it was sent, in ms since the epoch, by the clock of the server. */
  readonly since: number;
  /** Whether it still rings, or waits for the user. */
  readonly isOpen: boolean;
  /** Null while nothing is known. */
  readonly answer: OutgoingAnswer | null;
}

/** A call from one user to another, as this browser remembers it. */
export interface RecentCall {
  readonly id: string;
  /** The other user, for `dial`; null for a caller who is a guest. */
  readonly userId: string | null;
  readonly name: string;
  readonly isOutgoing: boolean;
  /** When an outgoing call began, or an incoming one was answered or missed, in ms since the epoch. */
  readonly at: number;
  /**
   * Outgoing calls: as `OutgoingInvite.answer`. Incoming ones: 'accepted', 'declined', 'missed', or 'elsewhere' (another
   * connection of the user accepted it). Null: it rings.
   */
  readonly result: Exclude<OutgoingAnswer, 'away'> | 'missed' | 'elsewhere' | null;
  /** The workspace of an outgoing call, for `MeshClient.recordings`. */
  readonly workspace?: { readonly id: string };
}

/** The whole state of a client. It is immutable: every change makes a new object. */
export interface ClientState {
  readonly connection: ServerConnection;
  /** Null before the client takes a seat, and after it lost it. */
  readonly seat: SeatState | null;
  /** The place in the waiting room of a workspace whose owner has to admit this person; null while this client waits nowhere. */
  readonly waiting: WaitingPlace | null;
  /** Why the last seat or place ended; null while the client has one, and before its first one. */
  readonly ended: EndReason | null;
  /** The running call, whether this attendee is on it or not; null if there is none. */
  readonly call: CallState | null;
  /** The recording of the call, if one is on; then a page has to say so all the time. */
  readonly recording: RecordingState | null;
  /** The ring that waits for `accept` or `decline`. */
  readonly incoming: { readonly caller: AttendeeRecord; readonly callId: string } | null;
  /** The ids of the attendees that this attendee rings, until they answer, decline or the ring times out. */
  readonly ringing: readonly string[];
  /** The connections with the other participants and with the attendees that this one rings, by attendee id. */
  readonly peers: Readonly<Record<string, PeerState>>;
  /** The chat of the workspace; empty without a seat. */
  readonly chat: ChatState;
  /** The user as whom this client has signed in; null for a guest. */
  readonly user: UserState | null;
  /** The open invites of the user; those with `ring` ring now. */
  readonly invites: readonly IncomingInvite[];
  readonly inbox: InboxState;
  /** The invites that this client sent from its seat, with what became of them. */
  readonly outgoing: readonly OutgoingInvite[];
  /**
   * The last 50 calls of the user, the latest first: made and answered in this browser, and missed anywhere. They are forgotten
   * with `signOut`.
   */
  readonly recent: readonly RecentCall[];
  /**
   * The consultations of the user that this client has read, the latest first: those to which somebody invites the user come by
   * themselves, others by `MeshClient.consultations`. `joinConsultation` leads into those whose `status` is 'open'.
   */
  readonly consultations: readonly ConsultationRecord[];
  /** Whether the pictures that this client sends and receives are small because this device is busy. */
  readonly isDeviceBusy: boolean;
}

export const noInbox: InboxState = { items: [], unseen: 0, more: false };

export const initialState: ClientState = {
  connection: 'connecting',
  seat: null,
  waiting: null,
  ended: null,
  call: null,
  recording: null,
  incoming: null,
  ringing: [],
  peers: {},
  chat: emptyChat,
  user: null,
  invites: [],
  inbox: noInbox,
  outgoing: [],
  recent: [],
  consultations: [],
  isDeviceBusy: false,
};

export const newPeer: PeerState = {
  state: 'connecting',
  reason: null,
  leftOut: [],
  route: null,
  stream: null,
  quality: null,
};
