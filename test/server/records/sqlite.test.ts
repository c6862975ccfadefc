import { execFileSync } from 'node:child_process';
import { openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import Database from 'libsql';
import { expect, it, vi } from 'vitest';
import { loadConfig } from '../../../src/server/config/load-config.ts';
import { start as serveOn } from '../../../src/server/server.ts';
import { createServices } from '../../../src/server/services.ts';
import { StoreError } from '../../../src/server/storage/store.ts';
import { emptyFolder, secrets } from '../../support/built-server.ts';
import { attend, Client, type ConnectOptions, connectCall, createWorkspace } from '../../support/fixtures.ts';
import { Lifetime } from '../../support/lifetime.ts';
import { recordsContract } from './contract.ts';
import { open } from './open.ts';
import { batchOf, guest, joined, start, wholeCall, workspaceOf } from './samples.ts';

recordsContract('SQLite in memory', async () => ({ kind: 'sqlite', file: null }));
recordsContract('SQLite in a file', async () => ({ kind: 'sqlite', file: await newFile() }));

async function newFile(): Promise<string> {
  return join(await emptyFolder(), 'records.db');
}

const at = (file: string) => ({ kind: 'sqlite', file }) as const;

/** Records that a former server has left, with so many events. */
async function left(file: string, events = 3): Promise<void> {
  const lifetime = new Lifetime();
  const records = await open(at(file), { atEnd: lifetime.atEnd });
  await records.take([
    batchOf(
      workspaceOf(),
      Array.from({ length: events }, () => joined(guest)),
    ),
  ]);
  await lifetime.end();
}

/** The sentence with which a file is refused. */
async function refusal(file: string): Promise<string> {
  const error = await open(at(file)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StoreError);
  return (error as StoreError).message;
}

it('A file of records holds no trace of an erased user once it is closed', async () => {
  const file = await newFile();
  const lifetime = new Lifetime();
  const records = await open(at(file), { atEnd: lifetime.atEnd });
  const name = 'Ada Augusta King, Countess of Lovelace';
  await records.users.note({ id: 'u-ada', name, picture: 'https://example.com/ada.png' }, start);
  await records.users.erase('u-ada', start);
  await lifetime.end();
  const bytes = readFileSync(file);
  expect(bytes.includes('u-ada')).toBe(true);
  for (const trace of ['Countess', 'Augusta', 'example.com']) expect(bytes.includes(trace)).toBe(false);
});

it('A file of records is synced at each commit, checks its references, and is private', async () => {
  const file = join(await emptyFolder(), 'new', 'folder', 'records.db');
  const records = await open(at(file));
  const pragma = async (name: string) => {
    const { rows } = await records.query((db) => sql.raw(`pragma ${name}`).execute(db));
    return Object.values(rows[0] as object)[0];
  };
  expect(await pragma('journal_mode')).toBe('wal');
  // 2 is FULL.
  expect(await pragma('synchronous')).toBe(2);
  expect(await pragma('foreign_keys')).toBe(1);
  await records.take([batchOf(workspaceOf(), [joined(guest)])]);
  for (const ending of ['', '-wal', '-shm', '.lock']) expect(statSync(`${file}${ending}`).mode & 0o777).toBe(0o600);
});

it('A file of records lasts over a stop, behind a link too, and leaves no journal behind', async () => {
  const folder = await emptyFolder();
  await mkdir(join(folder, 'real'));
  await symlink(join(folder, 'real'), join(folder, 'linked'));
  await left(join(folder, 'linked', 'records.db'));
  expect(() => statSync(join(folder, 'real', 'records.db-wal'))).toThrow('ENOENT');
  const records = await open(at(join(folder, 'real', 'records.db')));
  expect(await records.events.page('_room', { limit: 9 })).toHaveLength(3);
});

it('A second server is refused the file of the first, and told who has it', async () => {
  const file = await newFile();
  const records = await open(at(file));
  expect(await refusal(file)).toBe(
    `The records database ${file} is in use by another server (process ${process.pid}). ` +
      'Stop that one first, or set DATABASE_URL to another file.',
  );
  await records.take([batchOf(workspaceOf(), [joined(guest)])]);
});

it('A file that is no database is refused with a sentence, and left as it is', async () => {
  const file = await newFile();
  const text = 'This is a letter, and no database at all. '.repeat(20);
  writeFileSync(file, text);
  expect(await refusal(file)).toBe(
    `The file ${file} is no database of SQLite. It was left as it is: set DATABASE_URL to another file.`,
  );
  expect(readFileSync(file, 'utf8')).toBe(text);
});

it('A damaged file is refused with a sentence, wherever the damage is, and left as it is', async () => {
  const file = await newFile();
  await left(file, 2000);
  const whole = readFileSync(file);
  const page = 4096;
  expect(whole.length).toBeGreaterThan(30 * page);
  for (const damagedPage of [1, 9, Math.floor(whole.length / page) - 2]) {
    writeFileSync(file, whole);
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(page, 'damage'), 0, page, damagedPage * page);
    const before = readFileSync(file);
    expect(await refusal(file), `page ${damagedPage}`).toMatch(
      /^The records database .* is damaged\. It was left as it is: put a backup in its place, without the files that end/,
    );
    expect(readFileSync(file).equals(before)).toBe(true);
  }
});

