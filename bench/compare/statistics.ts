export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]) => quantile(values, 0.5);

/** The median, and the middle half of the values. */
export interface Spread {
  median: number;
  low: number;
  high: number;
}

const rounded = (value: number) => Number(value.toPrecision(4));

export function spread(values: readonly number[]): Spread {
  return {
    median: rounded(median(values)),
    low: rounded(quantile(values, 0.25)),
    high: rounded(quantile(values, 0.75)),
  };
}

/** Ratios of slices that were measured right after each other, so that other load of the machine affected both. */
export function ratios(values: readonly number[], bases: readonly number[]): number[] {
  return values.map((value, index) => value / (bases[index] ?? Number.NaN));
}

/** Random numbers from 0 to 1 that are the same at each run (mulberry32), so that every server gets the same. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function shuffled<Each>(list: readonly Each[]): Each[] {
  return list
    .map((each) => ({ each, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ each }) => each);
}
