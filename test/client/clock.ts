import { vi } from 'vitest';

type Immediate = { setImmediate(callback: () => void): void };
const { setImmediate } = globalThis as unknown as Immediate;

/** Runs all microtasks and all tasks that wait for no timer. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

export function useVirtualTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
}

/**
 * Lets virtual time pass. Unlike vi.advanceTimersByTimeAsync it waits for no real time between timers, which makes
 * minutes of a model take milliseconds.
 */
export async function pass(ms: number): Promise<void> {
  let over = false;
  setTimeout(() => {
    over = true;
  }, ms);
  await settled();
  while (!over) {
    vi.advanceTimersToNextTimer();
    await settled();
  }
}

/** @returns the ms until the condition held, or null if it did not hold within the limit */
export async function until(condition: () => boolean, limitMs: number, stepMs = 100): Promise<number | null> {
  for (let passed = 0; passed <= limitMs; passed += stepMs) {
    if (condition()) return passed;
    await pass(stepMs);
  }
  return null;
}
