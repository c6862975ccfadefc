/**
 * What the two sides of a pair send each other, with marks that tell late, lost and repeated ones apart. They travel as
 * additional members of RTCSessionDescriptionInit and RTCIceCandidateInit; a client that knows nothing of them ignores
 * them, and sends none.
 */
export type TaggedDescription = {
  type: 'offer' | 'answer';
  sdp: string;
  /** The RTCPeerConnection it comes from; every new one has another tag. */
  tag?: string;
  /** Of an offer: its number among those of its connection. */
  number?: number;
  /** Of an answer: the tag and the number of the offer that it answers. */
  answers?: { tag: string; number: number };
};

export type TaggedCandidate = {
  candidate: string;
  sdpMid?: string | null | undefined;
  sdpMLineIndex?: number | null | undefined;
  usernameFragment?: string | null | undefined;
  tag?: string;
};

/** A candidate without its mark, as RTCPeerConnection takes it. */
export function untagged({ candidate, sdpMid, sdpMLineIndex, usernameFragment }: TaggedCandidate): RTCIceCandidateInit {
  return {
    candidate,
    sdpMid: sdpMid ?? null,
    sdpMLineIndex: sdpMLineIndex ?? null,
    usernameFragment: usernameFragment ?? null,
  };
}

/** What tells one connection of the other side from another: its tag, or where it has none, its certificate. */
export function originOf({ tag, sdp }: TaggedDescription): string {
  return tag ?? /^a=fingerprint:(.*)$/m.exec(sdp)?.[1]?.trim() ?? '';
}

export function newTag(): string {
  return crypto.getRandomValues(new Uint32Array(2)).reduce((text, word) => text + word.toString(36), '');
}
