import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Announcer } from '../../src/recorder/announcer.ts';
import { MemoryPartStore } from '../../src/recorder/memory-part-store.ts';
import type { Part } from '../../src/recorder/part-store.ts';
import type { Fetch } from '../../src/recorder/tus.ts';
import { somePart } from './some-part.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const there = () => Response.json({ uploadUrl: 'uploads/_one', uploadToken: 'secret' }, { status: 201 });
const upload = { url: 'https://calls.example.com/uploads/_one', token: 'secret' };
/** A refusal of the server itself, or else of a proxy before it. */
const refused = (status: number, headers: Record<string, string> = { 'Tus-Resumable': '1.0.0' }) =>
  new Response('No.\n', { status, headers });

/** A part that goes nowhere yet, and the questions about it, which a test answers. */
async function announcing(part: Partial<Part> = {}) {
  const store = new MemoryPartStore();
  await store.add({ ...somePart, upload: null, ...part });
  const questions: { url: string; body: unknown; resolve(answer: Response): void; reject(error: unknown): void }[] = [];
  const fetch: Fetch = (url, { body }) =>
    new Promise((resolve, reject) => questions.push({ url, body: JSON.parse(String(body)), resolve, reject }));
  const announce = async () => announcer.announce(await store.parts());
  const announcer: Announcer = new Announcer(fetch, Promise.resolve(store), () => void announce());
  await announce();
  await vi.advanceTimersByTimeAsync(0);
  const [kept = null] = await store.parts();
  return { store, questions, announcer, announce, canAsk: () => kept !== null && announcer.canAsk(kept) };
}

it('The server is asked once where a part goes, with what proves whose it is', async () => {
  const { store, questions, announce } = await announcing();
  await announce();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(questions).toMatchObject([
    {
      url: 'https://calls.example.com/uploads',
      body: {
        workspace: { id: '_w' },
        attendee: { id: '_a' },
        accessToken: 'access',
        recording: { id: '_r' },
        part: 'one',
        mimeType: 'video/webm',
        startedAt: 1,
        source: 'camera',
      },
    },
  ]);
  questions[0]?.resolve(there());
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await store.parts()).toMatchObject([{ upload }]);
  expect(questions).toHaveLength(1);
});

it('When the network is new, it is asked at once again, and the late end of the former question changes nothing', async () => {
  const { store, questions, announcer, announce } = await announcing();
  announcer.askAnew();
  await announce();
  await vi.advanceTimersByTimeAsync(0);
  expect(questions).toHaveLength(2);
  questions[1]?.resolve(there());
  questions[0]?.reject(new TypeError('Failed to fetch'));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await store.parts()).toMatchObject([{ upload }]);
  expect(questions).toHaveLength(2);
});

it('A server that is away is asked again, less and less often, and so is one behind a proxy that refuses', async () => {
  const { store, questions, announcer } = await announcing();
  const answers = [
    refused(503, { 'Tus-Resumable': '1.0.0', 'Retry-After': '7' }),
    refused(403, {}),
    refused(410, {}),
    refused(404),
    new Response('<html>', { status: 200 }),
  ];
  for (const [index, answer] of answers.entries()) {
    questions[index]?.resolve(answer);
    await vi.advanceTimersByTimeAsync(index === 0 ? 6_900 : 1_900);
    expect(questions, String(index)).toHaveLength(index + 1);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(questions, String(index)).toHaveLength(index + 2);
  }
  questions.at(-1)?.reject(new TypeError('Failed to fetch'));
  await vi.advanceTimersByTimeAsync(29_000);
  expect(questions).toHaveLength(answers.length + 1);
  await vi.advanceTimersByTimeAsync(1_000);
  questions.at(-1)?.resolve(there());
  await vi.advanceTimersByTimeAsync(0);
  expect([await store.parts(), announcer.hasUnsent]).toMatchObject([[{ upload }], false]);
});

it.each([400, 403, 410])('A part that the server will never take (%i) is dropped, and that is said', async (status) => {
  const { store, questions, announcer } = await announcing();
  questions[0]?.resolve(refused(status));
  await vi.advanceTimersByTimeAsync(60_000);
  expect([await store.parts(), announcer.hasUnsent, questions.length]).toEqual([[], true, 1]);
});

it('A part that the server does not believe stays for the next visit, and is not asked about in this one', async () => {
  const { store, questions, canAsk } = await announcing();
  expect(canAsk()).toBe(true);
  questions[0]?.resolve(refused(401));
  await vi.advanceTimersByTimeAsync(60_000);
  expect([(await store.parts()).length, questions.length, canAsk()]).toEqual([1, 1, false]);
  expect((await announcing({ proof: null })).questions).toEqual([]);
});

it('After its end it asks nothing, and takes no answer', async () => {
  const { store, questions, announcer } = await announcing();
  announcer.close();
  questions[0]?.resolve(there());
  await vi.advanceTimersByTimeAsync(60_000);
  expect([await store.parts(), questions.length]).toMatchObject([[{ upload: null }], 1]);
});
