import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Workspace } from '../../src/server/domain/workspace.ts';
import { emptyFolder, refusal, run, secrets } from '../support/built-server.ts';
import { attend, Client, connectCall, createWorkspace } from '../support/fixtures.ts';
import { storedIn } from '../support/stored.ts';
import { seededRandom } from './seeded-random.ts';
import { makeReadOnly } from './small-disk.ts';
import { atSoak, figure, patience } from './soak.ts';

/** Servers that are started at the same time. */
const AT_ONCE = 3;

function start(folder: string) {
  // Without users, and so without the records, which take a third of the time that a start takes.
  const env = { ...secrets, PORT: '0', BCRYPT_COST: '4', USERS: '', JSON_STORAGE_FILE: join(folder, 'rooms.json') };
  return run(folder, { env });
}

/** Runs a server that some people use: they make workspaces, and are on a call. Then ends it. */
async function use(folder: string, ending: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const server = start(folder);
  const url = await server.listening();
  const people = { connect: () => Client.connect(url) };
  for (let room = 0; room < 3; room += 1) {
    const owner = await createWorkspace(people, { name: `Owner ${room}`, pin: '2468' });
    await connectCall(owner, await attend(people, owner, { pin: '2468', name: 'Zoë' }));
  }
  server.kill(ending);
  await server.ended;
}

/** The file that a server has left when it stopped. */
async function goodFile(): Promise<Buffer> {
  const folder = await emptyFolder();
  await use(folder, 'SIGTERM');
  return readFile(join(folder, 'rooms.json'));
}

/** A file and a journal as a server leaves them when it is killed. */
interface Pair {
  file: Buffer;
  journal: Buffer;
}

async function goodPair(): Promise<Pair> {
  const folder = await emptyFolder();
  await use(folder, 'SIGTERM');
  await use(folder, 'SIGKILL');
  return readPair(folder);
}

async function readPair(folder: string): Promise<Pair> {
  const file = join(folder, 'rooms.json');
  return { file: await readFile(file), journal: await readFile(`${file}.journal`) };
}

/** Where the lines of a journal end. */
function endsOf(journal: Buffer): number[] {
  return [...journal.toString('latin1').matchAll(/(?<=[^\n])\n/g)].map(({ index }) => index + 1);
}

/** Where the last append of a journal begins, as its last line says. */
function lastAppendOf(journal: Buffer): number {
  return Number(/ (\d+) [^\n]*\n$/.exec(journal.toString('latin1'))?.[1]);
}

/** The seated attendees of each workspace. */
async function seatedIn(folder: string): Promise<Record<string, string[]>> {
  const workspaces = Object.values(await storedIn(join(folder, 'rooms.json')));
  return Object.fromEntries(workspaces.map(({ id, attendees }) => [id, attendees.map((each) => each.id)]));
}

/** Starts a server, and kills it where it listens. @returns the sentence with which it was refused; null: it listened */
async function startRefused(folder: string): Promise<string | null> {
  const server = start(folder);
  const isListening = await server.listening().then(
    () => true,
    () => false,
  );
  if (!isListening) return refusal(server);
  expect(server.output.stderr).toBe('');
  server.kill('SIGKILL');
  await server.ended;
  return null;
}

/**
 * Starts a server with a damaged journal, and kills it where it listens.
 * @returns whether it was refused, and has left both as they were
 */
async function isPairRefused(folder: string, damaged: Pair): Promise<boolean> {
  const file = join(folder, 'rooms.json');
  await mkdir(folder, { recursive: true });
  await writeFile(file, damaged.file);
  await writeFile(`${file}.journal`, damaged.journal);
  const sentence = await startRefused(folder);
  if (sentence === null) return false;
  expect(sentence).toMatch(/^The journal \S+rooms\.json\.journal .*(is damaged|does not belong)/);
  expect(await readPair(folder)).toEqual(damaged);
  return true;
}

/** How many are seated in each workspace. */
function seatsOf(content: Buffer): number[] {
  const { workspaces }: { workspaces: Record<string, Workspace> } = JSON.parse(content.toString('utf8'));
  return Object.values(workspaces).map(({ attendees }) => attendees.length);
}

/** The file as it is kept: where it was, or set aside. */
async function keptFile(folder: string): Promise<Buffer> {
  const [name = '', ...others] = (await readdir(folder)).filter((each) => /^rooms\.json($|\.corrupt-)/.test(each));
  expect(others).toEqual([]);
  return readFile(join(folder, name));
}

/** Starts a server with a damaged file. @returns whether it was refused */
async function isRefused(folder: string, damaged: Buffer): Promise<boolean> {
  await mkdir(folder);
  await writeFile(join(folder, 'rooms.json'), damaged);
  const sentence = await startRefused(folder);
  if (sentence === null) return false;
  expect(sentence).toMatch(/^The (JSON store|file) \S+rooms\.json (is corrupt|is no|has version)/);
  expect((await keptFile(folder)).equals(damaged)).toBe(true);
  return true;
}

