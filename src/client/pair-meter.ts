import type { PairSample } from './picture-policy.ts';

/** The counters of RTCStats (W3C webrtc-stats) whose growth tells what the encoder and the decoder of a pair do. */
const counters = ['framesEncoded', 'totalEncodeTime', 'framesDecoded', 'totalDecodeTime'] as const;
type Counter = (typeof counters)[number];

/** Reads the reports of one connection: each sample covers the time since the one before. */
export class PairMeter {
  #former: { at: number; counts: Partial<Record<Counter, number>> } | null = null;
  #hasSound = false;

  /** Whether sound ever went out. */
  get hasSound(): boolean {
    return this.#hasSound;
  }

  /** @param now a clock in ms @returns null for the first report */
  read(report: RTCStatsReport, now: number): PairSample | null {
    const counts: Partial<Record<Counter, number>> = {};
    const found: { -readonly [Key in keyof PairSample]?: PairSample[Key] } = {};
    report.forEach((stats) => {
      if (stats.type === 'outbound-rtp' && stats.kind === 'audio' && stats.packetsSent > 0) this.#hasSound = true;
      if (stats.type === 'candidate-pair' && stats.nominated && stats.availableOutgoingBitrate)
        found.availableBitrate = stats.availableOutgoingBitrate;
      if (stats.kind !== 'video') return;
      if (stats.type === 'media-source') found.sourceRate = stats.framesPerSecond;
      if (stats.type === 'outbound-rtp') found.limitedBy = stats.qualityLimitationReason;
      if (stats.type !== 'outbound-rtp' && stats.type !== 'inbound-rtp') return;
      for (const counter of counters) if (counter in stats) counts[counter] = stats[counter];
    });
    const former = this.#former;
    this.#former = { at: now, counts };
    if (!former || now <= former.at) return null;
    const grown = (counter: Counter) => {
      const count = counts[counter];
      return count === undefined ? undefined : Math.max(0, count - (former.counts[counter] ?? 0));
    };
    const each = (frames: number | undefined, seconds: number | undefined) =>
      frames && seconds !== undefined ? (seconds / frames) * 1000 : undefined;
    const rate = (frames: number | undefined) =>
      frames === undefined ? undefined : (frames * 1000) / (now - former.at);
    const encoded = grown('framesEncoded');
    const decoded = grown('framesDecoded');
    return {
      ...found,
      since: former.at,
      encodedRate: rate(encoded),
      encodeMs: each(encoded, grown('totalEncodeTime')),
      decodedRate: rate(decoded),
      decodeMs: each(decoded, grown('totalDecodeTime')),
    };
  }
}
