import type { NoticePayload } from '../../protocol/types.ts';
import type { Metadata, NumberedEvent } from './events.ts';

/**
 * The document of a workspace: everything the server knows about it, as plain JSON.
 *
 * Documents are never changed in place. A transition makes a new document, so that a store can compare revisions and keep
 * the former document when a write fails.
 */
export interface Workspace {
  readonly id: string;
  readonly name: string;
  readonly avatar: string;
  /** When it was created, in ms since the epoch. */
  readonly created: number;
  /** bcrypt hash of the PIN, or null where none was asked for. */
  readonly pinHash: string | null;
  /** How often the invitation was renewed. Only the latest invitation is valid. */
  readonly renewals: number;
  /** Whether whoever has the link and the PIN takes a seat at once ('open'), or waits until the owner admits them ('ask'). */
  readonly admission: Admission;
  /** The creator. Known also while away, because the owner can always come back. */
  readonly owner: Profile;
  /** The seats. An array and no object: an id that a client sends must never be a property name. */
  readonly attendees: readonly Attendee[];
  /** The waiting room: everybody who asked to be admitted, in the order in which they knocked. They have no seats. */
  readonly waiting: readonly WaitingPerson[];
  readonly call: Call | null;
  /** The recording that is on, and ends with the call at the latest. */
  readonly recording: Recording | null;
  /** Whether anybody but the creator ever had a seat. */
  readonly used: boolean;
  /** The user who owns it; null where the owner is a guest. The user's other devices may take the owner's seat. */
  readonly ownerUser: string | null;
  /** Users whom the owner removed. They stay out until the owner invites them, or renews the invitation. */
  readonly kickedUsers: readonly string[];
  /** Invites that are open. */
  readonly invites: readonly Invite[];
  /** Whether it was made for one call of two users, and ends with it. */
  readonly dialled: boolean;
  /** The id of a host system, and what it attached; null and empty without one. */
  readonly externalId: string | null;
  readonly metadata: Metadata;
  /** Seats, the owner's included; null: as the server's settings say. */
  readonly capacity: number | null;
  /** The consultation that takes place in it. It lasts until somebody closes it, and does not expire. */
  readonly consultation: Consultation | null;
  /**
   * When it was closed, in ms since the epoch; null while it is open. A closed workspace admits nobody and is gone for
   * everybody; its document stays until the records have its last events.
   */
  readonly closed: number | null;
  /** How many events it has had: the `seq` of the latest. */
  readonly seq: number;
  /** The latest events. One leaves when the records have it, with the next change. */
  readonly outbox: readonly NumberedEvent[];
  /** How long all of its calls together may be connected, ms; null: as long as they like. */
  readonly callBudgetMs: number | null;
  /** How long its calls that are over were connected, all together, ms. */
  readonly callUsedMs: number;
  /** Grows with every change; the version of the compare-and-set too. */
  readonly rev: number;
  /** When it last changed, in ms since the epoch; idle time counts from here. */
  readonly touched: number;
}

export type Admission = 'open' | 'ask';

export interface Profile {
  readonly id: string;
  readonly name: string;
  readonly avatar: string;
}

/** An attendee: a person seated in a workspace. */
export interface Attendee extends Profile {
  /** Random id of the page that holds the seat: the same after a lost network, another after a reload. */
  readonly session: string | null;
  /** The name of the connection that holds the seat, or null while it is lost. No client ever sees it. */
  readonly connection: string | null;
  /** When the connection was lost, in ms since the epoch; null while connected. */
  readonly droppedAt: number | null;
  /** A client of Engine.IO 3 (Socket.IO 2), which knows only the oldest notices. */
  readonly legacy: boolean;
  /** The user who holds the seat; null for a guest. */
  readonly user: string | null;
  /**
   * How somebody whom the owner has just admitted takes the seat, if the connection was lost before the access token
   * came: with the session of the page that knocked. Null for everybody else, and as soon as the access token was used.
   */
  readonly admitted: AdmittedPage | null;
  readonly mic: boolean;
  readonly cam: boolean;
}

interface AdmittedPage {
  readonly session: string;
  /** When the owner admitted it, in ms since the epoch. */
  readonly at: number;
}

