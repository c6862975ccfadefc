import { afterAll, vi } from 'vitest';

// After each file of the project server, since the next one runs in the same process: no clock, global or method stays
// replaced.

afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});
