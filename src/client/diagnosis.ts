import type { FailureReason } from './state.ts';

/** The members of RTCPeerConnectionIceErrorEvent (W3C WebRTC) that tell why gathering failed. */
export interface GatheringError {
  url: string;
  /** A STUN error code (RFC 8489, RFC 8656), or 701 if the browser could not reach the server. */
  errorCode: number;
}

/** The state of a pair that does not connect. */
export interface Evidence {
  /** Whether the other side has a connection with the server. */
  peerOnline: boolean;
  /** Whether a description of the other side ever came. */
  answered: boolean;
  relayOnly: boolean;
  /** The URLs of the ICE servers. */
  servers: readonly string[];
  /** The types of the own candidates: host, srflx, prflx, relay. */
  candidateTypes: ReadonlySet<string>;
  errors: readonly GatheringError[];
}

const isTurn = (url: string) => /^turns?:/i.test(url);
const UNREACHABLE = 701;

/** The most likely reason why a pair is not connected. */
export function diagnose(evidence: Evidence): FailureReason {
  const { peerOnline, answered, relayOnly, servers, candidateTypes, errors } = evidence;
  if (!peerOnline) return 'peer-gone';

  const hasRelay = candidateTypes.has('relay');
  const turnErrors = errors.filter(({ url }) => isTurn(url));
  const refused = turnErrors.some(({ errorCode }) => errorCode !== UNREACHABLE);
  if (servers.some(isTurn) && !hasRelay) {
    if (refused) return 'turn-unauthorized';
    // Browsers report a silent server late, or not at all.
    if (relayOnly) return 'turn-unreachable';
  }
  if (relayOnly && !hasRelay) return 'no-relay-candidates';
  if (!answered) return 'answer-timeout';
  if (servers.some(isTurn) && !hasRelay && turnErrors.length > 0) return 'turn-unreachable';
  if (servers.length > 0 && !hasRelay && !candidateTypes.has('srflx') && errors.length > 0) return 'udp-blocked';
  return 'no-route';
}
