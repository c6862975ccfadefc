import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Workspace } from '../../../src/server/domain/workspace.ts';
import { openJsonStore } from '../../../src/server/storage/json.ts';
import { type Store, StoreError } from '../../../src/server/storage/store.ts';
import { storedIn } from '../../support/stored.ts';
import { workspaceOf } from './contract.ts';

describe('A JSON store that cannot be written', () => {
  let parent: string;
  let file: string;
  let store: Store;
  let unwritten: unknown[];

  const takeAway = () => rename(join(parent, 'storage'), join(parent, 'away'));
  const putBack = () => rename(join(parent, 'away'), join(parent, 'storage'));
  const versionOf = (id: string, rev: number) => workspaceOf(id, { rev, name: `${id}${rev}` });
  const onDisk = async (id: string) => (await storedIn(file))[id]?.name;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'json-store-'));
    await mkdir(join(parent, 'storage'));
    file = join(parent, 'storage', 'workspaces.json');
    unwritten = [];
    store = await openJsonStore({
      file,
      idleMs: 60_000,
      now: () => 1_000,
      onUnwritten: (error) => unwritten.push(error),
    });
    await store.swap('a', null, versionOf('a', 1));
  });

  afterEach(async () => {
    await store.close();
    await rm(parent, { recursive: true });
  });

  test('lets changes count that need not last, and writes them by itself when it can', async () => {
    await takeAway();
    expect(await store.swap('a', 1, versionOf('a', 2), { durability: 'best-effort' })).toBe(true);
    expect(await store.swap('a', 2, versionOf('a', 3), { durability: 'best-effort' })).toBe(true);
    expect(await store.swap('a', 1, versionOf('a', 2), { durability: 'best-effort' })).toBe(false);
    expect(await store.get('a')).toEqual(versionOf('a', 3));
    expect(await store.lasts('a', await store.get('a'))).toBe(true);
    expect(unwritten).toHaveLength(2);
    expect(unwritten[0]).toBeInstanceOf(StoreError);
    await putBack();
    await expect.poll(() => onDisk('a'), { timeout: 5000 }).toBe('a3');
    expect(await store.swap('a', 3, versionOf('a', 4))).toBe(true);
    expect(await onDisk('a')).toBe('a4');
  });

  test('refuses changes that have to last, also upon those that need not, which stay', async () => {
    await takeAway();
    await store.swap('a', 1, versionOf('a', 2), { durability: 'best-effort' });
    await expect(store.swap('a', 2, versionOf('a', 3))).rejects.toThrow(StoreError);
    await expect(store.swap('a', 2, null)).rejects.toThrow(StoreError);
    await expect(store.swap('b', null, versionOf('b', 1))).rejects.toThrow(StoreError);
    expect(await store.get('a')).toEqual(versionOf('a', 2));
    expect(await store.get('b')).toBeNull();
    await putBack();
    expect(await store.swap('b', null, versionOf('b', 1))).toBe(true);
    // The next write takes along what was waiting.
    expect(await onDisk('a')).toBe('a2');
  });

  test('takes back a change that need not last together with the one that it was built upon', async () => {
    await takeAway();
    const before = store.swap('a', 1, versionOf('a', 2), { durability: 'best-effort' });
    const required = store.swap('a', 2, versionOf('a', 3));
    const upon = store.swap('a', 3, versionOf('a', 4), { durability: 'best-effort' });
    await expect(required).rejects.toThrow(StoreError);
    expect(await before).toBe(true);
    // Its sender decides anew.
    expect(await upon).toBe(false);
    expect(await store.get('a')).toEqual(versionOf('a', 2));
    expect(await store.swap('a', 2, versionOf('a', 3), { durability: 'best-effort' })).toBe(true);
  });

  test('closes with all of it once it can be written, and without where it cannot', async () => {
    await takeAway();
    await store.swap('a', 1, versionOf('a', 2), { durability: 'best-effort' });
    await putBack();
    await store.close();
    expect(await onDisk('a')).toBe('a2');
  });

  test('loses nothing that has to last, and shows nothing that it refused, whatever comes in whatever order', async () => {
    const steps = fc.array(
      fc.record({
        does: fc.constantFrom('required', 'best-effort', 'required', 'best-effort', 'pause', 'disk'),
        id: fc.constantFrom('a', 'b', 'c'),
      }),
      { minLength: 10, maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        let isAway = false;
        const lasting = new Map<string, number>();
        const counted = new Map<string, number>();
        const under: Promise<void>[] = [];
        const change = async (id: string, durability: 'required' | 'best-effort') => {
          for (;;) {
            const current = await store.get(id);
            const rev = (current?.rev ?? 0) + 1;
            const next: Workspace = versionOf(id, rev);
            const kind = current ? durability : 'required';
            const made = await store.swap(id, current?.rev ?? null, next, { durability: kind }).catch(() => null);
            if (made) counted.set(id, Math.max(rev, counted.get(id) ?? 0));
            if (made && kind === 'required') lasting.set(id, Math.max(rev, lasting.get(id) ?? 0));
            if (made !== false) return;
          }
        };
        for (const { does, id } of sequence) {
          if (does === 'pause') await Promise.all(under.splice(0));
          else if (does === 'disk') {
            await Promise.all(under.splice(0));
            await (isAway ? putBack() : takeAway());
            isAway = !isAway;
          } else under.push(change(id, does as 'required' | 'best-effort'));
        }
        await Promise.all(under);
        for (const [id, rev] of counted) expect((await store.get(id))?.rev).toBe(rev);
        if (isAway) await putBack();
        const disk = await storedIn(file);
        for (const [id, rev] of lasting) expect(disk[id]?.rev).toBeGreaterThanOrEqual(rev);
        await store.swap(
          'x',
          (await store.get('x'))?.rev ?? null,
          versionOf('x', ((await store.get('x'))?.rev ?? 0) + 1),
        );
        const after = await storedIn(file);
        for (const [id, rev] of counted) expect(after[id]?.rev).toBe(rev);
      }),
      { numRuns: 40 },
    );
  });
});
