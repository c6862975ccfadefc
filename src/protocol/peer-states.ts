/**
 * What a client may say of its connection with a peer in `peer-state`. The client library says nothing else; the server
 * takes other words too, and counts them as `other`.
 */
export const peerStates = ['connecting', 'connected', 'reconnecting', 'failed'] as const;

/** The type of the local ICE candidate in use (RFC 8445): 'relay' goes through a TURN server, the others are direct. */
export const peerRoutes = ['host', 'srflx', 'prflx', 'relay'] as const;

/** The most likely reason why two participants are not connected. */
export const failureReasons = [
  /** The other side never answered the offer. */
  'answer-timeout',
  /** The other side lost its connection with the server. */
  'peer-gone',
  /** Only relays are allowed, and none gave an address. */
  'no-relay-candidates',
  /** A TURN server refused the credentials. */
  'turn-unauthorized',
  /** The browser could reach no TURN server. */
  'turn-unreachable',
  /** Neither STUN nor TURN answered over UDP. */
  'udp-blocked',
  /** Both sides exchanged addresses, and none of them led to the other side. */
  'no-route',
] as const;
