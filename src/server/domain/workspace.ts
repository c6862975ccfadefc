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
  /** The creator. Known also while away, because the owner can always come back. */
  readonly owner: Profile;
  /** The seats. An array and no object: an id that a client sends must never be a property name. */
  readonly attendees: readonly Attendee[];
  readonly call: Call | null;
  /** Whether anybody but the creator ever had a seat. */
  readonly used: boolean;
  /** Grows with every change; the version of the compare-and-set too. */
  readonly rev: number;
  /** When it last changed, in ms since the epoch; idle time counts from here. */
  readonly touched: number;
}

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
  readonly mic: boolean;
  readonly cam: boolean;
}

/** The one call that a workspace can have at a time. */
export interface Call {
  readonly id: string;
  /** ms since the epoch. */
  readonly startedAt: number;
  /** Ids of the attendees on the call, in the order in which they came. */
  readonly participants: readonly string[];
  readonly rings: readonly Ring[];
}

/** A ring that its callee has not answered yet. */
export interface Ring {
  readonly caller: string;
  readonly callee: string;
  /** When it counts as unanswered, in ms since the epoch. */
  readonly until: number;
}
