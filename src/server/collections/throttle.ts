/** How often something is told that could be told all the time, ms. */
const EVERY_MS = 60_000;

/** Does something, but no more than once a minute, however often it is asked to. */
export function throttle(act: () => void): () => void {
  let doneAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - doneAt < EVERY_MS) return;
    doneAt = performance.now();
    act();
  };
}
