/** The slowest pace: a sixteenth of the time goes into the upload. */
const SLOWEST = 1 / 16;
/** So many calm measurements in a row let the upload go twice as fast. */
const CALM = 5;
/** Packets of which more than this share is lost are a bad call. */
const LOSS = 0.05;
/** A round trip longer than twice the shortest one and this many ms more means that packets queue. */
const QUEUE = 100;

/** A measurement of the connection with one participant (`PeerState.quality`). */
export interface Quality {
  readonly roundTripMs: number;
  readonly loss: number;
}

/** How much of the time the upload may use, so that it gives way to the call. */
export interface Pace {
  /** 1: all of the time; 1/16 at least. */
  readonly share: number;
  /** The shortest round trip to each participant, in ms. */
  readonly shortest: Readonly<Record<string, number>>;
  /** The calm measurements since the last change. */
  readonly calm: number;
}

export const fullPace: Pace = { share: 1, shortest: {}, calm: 0 };

/** The pace after new measurements, by the ids of participants. With nobody the upload has all of the time. */
export function nextPace(pace: Pace, measured: Readonly<Record<string, Quality>>): Pace {
  const entries = Object.entries(measured);
  if (entries.length === 0) return fullPace;
  const shortest = Object.fromEntries(
    entries.map(([id, { roundTripMs }]) => [id, Math.min(roundTripMs, pace.shortest[id] ?? roundTripMs)]),
  );
  const suffers = entries.some(
    ([id, { roundTripMs, loss }]) => loss > LOSS || roundTripMs > 2 * (shortest[id] ?? 0) + QUEUE,
  );
  if (suffers) return { share: Math.max(SLOWEST, pace.share / 2), shortest, calm: 0 };
  if (pace.calm + 1 < CALM) return { share: pace.share, shortest, calm: pace.calm + 1 };
  return { share: Math.min(1, pace.share * 2), shortest, calm: 0 };
}
