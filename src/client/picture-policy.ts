import { type Climb, climb, type Footing, highestWithin, startAt } from './climb.ts';
import {
  bitrates,
  costs,
  encodingOf,
  type PictureEncoding,
  type PictureSource,
  type PictureWish,
  rungAt,
  TOP,
  wishedRung,
} from './picture-ladder.ts';

/** A measurement of one pair over an interval. A browser leaves out what it does not measure. */
export interface PairSample {
  /** The beginning of the interval, by the clock of `PolicyInput.now`. */
  readonly since: number;
  /** Frames a second that came from the camera, were encoded, and were decoded. */
  readonly sourceRate?: number | undefined;
  readonly encodedRate?: number | undefined;
  readonly decodedRate?: number | undefined;
  /** The mean time to encode a frame, and to decode one, in ms. */
  readonly encodeMs?: number | undefined;
  readonly decodeMs?: number | undefined;
  /** `qualityLimitationReason` of the outgoing picture (W3C webrtc-stats). */
  readonly limitedBy?: string | undefined;
  /** `availableOutgoingBitrate` of the candidate pair in use, in bits a second. */
  readonly availableBitrate?: number | undefined;
}

export interface PairInput {
  readonly id: string;
  readonly isConnected: boolean;
  /** Whether sound goes out, or none has to. */
  readonly hasSound: boolean;
  /** The ms since both sides agreed to connect; null: not yet. */
  readonly agreedForMs: number | null;
  /** The wish of the other side. */
  readonly wish: PictureWish;
}

export interface PolicyInput {
  /** A clock in ms. */
  readonly now: number;
  /** The number of logical processors. */
  readonly cores: number;
  /** The ms by which this device is late; null if that tells nothing, as in a hidden tab. */
  readonly lateMs: number | null;
  /** The last measurement, if there is a new one. */
  readonly measured: { readonly id: string; readonly sample: PairSample } | null;
  readonly source: PictureSource;
  readonly pairs: readonly PairInput[];
}

/** The memory of the policy between two decisions. */
export interface PolicyState {
  /** What this device carries. */
  readonly device: Climb;
  /** What the way to a participant carries, by id, from the start of its picture on. */
  readonly routes: ReadonlyMap<string, Climb>;
  /** The last time at which this device kept pictures small; null: never. */
  readonly strainedAt: number | null;
}

export interface Decision {
  readonly state: PolicyState;
  /** By id of the participant. */
  readonly pictures: ReadonlyMap<string, PictureEncoding>;
  /** The frames a second that this device can carry of each participant; null: all. */
  readonly frameRate: number | null;
  /** Whether pictures are small because this device is busy. */
  readonly isBusy: boolean;
}

export const idle: PolicyState = { device: startAt(0, TOP, 0), routes: new Map(), strainedAt: null };

/** The pictures of a call cost so much together at its start. */
const START_COST = 5;
/** All pictures that a participant sends share so many bits a second. */
const UPLINK = 4_000_000;
/** A device that is so many ms late has too much to do; one that is less late than the second has time to spare. */
const TOO_LATE = 400;
const IN_TIME = 150;
/** Encoding and decoding may take this share of all processors, and so many of them at least and at most. */
const BUDGET = { share: 0.25, least: 0.4, most: 2 };
/** The share of the budget that the next rung may need by the measurements of this one. */
const MARGIN = 0.8;
/** The share that a device carries whose browser or whose encoders say that it is too much. */
const SHARE_IF_LIMITED = 0.6;
/** A pair that is not connected after so many ms holds up no pictures of others. */
const HEAD_START = 5_000;
/** A picture waits for sound for so many ms. */
const SOUND_TIMEOUT = 3_000;
/** A browser needs so many ms to find out what a way carries. */
const BANDWIDTH_GRACE = 5_000;
/** The note about a busy device stays for so many ms after the last strain. */
const STRAIN_SHOWN = 10_000;

/**
 * Decides the size of every picture that goes out. Pictures start after connections and sound. They begin small, grow
 * while the device keeps up, and shrink at once when it does not. It is a pure function.
 */
export function decide(former: PolicyState, input: PolicyInput): Decision {
  const { now, pairs, source } = input;
  const isStart = former.routes.size === 0;
  const strain = isStart ? 'none' : strainOf(former, input);
  // What proved too much stays so when all connections begin anew.
  const first = Math.min(former.device.ceiling, highestWithin(costs, START_COST / Math.max(1, pairs.length)));
  const routes = new Map<string, Climb>();
  for (const pair of pairs) {
    const route = former.routes.get(pair.id);
    if (route && pair.isConnected) routes.set(pair.id, climb(route, wayOf(pair, former, input), now, bitrates));
    else if (mayStart(pair, pairs)) routes.set(pair.id, startAt(TOP, TOP, now));
  }
  const demand = Math.max(0, ...pairs.filter(({ id }) => routes.has(id)).map((pair) => demandOf(pair, input)));
  // What the device carries now is no more than what its pictures need, so a step down begins there.
  const carried = typeof strain === 'number' ? Math.min(former.device.rung, demand) : former.device.rung;
  const footing = footingOf(strain, pairs);
  const device = isStart
    ? { ...former.device, rung: first, since: now, calmSince: now }
    : climb({ ...former.device, rung: carried }, footing, now, costs);
  const isBarred = device.rung >= device.ceiling && now < device.ceilingUntil;
  const isHeld = isBarred || typeof strain === 'number' || strain === 'some';
  const strainedAt = isHeld && device.rung < demand ? now : isStart ? null : former.strainedAt;
  const state = { device, routes, strainedAt };
  const pictureOf = (pair: PairInput) =>
    encodingOf(rungOf(pair, state, input), source, routes.has(pair.id) && pair.wish.height !== 0);
  const isBusy = strainedAt !== null && now - strainedAt < STRAIN_SHOWN && device.rung < demand - 1;
  return {
    state,
    pictures: new Map(pairs.map((pair) => [pair.id, pictureOf(pair)])),
    frameRate: isBusy || device.ceiling < TOP ? rungAt(device.rung).maxFramerate : null,
    isBusy,
  };
}

