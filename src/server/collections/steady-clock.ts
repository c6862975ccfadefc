/**
 * Makes a clock in whole ms since the epoch that never steps: it begins at the time of this machine, and then counts as a
 * stopwatch does. An operator or NTP may set the machine's clock while people are connected; limits, grace times and tokens
 * must not notice.
 */
export function steadyClock(): () => number {
  const begunAt = Date.now() - performance.now();
  return () => Math.floor(begunAt + performance.now());
}
