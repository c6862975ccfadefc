/** The shortest pause between two runs, ms. */
const EVERY_MS = 60_000;

/** @returns a function that runs `act` when it is called, but no more than once a minute */
export function throttle(act: () => void): () => void {
  let ranAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - ranAt < EVERY_MS) return;
    ranAt = performance.now();
    act();
  };
}