/** Somebody in the waiting room. The id is the one that the attendee will have. */
export interface WaitingPerson extends Profile {
  /** Random id of the page that knocked. With it, the same page finds its place again. */
  readonly session: string | null;
  /** The name of its connection, or null while it is lost. */
  readonly connection: string | null;
  /** When the connection was lost, in ms since the epoch; null while connected. */
  readonly droppedAt: number | null;
  /** The user who knocked; null for a guest. */
  readonly user: string | null;
  /** When it knocked, in ms since the epoch. */
  readonly since: number;
}

/** The one call that a workspace can have at a time. */
export interface Call {
  /** The id that its caller gave it. */
  readonly id: string;
  /** The id that the server gave it, which no other call ever has. Records and webhooks name it so. */
  readonly uid: string;
  /** ms since the epoch. */
  readonly startedAt: number;
  /** When the second participant came, in ms since the epoch; null before. */
  readonly connectedAt: number | null;
  /** When it ends for everybody, in ms since the epoch; null: no limit, or not connected yet. */
  readonly endsAt: number | null;
  /** When its participants were last warned that it ends, or told of another end, in ms since the epoch. */
  readonly warnedAt: number | null;
  readonly limit: CallLimit;
  /** The parts of all participants, also of those who have left, in the order in which they came. */
  readonly legs: readonly Leg[];
  /** Ids of the attendees on the call, in the order in which they came. */
  readonly participants: readonly string[];
  readonly rings: readonly Ring[];
}

/** A recording of the call. */
export interface Recording {
  readonly id: string;
  /** The call that it records, by the id that the server gave it. */
  readonly call: string;
  /** ms since the epoch. */
  readonly startedAt: number;
  /** The attendee who started it; null: a host system did. */
  readonly startedBy: string | null;
  /** What attendees have said about being recorded; the latest word of each. Nobody is recorded who has said nothing. */
  readonly consents: readonly Consent[];
}

export interface Consent {
  readonly attendee: string;
  readonly given: boolean;
  /** The version of the text that the attendee has read, as the client names it. */
  readonly text: string;
  /** ms since the epoch. */
  readonly at: number;
  /** How often the attendee has said something else of this recording than before, this time included. */
  readonly changes: number;
}

/** The limit of one call, as the settings were when it started. */
export interface CallLimit {
  /** How long it may be connected, ms; null: as long as the budget of the workspace allows. */
  readonly maxMs: number | null;
  /** So long before its end its participants are warned, ms. */
  readonly warningsMs: readonly number[];
}

/** A ring that its callee has not answered yet. */
export interface Ring {
  readonly caller: string;
  readonly callee: string;
  /** When it counts as unanswered, in ms since the epoch. */
  readonly until: number;
  /** For a callee that comes back while it rings; null where the callee was on the call already. */
  readonly payload: RingPayload | null;
}

/** What the caller sends with a ring: the offer, and what the callee echoes. */
export type RingPayload = Pick<NoticePayload<'ring'>, 'offer' | 'call' | 'nonce'>;

/** One stay of an attendee in a call. Somebody who leaves and comes back has two. */
export interface Leg {
  readonly attendee: string;
  readonly user: string | null;
  /** ms since the epoch. */
  readonly joinedAt: number;
  /** ms since the epoch; null while on the call. */
  readonly leftAt: number | null;
}

/** An invite of a user who need not be in the workspace. */
export interface Invite {
  readonly id: string;
  /** The user who is invited. */
  readonly user: string;
  /** The attendee who invites, and its user. */
  readonly from: { readonly id: string; readonly name: string; readonly user: string | null };
  /** Whether it rings. */
  readonly ring: boolean;
  readonly media: 'audio' | 'video';
  /** When it counts as unanswered, in ms since the epoch; null: it stays open. */
  readonly until: number | null;
  /** The call into which it leads, by the caller's id; null where none is on. */
  readonly call: string | null;
  /** The consultation into which it leads. */
  readonly consultation: string | null;
}

/** A consultation of a provider with clients, all of whom are users. */
export interface Consultation {
  readonly id: string;
  /** The id that the host system gave it; no two consultations of a server have the same. */
  readonly externalId: string | null;
  readonly subject: string;
  readonly provider: UserName;
  readonly clients: readonly UserName[];
}

/** A user, by the name that was known when the consultation was opened. */
interface UserName {
  readonly id: string;
  readonly name: string;
}
