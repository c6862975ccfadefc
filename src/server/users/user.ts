/** A user who signed in on a connection. What the token said counts for as long as the connection stays signed in. */
export interface SignedInUser {
  readonly id: string;
  readonly name: string;
  /** A URL or data URI; null where the host system gave none. */
  readonly avatar: string | null;
  /** The only workspace in which the user may sit; null: any. */
  readonly workspace: string | null;
  /** The part that the host system gives to the user. */
  readonly role: 'owner' | 'attendee';
  /** The consultation for which the user came. */
  readonly consultation: string | null;
  /** Whether the user passes waiting rooms. */
  readonly skipsWaiting: boolean;
  /** Whether the user may start and stop recordings; null: the host system did not say, and the owner alone may. */
  readonly record: boolean | null;
}
