import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServerClock } from '../../src/client/server-clock.ts';
import { pass, useVirtualTime } from './clock.ts';

const MINUTE = 60_000;

beforeEach(useVirtualTime);
afterEach(() => {
  vi.useRealTimers();
});

describe('The clock of the server', () => {
  it.each([-14 * MINUTE, 0, 14 * MINUTE])(
    'counts on from the last message of the server, with this one %i ms ahead',
    async (ahead) => {
      const clock = new ServerClock();
      const server = Date.now() - ahead;
      clock.hear(server);
      await pass(3_000);
      expect(clock.now()).toBe(server + 3_000);
      clock.hear(server + 2_900);
      expect(clock.now()).toBe(server + 2_900);
    },
  );

  it.each([-60 * MINUTE, 60 * MINUTE])('does not step when this one is set by %i ms', async (step) => {
    const clock = new ServerClock();
    const server = Date.now() + 7 * MINUTE;
    clock.hear(server);
    await pass(1_000);
    vi.setSystemTime(Date.now() + step);
    await pass(1_000);
    expect(clock.now()).toBe(server + 2_000);
  });

  it('is this clock while no message tells the time, but not behind what has begun there', async () => {
    const clock = new ServerClock();
    const start = Date.now();
    for (const told of [undefined, Number.NaN, null, 'soon'] as (number | undefined)[]) clock.hear(told);
    expect(clock.now()).toBe(start);
    clock.hearOfBeginning(start - 5_000);
    expect(clock.now()).toBe(start);
    clock.hearOfBeginning(start + 14 * MINUTE);
    await pass(3_000);
    expect(clock.now()).toBe(start + 14 * MINUTE + 3_000);
  });
});
