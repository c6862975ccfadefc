const isSoak = process.env.SOAK === 'true';

/** A size of a test: `quick` in the ordinary run, `long` in `npm run test:soak`. */
export function atSoak(quick: number, long: number): number {
  return isSoak ? long : quick;
}

/** How long a test may take in ms: two minutes, and in `npm run test:soak` that many. Quiet machines need a fourth of it. */
export function patience(minutesAtSoak: number): number {
  return (isSoak ? minutesAtSoak : 2) * 60_000;
}

/** Prints a figure that a soak has measured, for docs/resilience.md. */
export function figure(text: string): void {
  if (isSoak) process.stdout.write(`FIGURE ${text}\n`);
}
