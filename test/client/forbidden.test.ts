import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MeshClient } from '../../src/client/mesh-client.ts';
import { Ownership } from '../../src/client/ownership.ts';
import { browserStorage } from '../../src/client/storage.ts';

const refuse = () => {
  throw new DOMException('The operation is insecure.', 'SecurityError');
};

beforeEach(() => {
  for (const name of ['sessionStorage', 'localStorage']) {
    Object.defineProperty(globalThis, name, { configurable: true, get: refuse });
  }
});
afterEach(() => {
  for (const name of ['sessionStorage', 'localStorage']) Reflect.deleteProperty(globalThis, name);
  vi.unstubAllGlobals();
});

describe('Where the browser forbids storage, so that the mere access throws,', () => {
  it('a client starts, and finds no seat', async () => {
    vi.stubGlobal('navigator', {});
    expect(browserStorage('sessionStorage')).toBeNull();
    const client = new MeshClient({ url: 'http://127.0.0.1:9' });
    expect(await client.restore()).toBe(false);
    client.close();
  });

  it.each([
    ['refuses them by a promise', { request: async () => refuse(), query: async () => refuse() }],
    ['refuses them at once', { request: refuse, query: refuse }],
    ['has none', undefined],
  ])('and with it locks, an owner counts as free: the browser %s', async (_, locks) => {
    vi.stubGlobal('navigator', { locks });
    const ownership = new Ownership();
    ownership.hold('_room');
    expect(await ownership.isFree('_room')).toBe(true);
    ownership.release();
  });

  it('and the navigator throws too, an owner counts as free', async () => {
    vi.stubGlobal('navigator', {
      get locks() {
        return refuse();
      },
    });
    const ownership = new Ownership();
    ownership.hold('_room');
    expect(await ownership.isFree('_room')).toBe(true);
  });
});
