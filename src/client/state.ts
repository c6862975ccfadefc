import type { AttendeeRecord } from '../protocol/types.ts';

export type { AttendeeRecord };

/** How the connection with the server is. It comes back by itself from 'reconnecting'. */
export type ServerConnection = 'connecting' | 'connected' | 'reconnecting' | 'closed';

/** Why a pair is not connected. */
export type FailureReason =
  /** The other side never answered the offer. */
  | 'answer-timeout'
  /** The other side lost its connection with the server. */
  | 'peer-gone'
  /** Only relays are allowed, and none gave an address. */
  | 'no-relay-candidates'
  /** A TURN server refused the credentials. */
  | 'turn-unauthorized'
  /** No TURN server could be reached. */
  | 'turn-unreachable'
  /** Neither STUN nor TURN answered over UDP. */
  | 'udp-blocked'
  /** Addresses were exchanged, and none of them led to the other side. */
  | 'no-route';

/** What there is about the connection with one participant. */
export interface PeerState {
  readonly state: 'connecting' | 'connected' | 'reconnecting' | 'failed';
  /** Only while 'failed'. */
  readonly reason: FailureReason | null;
  /** How the media goes: directly, or through a relay. Known once connected. */
  readonly route: 'host' | 'srflx' | 'prflx' | 'relay' | null;
  /** What they send; null until something comes. */
  readonly stream: MediaStream | null;
  /** Round trip in ms and the share of packets lost (0 to 1) of the last seconds; null until measured. */
  readonly quality: { readonly roundTripMs: number; readonly loss: number } | null;
}

export interface SeatState {
  readonly workspace: {
    readonly id: string;
    readonly name: string;
    readonly avatar: string;
    /** ms since the epoch */
    readonly created: number;
    /** The invitation. */
    readonly token: string;
  };
  /** The id of this attendee. */
  readonly self: string;
  readonly isOwner: boolean;
  /** Everybody who is seated, this attendee included, in the order in which they sat down. */
  readonly attendees: readonly AttendeeRecord[];
}

export interface CallState {
  readonly id: string;
  /** ms since the epoch */
  readonly startedAt: number;
  readonly participants: readonly string[];
  /** Whether this attendee is on it. */
  readonly joined: boolean;
}

/** Why there is no seat any more. */
export type EndReason = 'left' | 'kicked' | 'destroyed' | 'seat-lost' | 'superseded';

/** Everything about a client, as it is right now. */
export interface ClientState {
  readonly connection: ServerConnection;
  readonly seat: SeatState | null;
  /** How the last seat ended; null while seated, and before. */
  readonly ended: EndReason | null;
  readonly call: CallState | null;
  /** Who rings this attendee. */
  readonly incoming: { readonly caller: AttendeeRecord; readonly callId: string } | null;
  /** Whom this attendee is ringing. */
  readonly ringing: readonly string[];
  /** By attendee id: everybody else on the call. */
  readonly peers: Readonly<Record<string, PeerState>>;
}

export const initialState: ClientState = {
  connection: 'connecting',
  seat: null,
  ended: null,
  call: null,
  incoming: null,
  ringing: [],
  peers: {},
};

export const newPeer: PeerState = { state: 'connecting', reason: null, route: null, stream: null, quality: null };
