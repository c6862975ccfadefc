/** How much of a camera's picture each of the others gets: members of RTCRtpEncodingParameters (W3C WebRTC). */
export interface VideoLimits {
  /** bits in a second */
  readonly maxBitrate: number;
  readonly scaleResolutionDownBy: number;
  readonly maxFramerate: number;
}

/**
 * In a mesh everybody encodes and sends a picture for everybody else, so what a line and a processor can bear is
 * shared out among them; and the more there are, the smaller are the tiles.
 * @param others how many there are beside oneself
 */
export function videoLimits(others: number): VideoLimits {
  if (others <= 2) return { maxBitrate: 1_200_000, scaleResolutionDownBy: 1, maxFramerate: 24 };
  if (others <= 4) return { maxBitrate: 500_000, scaleResolutionDownBy: 1.5, maxFramerate: 20 };
  return { maxBitrate: 200_000, scaleResolutionDownBy: 2.5, maxFramerate: 15 };
}
