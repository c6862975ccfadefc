import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Workspace } from '../../src/domain/workspace.ts';
import { emptyFolder, refusal, run, secrets } from '../built-server.ts';
import { attend, Client, connectCall, createWorkspace } from '../fixtures.ts';
import { chance } from './chance.ts';
import { makeReadOnly } from './small-disk.ts';
import { atSoak, figure, patience } from './soak.ts';

/** Servers that are started at the same time. */
const AT_ONCE = 3;

function start(folder: string) {
  const env = { ...secrets, PORT: '0', BCRYPT_COST: '4', JSON_STORAGE_FILE: join(folder, 'rooms.json') };
  return run(folder, { env });
}

/** The file that a server has left when it stopped: some workspaces with people on a call. */
async function goodFile(): Promise<Buffer> {
  const folder = await emptyFolder();
  const server = start(folder);
  const url = await server.listening();
  const people = { connect: () => Client.connect(url) };
  for (let room = 0; room < 3; room += 1) {
    const owner = await createWorkspace(people, { name: `Owner ${room}`, pin: '2468' });
    await connectCall(owner, await attend(people, owner, { pin: '2468', name: 'Zoë' }));
  }
  server.kill('SIGTERM');
  await server.ended;
  return readFile(join(folder, 'rooms.json'));
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
  const server = start(folder);
  const isListening = await server.listening().then(
    () => true,
    () => false,
  );
  if (isListening) {
    expect(server.output.stderr).toBe('');
    server.kill('SIGKILL');
    await server.ended;
    return false;
  }
  expect(await refusal(server)).toMatch(/^The (JSON store|file) \S+rooms\.json (is corrupt|is no|has version)/);
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
  const random = chance();
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
  const random = chance();
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
