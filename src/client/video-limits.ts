/** Bounds of the picture that goes to each participant: members of RTCRtpEncodingParameters (W3C WebRTC). */
export interface VideoLimits {
  /** bits per second */
  readonly maxBitrate: number;
  /** The divisor of width and height. */
  readonly scaleResolutionDownBy: number;
  /** frames per second */
  readonly maxFramerate: number;
}

/**
 * In a mesh every participant encodes and sends one picture for each of the others, so they share its uplink and its
 * processor. The more of them there are, the smaller are the tiles.
 * @param others the number of other participants
 */
export function videoLimits(others: number): VideoLimits {
  if (others <= 2) return { maxBitrate: 1_200_000, scaleResolutionDownBy: 1, maxFramerate: 24 };
  if (others <= 4) return { maxBitrate: 500_000, scaleResolutionDownBy: 1.5, maxFramerate: 20 };
  return { maxBitrate: 200_000, scaleResolutionDownBy: 2.5, maxFramerate: 15 };
}
