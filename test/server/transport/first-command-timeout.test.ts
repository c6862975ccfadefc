import type { Socket } from 'socket.io';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FirstCommandTimeout } from '../../../src/server/transport/first-command-timeout.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Connections, and when each was closed, ms. */
function connections(unheardMs: (within: number) => number) {
  const timeout = new FirstCommandTimeout(1000, unheardMs);
  const begun = performance.now();
  const closed: number[] = [];
  const come = () => timeout.add({ disconnect: () => closed.push(performance.now() - begun) } as unknown as Socket);
  return { closed, come };
}

it('A connection without a command is closed when its time is over', () => {
  const { closed, come } = connections(() => 0);
  come();
  vi.advanceTimersByTime(400);
  come();
  vi.advanceTimersByTime(5000);
  expect(closed).toEqual([1000, 1400]);
});

it('Time in which the server could not hear it does not count', () => {
  // From 500 to 2000 ms.
  const { closed, come } = connections((within) => {
    const now = performance.now();
    return Math.max(0, Math.min(now, begun + 2000) - Math.max(begun + 500, now - within));
  });
  const begun = performance.now();
  come();
  vi.advanceTimersByTime(2100);
  expect(closed).toEqual([]);
  vi.advanceTimersByTime(1500);
  expect(closed).toHaveLength(1);
});
