import { highestWithin } from './climb.ts';

/** A size of picture. */
interface Rung {
  /** bits a second */
  readonly maxBitrate: number;
  /** frames a second */
  readonly maxFramerate: number;
  /** The divisor of width and height. */
  readonly divisor: number;
  /** A screen keeps its pixels, so that text stays legible, and loses frames instead. */
  readonly screen: { readonly divisor: number; readonly maxFramerate: number };
}

/** The sizes from the least to the full one. Each costs two to three times as much as the one before. */
const ladder: readonly [Rung, ...Rung[]] = [
  { maxBitrate: 80_000, maxFramerate: 5, divisor: 4, screen: { divisor: 2, maxFramerate: 2 } },
  { maxBitrate: 120_000, maxFramerate: 10, divisor: 4, screen: { divisor: 2, maxFramerate: 4 } },
  { maxBitrate: 200_000, maxFramerate: 12, divisor: 2.5, screen: { divisor: 1.5, maxFramerate: 6 } },
  { maxBitrate: 350_000, maxFramerate: 16, divisor: 2, screen: { divisor: 1, maxFramerate: 8 } },
  { maxBitrate: 600_000, maxFramerate: 20, divisor: 1.5, screen: { divisor: 1, maxFramerate: 15 } },
  { maxBitrate: 1_200_000, maxFramerate: 24, divisor: 1, screen: { divisor: 1, maxFramerate: 24 } },
];

export const TOP = ladder.length - 1;
/** The cost of each rung for the processors, and for the network. */
export const costs = ladder.map(({ maxFramerate, divisor }) => maxFramerate / divisor ** 2);
export const bitrates = ladder.map(({ maxBitrate }) => maxBitrate);

/** The picture of this side that goes out to all. */
export interface PictureSource {
  readonly isScreen: boolean;
  /** Its height or its width, the lesser of them, in pixels. */
  readonly height: number;
}

/** The picture that a participant wants at most. */
export interface PictureWish {
  /** The height in which it is shown, in device pixels; 0: it is hidden; null: unknown. */
  readonly height: number | null;
  /** The frames a second that the device can carry; null: all. */
  readonly frameRate: number | null;
}

/** Members of RTCRtpEncodingParameters (W3C WebRTC, and its extension WebRTC Priority). */
export interface PictureEncoding {
  readonly active: boolean;
  /** bits a second */
  readonly maxBitrate: number;
  readonly scaleResolutionDownBy: number;
  /** frames a second */
  readonly maxFramerate: number;
  readonly priority: RTCPriorityType;
}

/** @param rung from 0 to TOP */
export function rungAt(rung: number): Rung {
  return ladder[rung] ?? ladder[0];
}

export function encodingOf(rung: number, { isScreen }: PictureSource, active: boolean): PictureEncoding {
  const { maxBitrate, screen, ...camera } = rungAt(rung);
  const { divisor, maxFramerate } = isScreen ? screen : camera;
  return { active, maxBitrate, scaleResolutionDownBy: divisor, maxFramerate, priority: 'low' };
}

/** The least rung that fulfils a wish. */
export function wishedRung({ height, frameRate }: PictureWish, source: PictureSource): number {
  const byRate = frameRate === null ? TOP : highestWithin(frameRates, frameRate);
  return Math.min(byRate, height === null ? TOP : rungForHeight(height, source));
}

const frameRates = ladder.map(({ maxFramerate }) => maxFramerate);

/** The first rung whose picture is as high as it is shown. */
function rungForHeight(height: number, source: PictureSource): number {
  const least = source.height / ladder[0].divisor;
  if (source.isScreen) return height > least ? TOP : 0;
  const fitting = ladder.findIndex(({ divisor }) => source.height / divisor >= height);
  return fitting < 0 ? TOP : fitting;
}
