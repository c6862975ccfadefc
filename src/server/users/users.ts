import type { Refusal } from '../../protocol/errors.ts';
import type { SignedInUser } from './user.ts';

/** What somebody shows who signs in. */
export interface Credentials {
  readonly userToken?: string | undefined;
  readonly name?: string | undefined;
  readonly registration?: string | undefined;
}

/** The user who signs in. */
export interface Identity {
  /** `workspace` and `consultation` are as the host system names them. */
  readonly user: SignedInUser;
  /** When the credentials end, in ms since the epoch; null: while the user is connected, they do not. */
  readonly expiresAt: number | null;
  /** Holds the name of an open directory. */
  readonly registration?: string;
}

export type Unidentified = Refusal<
  | 'INVALID_TOKEN'
  | 'TOKEN_EXPIRED'
  | 'NAME_TAKEN'
  | 'NOT_ALLOWED'
  | 'INVALID_PAYLOAD'
  | 'RATE_LIMITED'
  | 'BUSY_TRY_AGAIN'
>;

/** Knows users: by the word of a host system, or because they hold a name. */
export interface Users {
  /** @throws StoreAway where the records that it needs are away */
  identify(credentials: Credentials, address: string): Promise<Identity | Unidentified>;
  /** The id of a user, as somebody else wrote it. */
  idOf(text: string): string;
  /** Whether there can be such a user. @throws StoreAway */
  exists(id: string): Promise<boolean>;
  /** A user has a connection at this node, and had none before. */
  onHere(id: string): void;
  /** The last connection that a user had at this node is gone. */
  onGone(id: string): void;
  close(): void;
}
