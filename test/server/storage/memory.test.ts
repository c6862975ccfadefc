import { afterEach, describe, expect, test, vi } from 'vitest';
import { memoryStore } from '../../../src/server/storage/memory.ts';
import { storeContract, workspaceOf } from './contract.ts';

const idleMs = 60_000;

storeContract('The memory store', async () => {
  let time = 1_000_000;
  const now = () => time;
  const advance = (ms: number) => {
    time += ms;
  };
  return { store: memoryStore({ idleMs, now }), idleMs, now, advance };
});

describe('The memory store', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('deletes idle workspaces that nobody asks for within a minute, until it is closed', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    let time = 1_000;
    const store = memoryStore({ idleMs, now: () => time });
    await store.swap('idle', null, workspaceOf('idle', { touched: 1_000 }));
    await store.swap('fresh', null, workspaceOf('fresh', { touched: 2_000 }));
    time = 1_001 + idleMs;
    vi.advanceTimersByTime(60_000);
    // With the clock set back neither would be idle: a workspace that is missing now has been deleted.
    time = 1_000;
    expect(await store.get('idle')).toBeNull();
    expect(await store.get('fresh')).not.toBeNull();
    await store.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
