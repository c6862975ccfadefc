/**
 * A session description with the marks by which the receiver tells late, lost and repeated ones apart. The marks travel
 * as additional members of RTCSessionDescriptionInit (and of RTCIceCandidateInit, below); clients of the first
 * generation ignore them and send none.
 */
export type TaggedDescription = {
  type: 'offer' | 'answer';
  sdp: string;
  /** Names the RTCPeerConnection of the sender; every new one has another tag. */
  tag?: string;
  /** Of an offer: its number among the offers of its connection, from 1. */
  number?: number;
  /** Of an answer: the tag and the number of the offer that it answers. */
  answers?: { tag: string; number: number };
};

/** An ICE candidate with the tag of the connection that gathered it. */
export type TaggedCandidate = {
  candidate: string;
  sdpMid?: string | null | undefined;
  sdpMLineIndex?: number | null | undefined;
  usernameFragment?: string | null | undefined;
  tag?: string;
};

/** The candidate without its tag, as RTCPeerConnection takes it. */
export function untagged({ candidate, sdpMid, sdpMLineIndex, usernameFragment }: TaggedCandidate): RTCIceCandidateInit {
  return {
    candidate,
    sdpMid: sdpMid ?? null,
    sdpMLineIndex: sdpMLineIndex ?? null,
    usernameFragment: usernameFragment ?? null,
  };
}

/** Tells one connection of the other side from another: the tag, or without one the fingerprint of the certificate. */
export function originOf({ tag, sdp }: TaggedDescription): string {
  return tag ?? /^a=fingerprint:(.*)$/m.exec(sdp)?.[1]?.trim() ?? '';
}
