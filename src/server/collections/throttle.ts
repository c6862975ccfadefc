/** The shortest pause between two runs, ms. */
const EVERY_MS = 60_000;

/** @returns a function that runs `act` when it is called, but no more than once a minute */
export function throttle<Args extends unknown[]>(act: (...args: Args) => void): (...args: Args) => void {
  let ranAt = Number.NEGATIVE_INFINITY;
  return (...args) => {
    if (performance.now() - ranAt < EVERY_MS) return;
    ranAt = performance.now();
    act(...args);
  };
}