it('Damage that shows only while the server runs is refused, and told once', async () => {
  const file = await newFile();
  // More than SQLite keeps in memory.
  await left(file, 20_000);
  const lines: { level: number; msg: string }[] = [];
  const records = await open(at(file), { lines });
  const handle = openSync(file, 'r+');
  const pages = Math.floor(statSync(file).size / 4096) - 2;
  writeSync(handle, Buffer.alloc(pages * 4096, 'damage'), 0, pages * 4096, 4096);
  const attempt = () => records.query((db) => db.selectFrom('events').selectAll().where('seq', '>', 0).execute());
  for (let round = 0; round < 3; round += 1) await expect(attempt()).rejects.toMatchObject({ name: 'RecordsAway' });
  expect(lines.filter(({ msg }) => msg.includes('is damaged'))).toMatchObject([{ level: 50 }]);
});

it('A folder, and a file in a folder that is none, are refused with a sentence', async () => {
  const folder = await emptyFolder();
  expect(await refusal(folder)).toMatch(/^The records database .* cannot be written \(EISDIR\)\. Check the folder/);
  writeFileSync(join(folder, 'file'), '');
  expect(await refusal(join(folder, 'file', 'records.db'))).toMatch(/cannot be written \((EEXIST|ENOTDIR)\)/);
});

it('A copy that is made while the server writes is whole', async () => {
  const file = await newFile();
  const copy = `${file}.copy`;
  const records = await open(at(file));
  const writing = (async () => {
    for (let call = 0; call < 30; call += 1) {
      await records.take([batchOf(workspaceOf(), wholeCall(`call_${call}`), 6 * call + 1)]);
    }
  })();
  await vi.waitFor(async () => expect(await records.events.page('_room', { limit: 9 })).not.toEqual([]));
  const other = new Database(file);
  other.exec(`vacuum into '${copy}'`);
  other.close();
  await writing;
  const events = await (await open(at(copy))).events.page('_room', { limit: 999 });
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.length % 6).toBe(0);
  expect(events.length).toBeGreaterThan(0);
});

it('The journal of a file does not grow with what is written', async () => {
  const file = await newFile();
  const records = await open(at(file));
  const happened = Array.from({ length: 1000 }, () => joined({ ...guest, name: 'x'.repeat(100) }));
  for (let round = 0; round < 20; round += 1) await records.take([batchOf(workspaceOf(), happened, 1000 * round + 1)]);
  expect(statSync(`${file}-wal`).size).toBeLessThan(16 * 1024 * 1024);
});