/** Whether a connection is about to come up, which needs the processor first. */
function isConnecting({ isConnected, agreedForMs }: PairInput): boolean {
  return !isConnected && agreedForMs !== null && agreedForMs < HEAD_START;
}

function mayStart({ isConnected, hasSound, agreedForMs }: PairInput, pairs: readonly PairInput[]): boolean {
  return isConnected && (hasSound || (agreedForMs ?? 0) >= SOUND_TIMEOUT) && !pairs.some(isConnecting);
}

/** The rung of a picture if this device and the way to the other one carry everything. */
function demandOf({ wish }: PairInput, { source, pairs }: PolicyInput): number {
  return Math.min(highestWithin(bitrates, UPLINK / pairs.length), wishedRung(wish, source));
}

function rungOf(pair: PairInput, { device, routes }: PolicyState, input: PolicyInput): number {
  return Math.min(device.rung, routes.get(pair.id)?.rung ?? TOP, demandOf(pair, input));
}

/** A number: this share of the present load can be carried. 'some': no more than the present load. 'unknown': no news. */
type Strain = number | 'some' | 'unknown' | 'none';

function strainOf(former: PolicyState, input: PolicyInput): Strain {
  const { lateMs, measured, pairs, cores, source } = input;
  const late = lateMs ?? 0;
  const lateShare = late > TOO_LATE ? TOO_LATE / late : 1;
  const pair = pairs.find(({ id }) => id === measured?.id);
  // A measurement that began before the last change is one of both rungs.
  if (!measured || !pair || measured.sample.since < former.device.since) {
    if (lateShare < 1) return lateShare;
    return late > IN_TIME ? 'some' : 'unknown';
  }
  const { sample } = measured;
  const rung = rungOf(pair, former, input);
  const { maxFramerate } = encodingOf(rung, source, true);
  const budget = Math.min(BUDGET.most, Math.max(BUDGET.least, cores * BUDGET.share));
  // A screen that stands still gives few frames; a camera that gives few may lack the processor.
  const load = former.routes.size * loadOf(sample, source.isScreen ? sample.encodedRate : maxFramerate);
  const isLimited = sample.limitedBy === 'cpu' || fallsBehind(sample, maxFramerate);
  const share = Math.min(lateShare, load > budget ? budget / load : 1, isLimited ? SHARE_IF_LIMITED : 1);
  if (share < 1) return share;
  const next = (load * (costs[former.device.rung + 1] ?? 0)) / (costs[rung] ?? 1);
  return late > IN_TIME || next > budget * MARGIN ? 'some' : 'none';
}

/** The processors that one pair needs to encode so many frames a second, and to decode what comes in. */
function loadOf({ encodeMs = 0, decodeMs = 0, decodedRate = 0 }: PairSample, rate = 0): number {
  return (encodeMs * rate + decodeMs * decodedRate) / 1000;
}

/** Whether the camera gives frames that are not encoded, although there is room for them on the way. */
function fallsBehind({ sourceRate, encodedRate, limitedBy }: PairSample, rate: number): boolean {
  if (sourceRate === undefined || encodedRate === undefined || limitedBy === 'bandwidth') return false;
  return encodedRate < 0.6 * Math.min(sourceRate, rate);
}

function footingOf(strain: Strain, pairs: readonly PairInput[]): Footing {
  if (typeof strain === 'number') return { share: strain };
  if (strain === 'some' || pairs.some(isConnecting)) return 'unsure';
  return strain === 'none' ? 'firm' : 'unknown';
}

/** How much of the present picture the way to a participant carries, by the browser's own estimate. */
function wayOf(pair: PairInput, former: PolicyState, input: PolicyInput): Footing {
  const route = former.routes.get(pair.id);
  const { measured, now } = input;
  if (!route || measured?.id !== pair.id || measured.sample.since < route.since) return 'unknown';
  const { limitedBy, availableBitrate } = measured.sample;
  if (limitedBy !== 'bandwidth') return 'firm';
  const { maxBitrate } = rungAt(rungOf(pair, former, input));
  const isNarrow = availableBitrate !== undefined && availableBitrate < maxBitrate / 2;
  if (!isNarrow || now - route.since < BANDWIDTH_GRACE) return 'unsure';
  return { share: availableBitrate / rungAt(route.rung).maxBitrate };
}
