import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { initialState } from '../../src/client/state.ts';
import { Announcer } from '../../src/recorder/announcer.ts';
import type { RecordingClient } from '../../src/recorder/client.ts';
import { MemoryPartStore } from '../../src/recorder/memory-part-store.ts';
import type { Upload } from '../../src/recorder/part-store.ts';
import { somePart } from './some-part.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const upload: Upload = { url: 'https://calls.example.com/uploads/one', token: 'secret' };

/** A part that goes nowhere yet, and a client in its seat, whose answers a test gives. */
async function announcing(self = '_a') {
  const store = new MemoryPartStore();
  await store.add({ ...somePart, upload: null });
  const answers: { resolve(upload: Upload): void; reject(error: unknown): void }[] = [];
  const seat = { self, workspace: { id: '_w' } };
  const client = {
    state: { value: { ...initialState, connection: 'connected', seat } },
    recordingPart: () => new Promise<Upload>((resolve, reject) => answers.push({ resolve, reject })),
  } as unknown as RecordingClient;
  const announce = async () => announcer.announce(await store.parts());
  const announcer: Announcer = new Announcer(client, Promise.resolve(store), () => void announce());
  await announce();
  await vi.advanceTimersByTimeAsync(0);
  return { store, answers, announcer, announce };
}

it('The server is asked once where a part goes', async () => {
  const { store, answers, announce } = await announcing();
  await announce();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(answers).toHaveLength(1);
  answers[0]?.resolve(upload);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await store.parts()).toMatchObject([{ upload }]);
  expect(answers).toHaveLength(1);
});

it('When the connection is new, it is asked at once again, and the late end of the former question changes nothing', async () => {
  const { store, answers, announcer, announce } = await announcing();
  announcer.askAnew();
  await announce();
  await vi.advanceTimersByTimeAsync(0);
  expect(answers).toHaveLength(2);
  answers[1]?.resolve(upload);
  answers[0]?.reject(Object.assign(new Error(), { code: 'NO_ANSWER' }));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await store.parts()).toMatchObject([{ upload }]);
  expect(answers).toHaveLength(2);
});

it('A refusal for now is no loss, one for good is said, and the seat of somebody else asks nothing', async () => {
  const { store, answers, announcer } = await announcing();
  answers[0]?.reject(Object.assign(new Error(), { code: 'BUSY_TRY_AGAIN', retryAfter: 1 }));
  await vi.advanceTimersByTimeAsync(1_500);
  expect([answers.length, announcer.hasUnsent]).toEqual([2, false]);
  answers[1]?.reject(Object.assign(new Error(), { code: 'NO_RECORDING' }));
  await vi.advanceTimersByTimeAsync(0);
  expect([await store.parts(), announcer.hasUnsent]).toEqual([[], true]);
  expect((await announcing('_b')).answers).toEqual([]);
});
