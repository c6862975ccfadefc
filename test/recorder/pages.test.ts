import { afterEach, expect, it, vi } from 'vitest';
import { Pages } from '../../src/recorder/pages.ts';

const open: Pages[] = [];
const page = () => {
  const pages = new Pages();
  open.push(pages);
  return pages;
};
afterEach(() => {
  for (const pages of open.splice(0)) pages.close();
  vi.unstubAllGlobals();
});

it('Without Web Locks, or where the browser forbids them, every page uploads, and a page is gone that has been silent for a minute', async () => {
  const forbidden = {
    request: async () => Promise.reject(new Error()),
    query: async () => Promise.reject(new Error()),
  };
  for (const navigator of [{}, { locks: forbidden }]) {
    vi.stubGlobal('navigator', navigator);
    const [one, other] = [page(), page()];
    await Promise.all([one.isThere, one.mayUpload(), other.mayUpload()]);
    const lives = await one.living();
    const now = Date.now();
    expect([lives(other.self, now - 30_000), lives(other.self, now - 90_000), lives(one.self, 0)]).toEqual([
      true,
      false,
      true,
    ]);
  }
});

it('Pages tell each other how much the call of each leaves to the upload, and nothing after they are closed', async () => {
  vi.stubGlobal('navigator', {});
  const [one, other] = [page(), page()];
  const told = new Promise((resolve) => other.onTold(resolve));
  one.tell({ share: 0.25 });
  expect(await told).toEqual({ share: 0.25 });
  one.close();
  expect(() => one.tell({ share: 1 })).not.toThrow();
});
