import { copyFileSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { markAppended, newJournal } from '../../../src/server/storage/journal-lines.ts';
import { readJournal } from '../../../src/server/storage/journal-reader.ts';
import { openJsonStore } from '../../../src/server/storage/json.ts';
import { type Store, StoreError } from '../../../src/server/storage/store.ts';
import { hashOf, storedIn } from '../../support/stored.ts';
import { workspaceOf } from './contract.ts';

const idleMs = 60_000;
const MB = 1024 * 1024;
/** Of a workspace that makes the journal grow. */
const large = 'x'.repeat(100_000);

describe('The journal of a JSON store', () => {
  let root: string;
  let folder: string;
  let file: string;
  let journal: string;
  let time: number;
  let stores: Store[];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'json-store-'));
    folder = join(root, 'storage');
    file = join(folder, 'workspaces.json');
    journal = `${file}.journal`;
    time = 1_000;
    stores = [];
    await mkdir(folder);
  });

  afterEach(async () => {
    vi.useRealTimers();
    for (const store of stores) await store.close();
    await rm(root, { recursive: true });
  });

  async function open(path = file): Promise<Store> {
    const store = await openJsonStore({ file: path, idleMs, now: () => time });
    stores.push(store);
    return store;
  }

  /** A copy of the folder as a kill would leave it now. @returns the file in there */
  async function killed(name = 'killed'): Promise<string> {
    const copy = join(root, name);
    await cp(folder, copy, { recursive: true, filter: (path) => !path.endsWith('.lock') });
    return join(copy, 'workspaces.json');
  }

  /** As a kill leaves a file that holds `a` and a journal that holds `b`. */
  async function killedWithBoth(): Promise<string> {
    const store = await open();
    await changeTo(store, 'a', 1);
    await store.close();
    await changeTo(await open(), 'b', 1);
    return killed();
  }

  /** The sentence with which a file is refused, again and again, and after which everything is as it was. */
  async function refusal(path: string): Promise<string> {
    const before = await everythingIn(join(path, '..'));
    const sentences = new Set<string>();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const error = await open(path).then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(StoreError);
      sentences.add((error as StoreError).message);
    }
    expect(await everythingIn(join(path, '..'))).toEqual(before);
    expect(sentences.size).toBe(1);
    return [...sentences].join();
  }

  async function everythingIn(path: string): Promise<Record<string, string>> {
    const names = (await readdir(path)).filter((name) => !name.endsWith('.lock'));
    const read = async (name: string) => [name, await readFile(join(path, name), 'latin1').catch(() => 'a folder')];
    return Object.fromEntries(await Promise.all(names.map(read)));
  }

  /** Makes a workspace and changes it, each time when the one before is on the disk. */
  async function changeTo(store: Store, id: string, rev: number, changes = {}): Promise<void> {
    expect(await store.swap(id, rev === 1 ? null : rev - 1, workspaceOf(id, { rev, ...changes }))).toBe(true);
  }

  /** The version of each workspace in a file that a killed process has left. */
  async function revsIn(path: string): Promise<Record<string, number>> {
    const store = await open(path);
    const stored = await storedIn(path);
    await store.close();
    return Object.fromEntries(Object.entries(stored).map(([id, { rev }]) => [id, rev]));
  }

  describe('is read at a start', () => {
    test('with what was made, changed and deleted since the file was written', async () => {
      const store = await open();
      for (const id of ['kept', 'changed', 'deleted', 'back']) await changeTo(store, id, 1);
      await changeTo(store, 'changed', 2, { name: 'anew' });
      await store.swap('deleted', 1, null);
      await store.swap('back', 1, null);
      await changeTo(store, 'back', 1, { name: 'again' });
      const again = await open(await killed());
      expect(again.size).toBe(3);
      expect(await again.get('kept')).toEqual(workspaceOf('kept'));
      expect(await again.get('changed')).toEqual(workspaceOf('changed', { rev: 2, name: 'anew' }));
      expect(await again.get('back')).toEqual(workspaceOf('back', { name: 'again' }));
    });

    test('with what was swept because it was idle, which does not come back', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      const store = await open();
      await changeTo(store, 'idle', 1);
      await changeTo(store, 'seen', 1);
      time += idleMs + 1;
      expect(await store.get('seen')).toBeNull();
      expect(await store.lasts('seen', null)).toBe(true);
      vi.advanceTimersByTime(60_000);
      // In the write after the sweep, so that we hear of its end.
      await changeTo(store, 'fresh', 1, { touched: time });
      const copy = await killed();
      expect(Object.keys(await storedIn(copy))).toEqual(['fresh']);
      time = 1_000;
      expect(await revsIn(copy)).toEqual({ fresh: 1 });
    });

    test('any id and any text as it was', async () => {
      const ids = ['__proto__', 'constructor', '', '"', '\\', '\n', '\u2028', 'ä漢🙂', '\ud800', '0', '{', 'null'];
      const store = await open();
      for (const id of ids) await changeTo(store, id, 1, { name: `${id} 漢`.repeat(1_000) });
      const again = await open(await killed());
      for (const id of ids) expect(await again.get(id)).toEqual(workspaceOf(id, { name: `${id} 漢`.repeat(1_000) }));
    });

    test('and is gone when the server stops in order, so that there is one file to look at', async () => {
      const store = await open();
      await changeTo(store, 'a', 1);
      await store.close();
      expect((await readdir(folder)).sort()).toEqual(['workspaces.json', 'workspaces.json.lock']);
      expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ version: 1, workspaces: { a: workspaceOf('a') } });
    });

    test('within seconds, with 10,000 workspaces', async () => {
      const store = await open();
      const all = Array.from({ length: 10_000 }, (_, n) => workspaceOf(`w${n}`, { avatar: 'x'.repeat(1_200) }));
      // Ten thousand in the file, and each of them again in the journal.
      await Promise.all(all.map((one) => store.swap(one.id, null, one)));
      await store.close();
      const next = await open();
      await Promise.all(all.map((one) => next.swap(one.id, 1, { ...one, rev: 2 })));
      const copy = await killed();
      expect((await stat(`${copy}.journal`)).size).toBeGreaterThan(14_000_000);
      const began = performance.now();
      const again = await open(copy);
      expect(performance.now() - began).toBeLessThan(10_000);
      expect(again.size).toBe(10_000);
      for (const { id } of all) expect((await again.get(id))?.rev).toBe(2);
    });
  });

  describe('with a broken end', () => {
    /** Three appends, of which the last one has three lines. @returns where each line ends, and 0 before them */
    async function threeAppends(): Promise<number[]> {
      const store = await open();
      await changeTo(store, 'a', 1);
      await changeTo(store, 'a', 2);
      await Promise.all(['b', 'c', 'd'].map((id) => changeTo(store, id, 1)));
      const text = await readFile(journal, 'latin1');
      const ends = [...text.matchAll(/(?<=[^\n])\n/g)].map(({ index }) => index + 1);
      expect(ends).toHaveLength(6);
      return [0, ...ends];
    }

    test('is what it was before the append that a crash cut off, wherever it did', async () => {
      const [, , , third = 0, ...ends] = await threeAppends();
      const copy = await killed();
      const whole = await readFile(`${copy}.journal`);
      const hash = await hashOf(copy);
      for (let length = third; length < whole.length; length += 1) {
        await writeFile(`${copy}.journal`, whole.subarray(0, length));
        const read = await readJournal(copy, hash);
        const ids = ['b', 'c', 'd'].slice(0, ends.filter((end) => end <= length).length);
        expect([...(read?.changes.keys() ?? [])], `${length} bytes`).toEqual(['a', ...ids]);
      }
      await writeFile(`${copy}.journal`, whole.subarray(0, third + 10));
      expect(await revsIn(copy)).toEqual({ a: 2 });
      expect(await revsIn(copy)).toEqual({ a: 2 });
    });

    test('is what it was before, when a power cut has lost the beginning of an append and not its end', async () => {
      const [, , , third = 0, fourth = 0] = await threeAppends();
      const copy = await killed();
      const bytes = await readFile(`${copy}.journal`);
      await writeFile(`${copy}.journal`, bytes.fill(0, third + 5, fourth + 5));
      expect(await revsIn(copy)).toEqual({ a: 2 });
    });

    test('is refused when it was not the end: another append had begun', async () => {
      const ends = await threeAppends();
      const copy = await killed();
      const whole = await readFile(`${copy}.journal`);
      const hash = await hashOf(copy);
      const last = ends[3] ?? 0;
      for (let place = 0; place < whole.length; place += 1) {
        const damaged = Buffer.from(whole);
        damaged[place] = (whole[place] ?? 0) ^ (1 + (place % 255));
        await writeFile(`${copy}.journal`, damaged);
        const read = readJournal(copy, hash);
        if (place < last) await expect(read, `byte ${place}`).rejects.toThrow(/is damaged \(at byte \d+\)/);
        // Of the last append, nobody can tell.
        else expect([...((await read)?.changes.keys() ?? [])].slice(0, 1)).toEqual(['a']);
      }
      for (const place of [0, 3, 9, ...ends.slice(1, 3).flatMap((end) => [end - 1, end, end + 9])]) {
        const damaged = Buffer.from(whole);
        damaged[place] = 0;
        await writeFile(`${copy}.journal`, damaged);
        expect(await refusal(copy)).toMatch(
          /^The journal \S+\.journal of the JSON store \S+ is damaged \(at byte \d+\)\. Both/,
        );
      }
    });

    test('is refused when a line, or a part of one, is missing before another append', async () => {
      const [, header = 0, first = 0, second = 0] = await threeAppends();
      const copy = await killed();
      const whole = await readFile(`${copy}.journal`);
      for (const [from, to] of [
        [0, header],
        [header, first],
        [first, second],
        [first - 50, first],
        [header - 20, second - 20],
      ]) {
        await writeFile(`${copy}.journal`, Buffer.concat([whole.subarray(0, from), whole.subarray(to)]));
        expect(await refusal(copy), `${from} to ${to}`).toContain('is damaged');
      }
    });
  });

  describe('that does not fit is refused, and everything left as it is:', () => {
    test('one of a file that was replaced by a backup, until it is moved away', async () => {
      const store = await open();
      await changeTo(store, 'a', 1);
      await store.close();
      const backup = await readFile(file);
      const next = await open();
      await changeTo(next, 'a', 2);
      await changeTo(next, 'b', 1);
      const copy = await killed();
      await writeFile(copy, backup.toString().replace('"rev":1', '"rev":7'));
      expect(await refusal(copy)).toMatch(
        /^The journal \S+\.journal does not belong to the JSON store \S+: .*move the journal away/,
      );
      await rename(`${copy}.journal`, join(root, 'away'));
      expect(await revsIn(copy)).toEqual({ a: 7 });
    });

    test('one of a file in which a byte of a name was changed', async () => {
      const copy = await killedWithBoth();
      await writeFile(copy, (await readFile(copy, 'utf8')).replace('Olga', 'Olaf'));
      expect(await refusal(copy)).toContain('does not belong to');
    });

    test('one of a file that is gone', async () => {
      const store = await open();
      await changeTo(store, 'a', 1);
      const copy = await killed();
      await rm(copy);
      expect(await refusal(copy)).toMatch(/^There is no JSON store \S+, but its journal \S+\.journal\. It was left/);
    });

    test.each([
      ['nothing', ''],
      ['a text of somebody else', 'Dear diary,\n'],
      ['zeros', Buffer.alloc(5_000)],
    ])('one that is %s', async (_, content) => {
      await (await open()).close();
      await writeFile(journal, content);
      expect(await refusal(file)).toContain('is damaged (at byte 0)');
    });

    test('a folder in its place', async () => {
      await (await open()).close();
      await mkdir(journal);
      expect(await refusal(file)).toContain('is damaged (at byte 0)');
    });
  });

  test('is set aside with a corrupt file, so that a good copy can take its place', async () => {
    const copy = await killedWithBoth();
    const good = await readFile(copy);
    await truncate(copy, good.length - 10);
    await expect(open(copy)).rejects.toThrow(
      /is corrupt .* kept as \S+\.corrupt-\S+, and its journal as \S+\.journal\. Put .* the journal back/,
    );
    await expect(open(copy)).rejects.toThrow(/^There is no JSON store .* kept as \S+, \S+\.journal\. Put/);
    await writeFile(copy, good);
    expect(await revsIn(copy)).toEqual({ a: 1 });
  });

  describe('is made short', () => {
    /** When the file was written. */
    const writtenAt = () => statSync(file, { bigint: true }).mtimeNs;

    /** Changes one workspace until the file was written anew. @returns its version */
    async function untilCompacted(store: Store, id: string, from: number): Promise<number> {
      const former = writtenAt();
      let rev = from;
      while (writtenAt() === former) {
        rev += 1;
        await changeTo(store, id, rev, { avatar: large });
      }
      return rev;
    }

    test('again and again, so that it does not grow with changes of one workspace', async () => {
      const store = await open();
      let longest = 0;
      const files = new Set<bigint>();
      for (let rev = 1; rev <= 200; rev += 1) {
        await changeTo(store, 'a', rev, { avatar: large });
        longest = Math.max(longest, (await stat(journal)).size);
        files.add(writtenAt());
      }
      expect(files.size).toBeGreaterThan(3);
      expect(longest).toBeLessThan(4 * MB);
    });

    test('not before it is longer than the file', async () => {
      const store = await open();
      await Promise.all(Array.from({ length: 50 }, (_, n) => changeTo(store, `w${n}`, 1, { avatar: large })));
      await store.close();
      const next = await open();
      const former = writtenAt();
      for (let rev = 2; rev <= 40; rev += 1) await changeTo(next, 'w0', rev, { avatar: large });
      expect(writtenAt()).toBe(former);
      expect((await stat(journal)).size).toBeGreaterThan(3.5 * MB);
    });

    test('and whatever is changed meanwhile is in it', async () => {
      const store = await open();
      await Promise.all(Array.from({ length: 20 }, (_, n) => changeTo(store, `w${n}`, 1, { avatar: large })));
      const former = writtenAt();
      const revs: Record<string, number> = {};
      for (let rev = 2; writtenAt() === former; rev += 1) {
        await Promise.all([
          changeTo(store, 'w0', rev),
          changeTo(store, `new-${rev}`, 1, { avatar: large }),
          rev < 20 && store.swap(`w${rev}`, 1, null),
        ]);
        revs[`new-${rev}`] = 1;
        revs.w0 = rev;
        if (rev < 20) revs[`w${rev}`] = 0;
      }
      const stored = await storedIn(await killed());
      for (const [id, rev] of Object.entries(revs)) expect(stored[id]?.rev ?? 0, id).toBe(rev);
      expect(stored.w1?.rev).toBe(1);
    });

    test('later, when the file cannot be written anew now, and changes go on', async () => {
      const store = await open();
      await mkdir(`${file}.tmp`);
      let rev = 0;
      for (; rev < 30; rev += 1) await changeTo(store, 'a', rev + 1, { avatar: large });
      expect((await stat(journal)).size).toBeGreaterThan(2.5 * MB);
      await rm(`${file}.tmp`, { recursive: true });
      rev = await untilCompacted(store, 'a', rev);
      expect(await revsIn(await killed())).toEqual({ a: rev });
    });

    test('with nothing lost, at whatever moment it is killed', { timeout: 120_000 }, async () => {
      const store = await open();
      const acknowledged: Record<string, number> = { a: 0, b: 0 };
      const asked = { ...acknowledged };
      let isOver = false;
      const change = async (id: string) => {
        for (let rev = 1; !isOver; rev += 1) {
          asked[id] = rev;
          await changeTo(store, id, rev, { avatar: large.slice(0, 50_000) });
          acknowledged[id] = rev;
        }
      };
      const changing = Promise.all(Object.keys(acknowledged).map(change));
      const moments: { copy: string; least: typeof asked; most: typeof asked }[] = [];
      const seen = new Set<string>();
      const files = new Set<bigint>();
      while (files.size < 4) {
        await setImmediate();
        const least = { ...acknowledged };
        const copy = join(root, `moment-${moments.length}`);
        if (copyIfNew(copy, seen)) moments.push({ copy: join(copy, 'workspaces.json'), least, most: { ...asked } });
        files.add(writtenAt());
      }
      isOver = true;
      await changing;

      expect(moments.length).toBeGreaterThan(20);
      for (const { copy, least, most } of moments) {
        const revs = await revsIn(copy);
        for (const id of Object.keys(least)) {
          expect(revs[id] ?? 0, copy).toBeGreaterThanOrEqual(least[id] ?? 0);
          expect(revs[id] ?? 0, copy).toBeLessThanOrEqual(most[id] ?? 0);
        }
      }
    });

    /**
     * Copies the folder without letting the event loop go on: of what the store does, one step at the most is made
     * meanwhile, so the copy is what a kill could leave.
     */
    function copyIfNew(copy: string, seen: Set<string>): boolean {
      const names = readdirSync(folder).filter((name) => !name.endsWith('.lock'));
      const look = (name: string) => statSync(join(folder, name), { throwIfNoEntry: false });
      const sight = names.map((name) => `${name} ${look(name)?.ino} ${look(name)?.size}`).join();
      if (seen.has(sight)) return false;
      seen.add(sight);
      mkdirSync(copy);
      // A rename in between: what has vanished is the other name now.
      for (const name of names) if (look(name)) copyFileSync(join(folder, name), join(copy, name));
      return true;
    }

    test('in steps, and a crash after any of them is survived', async () => {
      const store = await open();
      await changeTo(store, 'a', 1);
      await changeTo(store, 'b', 1);
      await store.swap('b', 1, null);
      const former = { file: await readFile(file), journal: await readFile(journal) };
      // The names that the next file and the next journal would have.
      await changeTo(store, 'c', 1);
      const copy = await killed('copy');
      await (await open(copy)).close();
      const next = await readFile(copy);
      const mark = markAppended((await stat(journal)).size, await hashOf(copy));
      const marked = Buffer.concat([await readFile(journal), Buffer.from(mark)]);
      const later = Buffer.from([...newJournal(await hashOf(copy), new Map())].join(''));

      const crashes: [what: string, file: Buffer, journal: Buffer, beside: Record<string, Buffer>][] = [
        ['the file beside is half written', former.file, await readFile(journal), { '.tmp': next.subarray(0, 100) }],
        ['the file beside is whole', former.file, await readFile(journal), { '.tmp': next }],
        ['the mark is half written', former.file, marked.subarray(0, marked.length - 9), { '.tmp': next }],
        ['the journal is marked', former.file, marked, { '.tmp': next }],
        ['the file is replaced', next, marked, {}],
        ['the next journal is half written', next, marked, { '.journal.tmp': later.subarray(0, 9) }],
        ['the journal is replaced', next, later, {}],
        ['the journal is removed', next, Buffer.alloc(0), {}],
      ];
      expect(former.file).not.toEqual(next);
      for (const [index, [what, itsFile, itsJournal, beside]] of crashes.entries()) {
        const crashed = join(root, String(index), 'workspaces.json');
        await mkdir(join(crashed, '..'));
        await writeFile(crashed, itsFile);
        if (itsJournal.length > 0) await writeFile(`${crashed}.journal`, itsJournal);
        for (const [ending, content] of Object.entries(beside)) await writeFile(`${crashed}${ending}`, content);
        expect(await revsIn(crashed), what).toEqual({ a: 1, c: 1 });
        expect((await readdir(join(crashed, '..'))).sort(), what).toEqual(['workspaces.json', 'workspaces.json.lock']);
      }
    });

    test('by a marked one that goes on, where the file could not be replaced', async () => {
      const store = await open();
      await changeTo(store, 'a', 1);
      const copy = await killed();
      await appendFile(`${copy}.journal`, markAppended((await stat(journal)).size, 'f'.repeat(64)));
      const again = await open(copy);
      await changeTo(again, 'a', 2);
      expect(await storedIn(copy)).toEqual({ a: workspaceOf('a', { rev: 2 }) });
    });
  });

  describe('is made anew, with all that was acknowledged, after somebody', () => {
    test.each([
      ['deleted it', () => rm(journal)],
      ['emptied it', () => truncate(journal)],
      ['added to it', () => appendFile(journal, 'Dear diary,\n')],
      ['put another file in its place', () => cp(file, journal)],
      ['deleted the file', () => rm(file)],
      ['put another file in the place of the file', () => writeFile(file, '{"version":1,"workspaces":{\n}}\n')],
      ['deleted the folder and made it again', () => rm(folder, { recursive: true }).then(() => mkdir(folder))],
    ])('%s', async (_, meddle) => {
      const store = await open();
      await changeTo(store, 'a', 1);
      await changeTo(store, 'b', 1);
      await meddle();
      await changeTo(store, 'b', 2);
      expect(await revsIn(await killed())).toEqual({ a: 1, b: 2 });
      await changeTo(store, 'c', 1);
      expect(await revsIn(await killed('killed-later'))).toEqual({ a: 1, b: 2, c: 1 });
    });
  });

  test('is left for the next start to judge when somebody replaced the file before the stop', async () => {
    const store = await open();
    await changeTo(store, 'a', 1);
    await writeFile(file, '{"version":1,"workspaces":{}}\n');
    await store.close();
    expect(await refusal(file)).toContain('does not belong to');
  });
});
