import { beforeEach, describe, expect, it } from 'vitest';
import { cached, type Lease } from '../../../src/server/ice/cached.ts';

/** A source of credentials that answers when the test says so. */
function source() {
  const asked: Deferred[] = [];
  const fetch = () => {
    const next = deferred();
    asked.push(next);
    return next.promise;
  };
  return { asked, fetch };
}

interface Deferred {
  promise: Promise<Lease>;
  resolve: (lease: Lease) => void;
  reject: (error: Error) => void;
}

function deferred(): Deferred {
  let resolve: Deferred['resolve'] = () => {};
  let reject: Deferred['reject'] = () => {};
  const promise = new Promise<Lease>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

const lease = (url: string, expiresAt: number): Lease => ({ servers: [{ urls: url, url }], expiresAt });

let time: number;
let origin: ReturnType<typeof source>;
let servers: () => Promise<string | undefined>;

beforeEach(() => {
  time = 0;
  origin = source();
  const get = cached(origin.fetch, { now: () => time, marginMs: 100 });
  servers = async () => (await get())[0]?.url;
});

/** Fetches `first`, which expires at 1000. */
async function fill() {
  const asked = servers();
  origin.asked[0]?.resolve(lease('first', 1000));
  await asked;
}

describe('fetching', () => {
  it('happens once for all who wait', async () => {
    const all = [servers(), servers(), servers()];
    origin.asked[0]?.resolve(lease('first', 1000));
    expect(await Promise.all(all)).toEqual(['first', 'first', 'first']);
    expect(origin.asked).toHaveLength(1);
  });

  it('does not happen before somebody asks, nor again until the margin before the end', async () => {
    expect(origin.asked).toHaveLength(0);
    await fill();
    time = 899;
    expect(await servers()).toBe('first');
    expect(origin.asked).toHaveLength(1);
  });

  it('happens once in the background within the margin, while the current ones are served', async () => {
    await fill();
    time = 900;
    expect(await Promise.all([servers(), servers()])).toEqual(['first', 'first']);
    expect(origin.asked).toHaveLength(2);
    origin.asked[1]?.resolve(lease('second', 2000));
    await settled(origin.asked[1]?.promise);
    expect(await servers()).toBe('second');
    expect(origin.asked).toHaveLength(2);
  });

  it('is waited for once nothing valid is left, also when it began in the background', async () => {
    await fill();
    time = 900;
    await servers();
    time = 1000;
    const late = servers();
    origin.asked[1]?.resolve(lease('second', 2000));
    expect(await late).toBe('second');
    expect(origin.asked).toHaveLength(2);
  });

  it('is waited for by callers for whom the current ones are not good for long enough', async () => {
    const get = cached(origin.fetch, { now: () => time, marginMs: 100, enoughMs: 50 });
    const first = get();
    origin.asked[0]?.resolve(lease('first', 1000));
    await first;
    time = 950;
    expect((await get())[0]?.url).toBe('first');
    time = 951;
    const late = get();
    origin.asked[1]?.resolve(lease('second', 2000));
    expect((await late)[0]?.url).toBe('second');
  });

  it('is not waited for before half of a short life is over', async () => {
    const get = cached(origin.fetch, { now: () => time, marginMs: 100, enoughMs: 500 });
    const first = get();
    origin.asked[0]?.resolve(lease('short', 50));
    await first;
    time = 24;
    expect((await get())[0]?.url).toBe('short');
    expect(origin.asked).toHaveLength(1);
  });

  it('that fails leaves them the current ones', async () => {
    const get = cached(origin.fetch, { now: () => time, marginMs: 100, enoughMs: 50 });
    const first = get();
    origin.asked[0]?.resolve(lease('first', 1000));
    await first;
    time = 951;
    const late = get();
    origin.asked[1]?.reject(new Error('away'));
    expect((await late)[0]?.url).toBe('first');
  });

  it('does not happen on every call when the life is shorter than the margin', async () => {
    const asked = servers();
    origin.asked[0]?.resolve(lease('short', 50));
    await asked;
    time = 24;
    await servers();
    expect(origin.asked).toHaveLength(1);
  });
});

describe('a failure', () => {
  it('is remembered for five seconds', async () => {
    const all = [servers(), servers()];
    origin.asked[0]?.reject(new Error('suspended'));
    for (const one of all) await expect(one).rejects.toThrow('suspended');
    time = 4999;
    await expect(servers()).rejects.toThrow('suspended');
    expect(origin.asked).toHaveLength(1);
    time = 5000;
    const again = servers();
    origin.asked[1]?.resolve(lease('first', 9000));
    expect(await again).toBe('first');
  });

  it('does not show while the current ones are valid, and is not retried at once', async () => {
    await fill();
    time = 900;
    await servers();
    origin.asked[1]?.reject(new Error('suspended'));
    await settled(origin.asked[1]?.promise);
    time = 999;
    expect(await servers()).toBe('first');
    expect(origin.asked).toHaveLength(2);
    time = 1000;
    await expect(servers()).rejects.toThrow('suspended');
  });

  it('that is thrown at once counts like one that comes later', async () => {
    let calls = 0;
    const get = cached(
      () => {
        calls += 1;
        throw new Error('broken');
      },
      { now: () => time, marginMs: 100, retryAfterMs: 10 },
    );
    await expect(get()).rejects.toThrow('broken');
    await expect(get()).rejects.toThrow('broken');
    expect(calls).toBe(1);
    time = 10;
    await expect(get()).rejects.toThrow('broken');
    expect(calls).toBe(2);
  });
});

/** Waits until all earlier listeners have run. */
async function settled(promise: Promise<unknown> | undefined) {
  await promise?.catch(() => {});
  await new Promise(setImmediate);
}
