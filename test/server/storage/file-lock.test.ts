import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openJsonStore } from '../../../src/server/storage/json.ts';
import { type Store, StoreError } from '../../../src/server/storage/store.ts';
import { storedIn } from '../../support/stored.ts';
import { workspaceOf } from './contract.ts';

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'json-store-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function open(file: string): Promise<Store> {
  const store = await openJsonStore({ file, idleMs: 60_000, now: () => 1_000 });
  onTestFinished(() => store.close());
  return store;
}

/** The sentence with which the store is refused. */
async function refusal(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreError);
  return (error as StoreError).message;
}

async function idsIn(file: string): Promise<string[]> {
  return Object.keys(await storedIn(file));
}

test('A file that is in use is refused with the process that uses it, until that one is closed', async () => {
  const file = join(await newFolder(), 'workspaces.json');
  const store = await open(file);
  expect(await refusal(open(file))).toBe(
    `The JSON store ${file} is in use by another server (process ${process.pid}). ` +
      'Stop that one first, or set json_storage_file to another file.',
  );
  await store.close();
  await open(file);
});

test('A link to a file that is in use is that file, also by way of folders', async () => {
  const folder = await newFolder();
  await mkdir(join(folder, 'disk'));
  await symlink('disk', join(folder, 'mount'));
  await symlink(join('mount', 'workspaces.json'), join(folder, 'link.json'));
  // The first one comes when none of them exists yet.
  const paths = ['link.json', 'disk/workspaces.json', 'mount/workspaces.json'].map((path) => join(folder, path));
  for (const path of paths) {
    const store = await open(path);
    for (const other of paths) expect(await refusal(open(other)), other).toContain('in use by another server');
    await store.close();
  }
});

test('A file that could not be opened stays free for the next process', async () => {
  const file = join(await newFolder(), 'workspaces.json');
  await writeFile(file, '{"version":2}');
  expect(await refusal(open(file))).toContain('has version 2');
  await rm(file);
  await open(file);
});

test('The file of the lock is left as it is when it is something else', async () => {
  const folder = await newFolder();
  await writeFile(join(folder, 'yarn.lock'), '# yarn lockfile v1\n');
  expect(await refusal(open(join(folder, 'yarn')))).toContain(`needs ${join(folder, 'yarn.lock')} for itself`);
  expect(await readFile(join(folder, 'yarn.lock'), 'utf8')).toBe('# yarn lockfile v1\n');
});

test('A lock whose file was deleted is taken anew', async () => {
  const file = join(await newFolder(), 'workspaces.json');
  const store = await open(file);
  await rm(`${file}.lock`);
  expect(await store.swap('a', null, workspaceOf('a'))).toBe(true);
  expect(await refusal(open(file))).toContain(`in use by another server (process ${process.pid})`);
});

test('Nothing is written over what another server stored after the lock was deleted, even when it is gone', async () => {
  const file = join(await newFolder(), 'workspaces.json');
  const former = await open(file);
  await rm(`${file}.lock`);
  const other = await open(file);
  await other.swap('theirs', null, workspaceOf('theirs'));
  expect(await refusal(former.swap('ours', null, workspaceOf('ours')))).toContain('in use by another server');
  await other.close();
  for (let attempt = 0; attempt < 2; attempt++) {
    expect(await refusal(former.swap('ours', null, workspaceOf('ours')))).toContain('restart this server');
  }
  expect(await idsIn(file)).toEqual(['theirs']);
  await former.close();
  expect(await (await open(file)).get('theirs')).not.toBeNull();
});

test('A folder that was moved away and put back has the same lock', async () => {
  const folder = join(await newFolder(), 'storage');
  const file = join(folder, 'workspaces.json');
  const store = await open(file);
  await rename(folder, `${folder}-elsewhere`);
  expect(await refusal(store.swap('a', null, workspaceOf('a')))).toContain('cannot be written (ENOENT)');
  await rename(`${folder}-elsewhere`, folder);
  expect(await store.swap('a', null, workspaceOf('a'))).toBe(true);
  expect(await idsIn(file)).toEqual(['a']);
});
