import { pino } from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { Access } from '../../../src/server/records/access.ts';
import { Retention } from '../../../src/server/records/retention.ts';

it('Old records are looked for soon after the start, and then every hour, unless they are kept for ever', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const lookedFor = (keptMs: number | null) => {
    const alone = vi.fn(async () => 0);
    const access = { alone } as unknown as Access;
    const retention = new Retention(access, { keptMs, now: Date.now, log: pino({ level: 'silent' }) });
    return { alone, retention };
  };
  const { alone, retention } = lookedFor(1000);
  const forEver = lookedFor(null);
  vi.advanceTimersByTime(60_000);
  await vi.waitFor(() => expect(alone).toHaveBeenCalled());
  await retention.sweep();
  alone.mockClear();
  vi.advanceTimersByTime(3_600_000);
  await vi.waitFor(() => expect(alone).toHaveBeenCalled());
  await retention.close();
  alone.mockClear();
  vi.advanceTimersByTime(7_200_000);
  expect(alone).not.toHaveBeenCalled();
  expect(forEver.alone).not.toHaveBeenCalled();
});
