import { readdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { emptyFolder, refusal, run, secrets } from '../support/built-server.ts';
import { Client } from '../support/fixtures.ts';
import { atSoak, figure, patience } from './soak.ts';

// Without records, which the first server may still be writing.
const quickly = { PORT: '0', BCRYPT_COST: '4', USERS: '' };

/** All that could tell that somebody has touched a folder. */
async function everythingIn(folder: string) {
  const names = (await readdir(folder)).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const { ino, mode, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
      return { name, ino, mode, mtimeNs, ctimeNs, content: await readFile(path, 'utf8') };
    }),
  );
}

async function create(url: string): Promise<void> {
  const client = await Client.connect(url);
  await client.must('create', { workspace: {}, attendee: {} });
}

it('A second server is refused the file of another one, and changes nothing', async () => {
  const folder = await emptyFolder();
  const file = join(folder, 'rooms.json');
  const link = join(folder, 'link.json');
  const first = run(folder, { env: { ...quickly, ...secrets, JSON_STORAGE_FILE: file } });
  const url = await first.listening();
  await create(url);
  await symlink(file, link);
  const before = await everythingIn(folder);

  // They were given no secrets, and would keep some of their own beside the file.
  const others = [file, link].map((path) => run(folder, { env: { ...quickly, JSON_STORAGE_FILE: path } }));
  for (const other of others) {
    expect(await refusal(other)).toBe(
      `The JSON store ${file} is in use by another server (process ${first.pid}). ` +
        'Stop that one first, or set json_storage_file to another file.\n',
    );
    expect(other.output.stdout).toBe('');
  }
  expect(await everythingIn(folder)).toEqual(before);
  await create(url);
});

it('Of two servers that are started at the same moment one listens, on a new file and when the former one was ended', {
  timeout: patience(5),
}, async () => {
  const folder = await emptyFolder();
  const rounds = atSoak(4, 40);
  for (let round = 0; round < rounds; round += 1) {
    // Every other round begins with the file that was just let go of.
    const env = { ...quickly, JSON_STORAGE_FILE: join(folder, `rooms-${Math.floor(round / 2)}.json`) };
    const servers = [run(folder, { env }), run(folder, { env })];
    const outcomes = await Promise.allSettled(servers.map((server) => server.listening()));
    const listening = servers.filter((_, index) => outcomes[index]?.status === 'fulfilled');
    expect(listening).toHaveLength(1);
    for (const loser of servers.filter((server) => !listening.includes(server))) {
      expect(await refusal(loser)).toMatch(/^The JSON store \S+ is in use by another server\b/);
    }
    for (const winner of listening) {
      winner.kill(round % 4 < 2 ? 'SIGKILL' : 'SIGTERM');
      await winner.ended;
    }
  }
  figure(`two servers started at once on one file: ${rounds} times, one listened each time`);
});