it('A thread that ends is replaced: what it was doing is refused, and nothing of it is there', async () => {
  const records = await open(at(await newFile()));
  // More rows than the thread has memory for.
  const tooMuch = sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000000)
    select i, 'some text' as t from n`;
  const attempt = records.transaction(async (db) => {
    await db.insertInto('probes').values({ id: 7, at: 1 }).execute();
    await tooMuch.execute(db);
  });
  await expect(attempt).rejects.toMatchObject({ name: 'RecordsAway' });
  // The probe of a database that is away has found it again, or was not needed.
  const works = async () => {
    await records.take([batchOf(workspaceOf(), [joined(guest)])]);
    expect(await records.events.page('_room', { limit: 9 })).toHaveLength(1);
  };
  await vi.waitFor(works, { timeout: 20_000 });
  await vi.waitFor(() => expect(records.isUp).toBe(true), { timeout: 20_000 });
  const probes = await records.query((db) => db.selectFrom('probes').select('id').where('id', '=', 7).execute());
  expect(probes).toEqual([]);
});

it('What a server had in memory alone is over in its records when the next one starts', async () => {
  const DATABASE_URL = `sqlite:${await newFile()}`;
  const serve = async (lifetime: Lifetime) => {
    const env = { ...secrets, DATABASE_URL, PORT: '0', LOG_LEVEL: 'silent', BCRYPT_COST: '4' };
    const services = await createServices(loadConfig(env));
    const { url, close } = await serveOn(services);
    lifetime.atEnd(close);
    if (!services.records) throw new Error('There are no records.');
    return { records: services.records, connect: (options?: ConnectOptions) => Client.connect(url, options) };
  };
  const [formerly, now] = [new Lifetime(), new Lifetime()];
  const former = await serve(formerly);
  const owner = await createWorkspace(former);
  const guestOfHers = await attend(former, owner);
  await connectCall(owner, guestOfHers);
  await vi.waitFor(async () => expect((await former.records.calls.page({}, { limit: 9 })).items).toHaveLength(1));
  await formerly.end();

  const server = await serve(now);
  const mine = await createWorkspace(server);
  const after = server.records;
  await vi.waitFor(async () => expect((await after.workspaces.get(owner.workspaceId))?.closedAt).not.toBeNull());
  const { items } = await after.calls.page({}, { limit: 9 });
  expect(items).toMatchObject([{ endReason: 'lost', participants: [{ seconds: expect.any(Number) }, {}] }]);
  const events = await after.events.page(owner.workspaceId, { limit: 99 });
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.slice(-2).map(({ type }) => type)).toEqual(['call.ended', 'workspace.closed']);
  await vi.waitFor(async () => expect(await after.workspaces.get(mine.workspaceId)).toMatchObject({ closedAt: null }));
  await now.end();
});

const canMount = (() => {
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
})();

it.skipIf(!canMount)('A full disk refuses within a second, is told once, and heals by itself', async () => {
  const folder = await emptyFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
  const lifetime = new Lifetime();
  lifetime.atEnd(() => execFileSync('umount', ['--lazy', folder]));
  try {
    const lines: { level: number; msg: string }[] = [];
    const records = await open(at(join(folder, 'records.db')), { atEnd: lifetime.atEnd, lines });
    const filler = join(folder, 'filler');
    execFileSync('sh', ['-c', `cat /dev/zero > ${filler} 2>/dev/null || true`]);
    const happened = Array.from({ length: 50 }, () => joined(guest));
    const attempt = () => records.take([batchOf(workspaceOf(), happened)]);
    const since = performance.now();
    await expect(attempt()).rejects.toMatchObject({ name: 'RecordsAway' });
    expect(performance.now() - since).toBeLessThan(1000);
    await vi.waitFor(() => expect(records.isUp).toBe(false));
    await expect(attempt()).rejects.toMatchObject({ name: 'RecordsAway' });
    execFileSync('rm', [filler]);
    await vi.waitFor(() => expect(records.isUp).toBe(true), { timeout: 5000 });
    expect(await attempt()).toEqual(new Map([['_room', 50]]));
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      [50, 'The records cannot be reached or written. It is tried again until they can.'],
      [30, 'The records are there again.'],
    ]);
    expect((await records.events.page('_room', { limit: 1 }))[0]?.at).toBeGreaterThan(start);
  } finally {
    await lifetime.end();
  }
});
