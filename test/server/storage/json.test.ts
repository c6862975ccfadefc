import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, type PathLike, readFileSync, renameSync, statSync, watch } from 'node:fs';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { afterRestart } from '../../../src/server/domain/restart.ts';
import type { Workspace } from '../../../src/server/domain/workspace.ts';
import { openJsonStore } from '../../../src/server/storage/json.ts';
import { type Store, StoreError } from '../../../src/server/storage/store.ts';
import { compiled } from '../../support/compiled.ts';
import { storedIn } from '../../support/stored.ts';
import { attendeeOf, callOf, storeContract, workspaceOf } from './contract.ts';

const idleMs = 60_000;
/** A store of which only the beginning is left. */
const cutOff = '{"version":1,"workspaces":{"a":{"id":';

function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'json-store-'));
}

storeContract('The JSON store', async () => {
  const folder = await newFolder();
  let time = 1_000_000;
  const now = () => time;
  const store = await openJsonStore({ file: join(folder, 'workspaces.json'), idleMs, now });
  return {
    store,
    idleMs,
    now,
    advance: (ms) => {
      time += ms;
    },
    cleanUp: () => rm(folder, { recursive: true }),
  };
});

describe('The JSON store', () => {
  let folder: string;
  let file: string;
  let time: number;
  let stores: Store[];
  let child: ChildProcess | undefined;

  const now = () => time;

  beforeEach(async () => {
    folder = await newFolder();
    file = join(folder, 'workspaces.json');
    time = 1_000;
    stores = [];
  });

  afterEach(async () => {
    vi.useRealTimers();
    child?.kill('SIGKILL');
    for (const store of stores) await store.close();
    await rm(folder, { recursive: true });
  });

  async function open(path = file): Promise<Store> {
    const store = await openJsonStore({ file: path, idleMs, now });
    stores.push(store);
    return store;
  }

  /** The sentence with which opening is refused. */
  async function refusal(path = file): Promise<string> {
    const error = await open(path).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(StoreError);
    return (error as StoreError).message;
  }

  /** The files of a folder without the lock, which stays there for ever. */
  async function names(path = folder): Promise<string[]> {
    return (await readdir(path)).filter((name) => name !== `${basename(file)}.lock`);
  }

  async function content(path = file): Promise<{ version: number; workspaces: Record<string, Workspace> }> {
    return JSON.parse(await readFile(path, 'utf8'));
  }

  /** How many writes there were since the journal was begun: each line says where the write began that it is of. */
  function writesSeen(): number {
    const lines = readFileSync(`${file}.journal`, 'utf8').split('\n').filter(Boolean);
    return new Set(lines.map((line) => line.split(' ')[1])).size;
  }

  function fileOf(...workspaces: Workspace[]): string {
    return JSON.stringify({ version: 1, workspaces: Object.fromEntries(workspaces.map((one) => [one.id, one])) });
  }

  test('knows after a restart which workspaces nobody has used, in their order; those of former versions count as used', async () => {
    const { used: _, ...former } = workspaceOf('_former');
    const unused = (id: string, touched: number) => workspaceOf(id, { used: false, touched });
    await writeFile(
      file,
      fileOf(unused('_late', 900), former as Workspace, workspaceOf('_used'), unused('_early', 800)),
    );
    const store = await open();
    expect(await store.unused(9)).toEqual(['_early', '_late']);
    await store.swap('_new', null, workspaceOf('_new', { used: false, attendees: [attendeeOf('owner')] }));
    await store.close();
    expect(await (await open()).unused(9)).toEqual(['_early', '_late', '_new']);
  });

  describe('writes', () => {
    test('the file that a symbolic link points to, and leave the link', async () => {
      const link = join(folder, 'link.json');
      await writeFile(file, fileOf());
      await symlink(file, link);
      const store = await open(link);
      await store.swap('_a', null, workspaceOf('_a'));
      expect((await lstat(link)).isSymbolicLink()).toBe(true);
      expect(await names()).toEqual(['link.json', basename(file), `${basename(file)}.journal`]);
      await store.close();
      expect((await lstat(link)).isSymbolicLink()).toBe(true);
      expect(Object.keys((await content()).workspaces)).toEqual(['_a']);
    });

    test('the file that a symbolic link points to although it does not exist yet', async () => {
      const link = join(folder, 'link.json');
      await mkdir(join(folder, 'disk'));
      await symlink(join('disk', 'workspaces.json'), link);
      await open(link);
      expect((await lstat(link)).isSymbolicLink()).toBe(true);
      expect(await content(join(folder, 'disk', 'workspaces.json'))).toEqual({ version: 1, workspaces: {} });
    });

    test('a file that does not exist, and its folders, at once', async () => {
      file = join(folder, 'some', 'where', 'workspaces.json');
      await open();
      expect(await content()).toEqual({ version: 1, workspaces: {} });
    });

    test('files that only their owner can read, and leaves but one behind', async () => {
      await writeFile(file, fileOf());
      await chmod(file, 0o644);
      await writeFile(`${file}.tmp`, 'left by a crash', { mode: 0o644 });
      const store = await open();
      await store.swap('a', null, workspaceOf('a'));
      expect(await names()).toEqual([basename(file), `${basename(file)}.journal`]);
      for (const name of await names()) expect((await stat(join(folder, name))).mode & 0o777, name).toBe(0o600);
      await store.close();
      expect(await names()).toEqual([basename(file)]);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    });

    test('documents in the format that is documented', async () => {
      const store = await open();
      const workspace = workspaceOf('a', { attendees: [attendeeOf('ann')] });
      await store.swap('a', null, workspace);
      expect(await storedIn(file)).toEqual({ a: workspace });
      await store.close();
      expect(await content()).toEqual({ version: 1, workspaces: { a: workspace } });
    });

    test('a swap to the disk before the swap resolves', async () => {
      const store = await open();
      for (let rev = 1; rev <= 20; rev++) {
        await store.swap('a', rev === 1 ? null : rev - 1, workspaceOf('a', { rev }));
        copyFileSync(file, join(folder, 'copy.json'));
        copyFileSync(`${file}.journal`, join(folder, 'copy.json.journal'));
        const copy = await open(join(folder, 'copy.json'));
        expect((await copy.get('a'))?.rev).toBe(rev);
        await copy.close();
      }
    });

    test('what it has shown before it says that it lasts', async () => {
      const store = await open();
      const swap = store.swap('a', null, workspaceOf('a'));
      const writtenOnceItLasts = async () => {
        expect(await store.lasts('a', await store.get('a'))).toBe(true);
        return readFileSync(`${file}.journal`, 'utf8').includes('"a"');
      };
      const asked = [writtenOnceItLasts()];
      await setImmediate();
      // The write has begun by now, and cannot have ended: we have not been back in the event loop.
      asked.push(writtenOnceItLasts());
      expect(await Promise.all(asked)).toEqual([true, true]);
      await swap;
    });

    test('the deletion of a workspace too', async () => {
      const store = await open();
      await store.swap('a', null, workspaceOf('a'));
      await store.swap('a', 1, null);
      expect(await storedIn(file)).toEqual({});
      await store.close();
      expect((await content()).workspaces).toEqual({});
    });

    test('a burst of swaps once', async () => {
      const store = await open();
      const before = writesSeen();
      const seen = new Set<number>();
      await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          await store.swap(String(index), null, workspaceOf(String(index)));
          seen.add(writesSeen());
        }),
      );
      expect([...seen]).toEqual([before + 1]);
      expect(Object.keys(await storedIn(file))).toHaveLength(100);
    });

    test('what arrives during a write in one more', async () => {
      const store = await open();
      const before = writesSeen();
      const seen = new Set<number>();
      const swap = async (id: string) => {
        await store.swap(id, null, workspaceOf(id));
        seen.add(writesSeen());
      };
      const first = Array.from({ length: 50 }, (_, index) => swap(`first-${index}`));
      await setImmediate();
      // The write has begun by now, and cannot have ended: we have not been back in the event loop.
      const second = Array.from({ length: 50 }, (_, index) => swap(`second-${index}`));
      await Promise.all([...first, ...second]);
      expect([...seen]).toEqual([before + 1, before + 2]);
    });

    test('nothing for a swap that came too late', async () => {
      const store = await open();
      await store.swap('a', null, workspaceOf('a'));
      const before = [writeSeen(file), writeSeen(`${file}.journal`)];
      expect(await store.swap('a', 7, workspaceOf('a', { rev: 8 }))).toBe(false);
      await setImmediate();
      expect(await store.lasts('a', workspaceOf('a'))).toBe(true);
      expect([writeSeen(file), writeSeen(`${file}.journal`)]).toEqual(before);
    });

    test('nothing when it is closed without a change', async () => {
      const store = await open();
      const before = writeSeen(file);
      await store.close();
      expect(writeSeen(file)).toBe(before);
      expect(await names()).toEqual([basename(file)]);
    });

    test('what is still waiting when it is closed, and nothing afterwards', async () => {
      const store = await open();
      const swaps = [store.swap('a', null, workspaceOf('a')), store.swap('b', null, workspaceOf('b'))];
      await store.close();
      expect(Object.keys((await content()).workspaces)).toEqual(['a', 'b']);
      expect(await Promise.all(swaps)).toEqual([true, true]);
      await expect(store.swap('c', null, workspaceOf('c'))).rejects.toThrow(StoreError);
      expect(Object.keys((await content()).workspaces)).toEqual(['a', 'b']);
    });

    test('any id and any text so that it is read back as it was', async () => {
      const ids = ['__proto__', 'constructor', '', '"', '\\', '\n', '\u2028', 'ä漢🙂', '\ud800', '0', '-1'];
      const store = await open();
      await Promise.all(ids.map((id) => store.swap(id, null, workspaceOf(id))));
      await store.close();
      const again = await open();
      for (const id of ids) expect(await again.get(id)).toEqual(workspaceOf(id));
      expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    });

    test('a file of many pieces so that it is read back as it was', async () => {
      const all = Array.from({ length: 2_000 }, (_, index) =>
        workspaceOf(`workspace-${index}`, { name: '漢'.repeat(index % 1_000) }),
      );
      const store = await open();
      await Promise.all(all.map((one) => store.swap(one.id, null, one)));
      await store.close();
      const again = await open();
      for (const one of all) expect(await again.get(one.id)).toEqual(one);
    });
  });

  describe('when the disk fails', () => {
    const elsewhere = () => `${dirname(file)}-elsewhere`;

    beforeEach(async () => {
      file = join(folder, 'storage', 'workspaces.json');
    });

    test('shows every swap that was accepted, and takes all of them back that were not written', async () => {
      const store = await open();
      await store.swap('a', null, workspaceOf('a', { name: 'written' }));
      await store.swap('b', null, workspaceOf('b'));
      await rename(dirname(file), elsewhere());

      const failing = [
        store.swap('a', 1, workspaceOf('a', { rev: 2 })),
        store.swap('b', 1, null),
        store.swap('c', null, workspaceOf('c')),
      ];
      await setImmediate();
      // The write has begun. What follows builds upon it, or came during it.
      expect((await store.get('a'))?.rev).toBe(2);
      expect(await store.get('b')).toBeNull();
      failing.push(store.swap('a', 2, workspaceOf('a', { rev: 3 })), store.swap('d', null, workspaceOf('d')));
      // The disk is back in time for the next write, which must not be made of what built upon the failed one.
      failing[0]?.catch(() => renameSync(elsewhere(), dirname(file)));

      for (const one of await Promise.allSettled(failing)) {
        expect(one).toMatchObject({ status: 'rejected', reason: expect.any(StoreError) });
        expect((one as PromiseRejectedResult).reason.message).toBe(
          `The JSON store ${file} cannot be written (ENOENT). Check the folder and its permissions, ` +
            'or leave json_storage_file empty to keep workspaces in memory only.',
        );
      }
      expect(await store.get('a')).toEqual(workspaceOf('a', { name: 'written' }));
      expect(await store.get('b')).toEqual(workspaceOf('b'));
      expect(await store.get('c')).toBeNull();
      expect(await store.get('d')).toBeNull();
      expect(Object.keys(await storedIn(file))).toEqual(['a', 'b']);
    });

    test('says of what it has shown that it does not last, once that was taken back', async () => {
      const store = await open();
      await store.swap('a', null, workspaceOf('a'));
      await store.swap('b', null, workspaceOf('b'));
      await rename(dirname(file), elsewhere());
      const failing = [store.swap('a', 1, workspaceOf('a', { rev: 2 })), store.swap('b', 1, null)];
      const shown = [await store.get('a'), await store.get('b')];
      const answers = Promise.all([store.lasts('a', shown[0] ?? null), store.lasts('b', shown[1] ?? null)]);
      expect(shown).toEqual([workspaceOf('a', { rev: 2 }), null]);
      await Promise.allSettled(failing);
      expect(await answers).toEqual([false, false]);
      expect(await store.lasts('a', await store.get('a'))).toBe(true);
    });

    test('goes on when the disk is back, with nothing of what it refused', async () => {
      const store = await open();
      await store.swap('a', null, workspaceOf('a'));
      await rename(dirname(file), elsewhere());
      for (let round = 0; round < 3; round++) {
        await expect(store.swap('refused', null, workspaceOf('refused'))).rejects.toThrow(StoreError);
      }
      await rename(elsewhere(), dirname(file));
      expect(await store.swap('a', 1, workspaceOf('a', { rev: 2 }))).toBe(true);
      expect(await storedIn(file)).toEqual({ a: workspaceOf('a', { rev: 2 }) });
      await store.close();
      expect((await content()).workspaces).toEqual({ a: workspaceOf('a', { rev: 2 }) });
    });

    test('does not write over what has taken the place of the file', async () => {
      const store = await open();
      await rm(file);
      await mkdir(file);
      await expect(store.swap('a', null, workspaceOf('a'))).rejects.toThrow(`${file} cannot be written (EISDIR)`);
      expect(await names(dirname(file))).toEqual([basename(file), `${basename(file)}.journal`]);
    });

    test('closes all the same', async () => {
      const store = await open();
      await rename(dirname(file), elsewhere());
      const failing = expect(store.swap('a', null, workspaceOf('a'))).rejects.toThrow(StoreError);
      await store.close();
      await failing;
    });
  });

  describe('refuses to open', () => {
    test.each([
      ['that is empty', '', 'it is not JSON'],
      ['that was cut off', cutOff, 'it is not JSON'],
      ['that was cut off at once', '{"ver', 'it is not JSON'],
      ['that was laid out by hand', '{\n  "version": 1,\n  "workspaces": {,}\n}', 'it is not JSON'],
      ['with damaged text', Buffer.from('{"version":1,"workspaces":{"\xff":1}}', 'latin1'), 'it is not JSON'],
      ['without workspaces', '{"version":1,"workspaces":[]}', 'workspaces: Invalid input'],
      [
        'with a workspace that lacks something',
        JSON.stringify({ version: 1, workspaces: { a: { ...workspaceOf('a'), touched: undefined } } }),
        'workspaces.a.touched: Invalid input',
      ],
      [
        'with an attendee of the wrong kind',
        fileOf(workspaceOf('a', { attendees: [{ ...attendeeOf('ann'), mic: 'secret' as never }] })),
        'workspaces.a.attendees.0.mic: Invalid input',
      ],
      [
        'with a workspace under the id of another',
        JSON.stringify({ version: 1, workspaces: { b: workspaceOf('a') } }),
        'workspaces.b: it has the id of another workspace',
      ],
    ])('a file %s, which it keeps aside', async (_, damaged, problem) => {
      await writeFile(file, damaged);
      time = Date.UTC(2030, 0, 2, 3, 4, 5);
      const kept = `${file}.corrupt-2030-01-02T030405.000Z`;
      const sentence = await refusal();
      expect(sentence).toContain(`The JSON store ${file} is corrupt (${problem}`);
      expect(sentence).toContain(`It was kept as ${kept}.`);
      expect(sentence).not.toContain('secret');
      expect(await names()).toEqual([basename(kept)]);
      expect(await readFile(kept)).toEqual(Buffer.from(damaged));
    });

    test('again, until somebody has decided what becomes of the corrupt file', async () => {
      await writeFile(file, cutOff);
      await refusal();
      const [kept = ''] = await names();
      for (let round = 0; round < 2; round++) {
        const sentence = await refusal();
        expect(sentence).toContain(`There is no JSON store ${file}`);
        expect(sentence).toContain(join(folder, kept));
        expect(await names()).toEqual([kept]);
      }
      await rm(join(folder, kept));
      await open();
      expect((await content()).workspaces).toEqual({});
    });

    test('no good copy in the place of a corrupt file', async () => {
      await writeFile(file, cutOff);
      await refusal();
      await writeFile(file, fileOf(workspaceOf('a')));
      expect(await (await open()).get('a')).toEqual(workspaceOf('a'));
    });

    test.each([
      ['a package.json', '{\n  "name": "somebody-else",\n  "version": "1.0.0"\n}\n'],
      ['a JSON file with a version of its own', '{"version":1,"rules":{}}'],
      ['a list', '[1, 2]'],
      ['a text', 'Dear diary,\n'],
      ['a text in braces', '{version: 1, workspaces: {}}'],
      ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
      ['zeros', Buffer.alloc(64)],
    ])('%s of somebody else, which it leaves as it is', async (_, text) => {
      await writeFile(file, text);
      const before = writeSeen(file);
      for (let round = 0; round < 2; round++) {
        const sentence = await refusal();
        expect(sentence).toMatch(/^The file \S+ is no JSON store of this server \([^)]+\)\. It was left as it is: /);
        expect(sentence).toContain(file);
        expect(sentence).not.toContain('diary');
        expect(await readFile(file)).toEqual(Buffer.from(text));
        expect(writeSeen(file)).toBe(before);
        expect(await names()).toEqual([basename(file)]);
      }
    });

    test('a file of another version, which it leaves as it is', async () => {
      const other = '{"version":2,"workspaces":{"a":"something new"}}';
      await writeFile(file, other);
      expect(await refusal()).toContain(`The JSON store ${file} has version 2`);
      expect(await refusal()).toContain('json_storage_file');
      expect(await readFile(file, 'utf8')).toBe(other);
      expect(await names()).toEqual([basename(file)]);
    });

    test('a folder in the place of the file', async () => {
      await mkdir(file);
      expect(await refusal()).toContain(`The JSON store ${file} is something else than a file. Set`);
      expect(await names()).toEqual([basename(file)]);
    });

    test('a socket in the place of the file, which it does not move', async () => {
      const server = createServer().listen(file);
      await once(server, 'listening');
      expect(await refusal()).toContain(`The JSON store ${file} is something else than a file.`);
      expect(await names()).toEqual([basename(file)]);
      server.close();
      await once(server, 'close');
    });

    test('a file whose folder is a file', async () => {
      await writeFile(join(folder, 'no-folder'), '');
      for (const path of ['no-folder/workspaces.json', 'no-folder/deeper/workspaces.json']) {
        expect(await refusal(join(folder, path))).toMatch(
          /^The JSON store \S+ cannot be written \((EEXIST|ENOTDIR)\)\./,
        );
      }
    });

    test('a file that can be read but not replaced', async () => {
      await writeFile(file, fileOf(workspaceOf('a')));
      await mkdir(`${file}.tmp`);
      expect(await refusal()).toMatch(/^The JSON store \S+ cannot be written \(\w+\)\. Check the folder/);
      expect(await readFile(file, 'utf8')).toBe(fileOf(workspaceOf('a')));
    });
  });

  describe('after a restart', () => {
    test('has everybody seated but not connected, since now', async () => {
      const call = callOf('c', { participants: ['ann'] });
      const attendees = [attendeeOf('ann', { session: 'page' }), attendeeOf('bob', { connection: null, droppedAt: 7 })];
      const before = workspaceOf('a', { attendees, call, rev: 4 });
      const store = await open();
      await store.swap('a', null, before);
      await store.close();

      time += idleMs * 10;
      const after = {
        ...before,
        attendees: attendees.map((one) => ({ ...one, connection: null, droppedAt: time })),
        rev: 5,
        touched: time,
      };
      const again = await open();
      expect(await again.get('a')).toEqual(after);
      expect((await content()).workspaces).toEqual({ a: after });
      expect(await again.swap('a', 4, before)).toBe(false);
    });

    test('has no workspace that is idle and where nobody has a seat', async () => {
      await writeFile(file, fileOf(workspaceOf('idle', { touched: 1_000 }), workspaceOf('fresh', { touched: 1_001 })));
      time = 1_001 + idleMs;
      const store = await open();
      expect(await store.get('idle')).toBeNull();
      expect(await store.get('fresh')).toEqual(workspaceOf('fresh', { touched: 1_001 }));
      expect(Object.keys((await content()).workspaces)).toEqual(['fresh']);
    });

    test('has nothing of what it does not know', async () => {
      const extra = { ...workspaceOf('a'), surprise: 1, owner: { ...workspaceOf('a').owner, surprise: 2 } };
      await writeFile(file, fileOf(extra));
      expect(await (await open()).get('a')).toEqual(workspaceOf('a'));
      expect(await readFile(file, 'utf8')).not.toContain('surprise');
    });
  });

  test('deletes idle workspaces from the file too, and stops doing so when it is closed', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const store = await open();
    await store.swap('idle', null, workspaceOf('idle', { touched: 1_000 }));
    await store.swap('fresh', null, workspaceOf('fresh', { touched: 2_000 }));
    time = 1_001 + idleMs;
    vi.advanceTimersByTime(60_000);
    await store.close();
    expect(Object.keys((await content()).workspaces)).toEqual(['fresh']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('deletes idle workspaces later when the disk fails', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    file = join(folder, 'storage', 'workspaces.json');
    const store = await open();
    await store.swap('idle', null, workspaceOf('idle'));
    time = 1_001 + idleMs;
    await rename(dirname(file), join(folder, 'elsewhere'));
    vi.advanceTimersByTime(60_000);
    // In the same write as the sweep, so that we hear of its end.
    await expect(store.swap('a', null, workspaceOf('a'))).rejects.toThrow(StoreError);
    await rename(join(folder, 'elsewhere'), dirname(file));
    expect(Object.keys(await storedIn(file))).toEqual(['idle']);
    vi.advanceTimersByTime(60_000);
    await store.close();
    expect((await content()).workspaces).toEqual({});
  });

  test('loses nothing that it acknowledged, and nothing that it deleted comes back, when its process is killed in a storm of swaps', {
    timeout: 90_000,
  }, async () => {
    const program = await compiled(new URL('endless-swaps.ts', import.meta.url));
    const acknowledged = new Map<string, number>();
    for (const [round, moment] of moments.entries()) {
      for (const [id, rev] of await killAt(program, moment, round)) acknowledged.set(id, rev);

      // The file is not torn, though the process died at any point of a write.
      expect((await content()).version).toBe(1);
      await copyFile(file, join(folder, 'copy.json'));
      await copyFile(`${file}.journal`, join(folder, 'copy.json.journal'));
      time = Date.now();
      const store = await openJsonStore({ file: join(folder, 'copy.json'), idleMs: 3_600_000, now });
      for (const [id, rev] of acknowledged) {
        const kept = (await store.get(id))?.rev ?? 0;
        if (rev === 0) expect(kept, `${id} has come back`).toBe(0);
        else expect(kept, id).toBeGreaterThanOrEqual(rev);
      }
      await store.close();
    }
    expect([...acknowledged.values()].filter((rev) => rev === 0).length).toBeGreaterThan(100);
    expect(acknowledged.size).toBeGreaterThan(1_000);
  });

  /** When to kill: once so many swaps were acknowledged, at the so manieth event of the folder that is about this file. */
  interface Moment {
    lines: number;
    ending: '' | '.tmp' | '.journal' | '.journal.tmp';
    event: number;
  }

  /** In an append; while the file is written anew, beside the old one; when it takes its place; when the journal does. */
  const moments: Moment[] = [
    { lines: 1, ending: '.journal', event: 0 },
    { lines: 20, ending: '.journal', event: 1 },
    { lines: 150, ending: '.tmp', event: 0 },
    { lines: 333, ending: '.tmp', event: 4 },
    { lines: 500, ending: '', event: 0 },
    { lines: 1_000, ending: '.journal.tmp', event: 0 },
    { lines: 2_500, ending: '.journal.tmp', event: 2 },
    { lines: 3_000, ending: '.journal', event: 20 },
  ];

  /** Runs endless-swaps.ts, kills it at that moment, and returns all that it acknowledged. */
  async function killAt(
    program: string,
    { lines, ending, event }: Moment,
    round: number,
  ): Promise<[id: string, rev: number][]> {
    const swapping = spawn(process.execPath, [program, file, String(round)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = swapping;
    const exit = once(swapping, 'exit');
    const acknowledged: [string, number][] = [];
    let events = 0;
    const watcher = watch(folder, (_, name) => {
      if (name !== `${basename(file)}${ending}` || acknowledged.length < lines) return;
      if (events++ === event) swapping.kill('SIGKILL');
    });
    for await (const line of createInterface({ input: swapping.stdout })) {
      const [, id, rev] = /^(\S+) (-?\d+)$/.exec(line) ?? [];
      if (id !== undefined) acknowledged.push([id, Number(rev)]);
    }
    watcher.close();
    expect((await exit)[1]).toBe('SIGKILL');
    return acknowledged;
  }
});

describe('A workspace after a restart', () => {
  test('is the same where nobody has a seat', () => {
    const workspace = workspaceOf('a');
    expect(afterRestart(workspace, 5_000)).toBe(workspace);
  });

  test('is the same when restarted twice at one moment', () => {
    const restarted = afterRestart(workspaceOf('a', { attendees: [attendeeOf('ann')] }), 5_000);
    expect(restarted.rev).toBe(2);
    expect(afterRestart(restarted, 5_000)).toBe(restarted);
  });

  test('was never touched earlier than before', () => {
    const workspace = workspaceOf('a', { attendees: [attendeeOf('ann')], touched: 9_000 });
    expect(afterRestart(workspace, 5_000)).toMatchObject({ touched: 9_000, rev: 2, attendees: [{ droppedAt: 5_000 }] });
  });

  test('leaves the one before as it was', () => {
    const workspace = workspaceOf('a', { attendees: [attendeeOf('ann')] });
    const copy = structuredClone(workspace);
    afterRestart(workspace, 5_000);
    expect(workspace).toEqual(copy);
  });
});

/** Tells a file from the one before or after a write. */
function writeSeen(path: PathLike): string {
  const { ino, mtimeNs } = statSync(path, { bigint: true });
  return `${ino} ${mtimeNs}`;
}