/** Does something with each, a few at a time. */
async function forEachSome<Item>(items: readonly Item[], deed: (item: Item, index: number) => Promise<void>) {
  for (let first = 0; first < items.length; first += AT_ONCE) {
    await Promise.all(items.slice(first, first + AT_ONCE).map((item, index) => deed(item, first + index)));
  }
}

it('A file that was cut off, wherever that was, is refused with a sentence and kept', {
  timeout: patience(5),
}, async () => {
  const good = await goodFile();
  const folder = await emptyFolder();
  const random = seededRandom();
  // Without its last character, which ends the line, it is whole.
  const longest = good.length - 2;
  const lengths = [0, 1, longest, ...Array.from({ length: atSoak(3, 97) }, () => random.whole(2, longest))];
  await forEachSome(lengths, async (length, index) => {
    const isIt = await isRefused(join(folder, String(index)), good.subarray(0, length));
    expect(isIt, `${length} of ${good.length} bytes`).toBe(true);
  });
  figure(`file cut off: at ${lengths.length} places, refused and kept each time`);
});

it('A file with a damaged byte is refused with a sentence and kept, unless nobody is missing from it', {
  timeout: patience(5),
}, async () => {
  const good = await goodFile();
  const folder = await emptyFolder();
  const random = seededRandom();
  const places = [0, ...Array.from({ length: atSoak(4, 98) }, () => random.whole(2, good.length - 1))];
  let refused = 0;
  await forEachSome(places, async (place, index) => {
    const damaged = Buffer.from(good);
    damaged[place] = (good[place] ?? 0) ^ random.whole(1, 255);
    const where = join(folder, String(index));
    if (await isRefused(where, damaged)) {
      refused += 1;
      return;
    }
    const now = seatsOf(await keptFile(where));
    expect(now, `byte ${place} is ${damaged[place]}`).toEqual(seatsOf(good));
  });
  figure(`damaged byte: ${places.length} times, ${refused} refused and kept, the others with every seat`);
});

it('A journal that was cut off, wherever that was, is what it was before that place', {
  timeout: patience(5),
}, async () => {
  const good = await goodPair();
  const folder = await emptyFolder();
  const random = seededRandom();
  const [header = 0, ...ends] = endsOf(good.journal);
  const end = random.pick(ends);
  const some = Array.from({ length: atSoak(2, 90) }, () => random.whole(header, good.journal.length));
  for (const length of [0, 1, header - 1]) {
    const journal = good.journal.subarray(0, length);
    expect(await isPairRefused(join(folder, `cut-${length}`), { ...good, journal }), `${length} bytes`).toBe(true);
  }
  await forEachSome([header, end - 1, end, end + 1, ...some], async (length, index) => {
    const where = join(folder, String(index));
    const journal = good.journal.subarray(0, length);
    await mkdir(where);
    await writeFile(join(where, 'rooms.json'), good.file);
    await writeFile(join(where, 'rooms.json.journal'), journal);
    const expected = await seatedIn(where);
    expect(await isPairRefused(where, { ...good, journal }), `${length} bytes`).toBe(false);
    expect(await seatedIn(where), `${length} bytes`).toEqual(expected);
  });
  figure(`journal cut off: at ${some.length + 7} places, what came before is there each time`);
});

it('A journal with a damaged byte is refused with a sentence and kept, unless that is in its last append', {
  timeout: patience(5),
}, async () => {
  const good = await goodPair();
  const folder = await emptyFolder();
  const random = seededRandom();
  const last = lastAppendOf(good.journal);
  // An empty line comes first.
  const line = random.pick(endsOf(good.journal).filter((end) => end < last)) + 1;
  const [checksum, begin, document] = [line + 3, line + 9, line + 60];
  const some = Array.from({ length: atSoak(2, 90) }, () => random.whole(0, good.journal.length - 1));
  const places = [0, line - 1, line, checksum, line + 8, begin, document, last - 1, last, last + 3, last + 60, ...some];
  let refused = 0;
  await forEachSome(places, async (place, index) => {
    const journal = Buffer.from(good.journal);
    journal[place] = (journal[place] ?? 0) ^ random.whole(1, 255);
    const where = join(folder, String(index));
    const isIt = await isPairRefused(where, { ...good, journal });
    expect(isIt, `byte ${place} of ${journal.length}`).toBe(place < last);
    if (isIt) refused += 1;
    else expect(Object.keys(await seatedIn(where))).toHaveLength(6);
  });
  figure(
    `damaged byte in a journal: ${places.length} times, ${refused} refused and kept, the others in its last append`,
  );
});

it('A file that is write-protected is not replaced', async ({ skip }) => {
  const folder = await emptyFolder();
  const file = join(folder, 'rooms.json');
  const content = '{"version":1,"workspaces":{\n}}\n';
  await writeFile(file, content);
  const undo = makeReadOnly(file);
  if (!undo) skip('Nothing makes a file read-only for root here.');
  expect(await refusal(start(folder))).toContain(`${file} cannot be written (E`);
  expect(await readFile(file, 'utf8')).toBe(content);
  undo?.();
});
