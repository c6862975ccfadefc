import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { emptyFolder, run } from '../support/built-server.ts';
import { answer, attend, Client, createWorkspace } from '../support/fixtures.ts';

const call = { id: 'call-1' };
const offer = { type: 'offer', sdp: 'v=0\r\na=ice-pwd:PasswordOfTheOffer\r\n' } as const;

it('A ring of somebody away outlives a kill -9, and no line of the log holds its offer', async () => {
  const folder = await emptyFolder();
  const file = join(folder, 'rooms.json');
  const begin = async () => {
    const server = run(folder, {
      env: { PORT: '0', BCRYPT_COST: '4', JSON_STORAGE_FILE: file, SEAT_GRACE_SECONDS: '60', LOG_LEVEL: 'trace' },
    });
    const url = await server.listening();
    return { server, connect: () => Client.connect(url) };
  };
  const first = await begin();
  const owner = await createWorkspace(first);
  const bob = await attend(first, owner, { session: 'page' });
  bob.client.close();
  await owner.client.notice('presence');
  await owner.client.must('ring', { ...owner.proof, callee: { id: bob.id }, offer, call });
  first.server.kill('SIGKILL');
  await first.server.ended;

  const again = await begin();
  const client = await again.connect();
  client.send('re-attend', { ...bob.proof, session: 'page' });
  expect(await client.notice('ring')).toMatchObject({ caller: { id: owner.id }, offer, call });
  expect(client.heard).toEqual(['re-attendance-granted', 'iceservers']);
  const back = await again.connect();
  await back.must('re-attend', owner.proof);
  await client.must('answer', { ...bob.proof, caller: { id: owner.id }, answer, call });
  expect(await back.notice('answer')).toMatchObject({ callee: { id: bob.id } });
  expect(`${await readFile(file, 'utf8')}${await readFile(`${file}.journal`, 'utf8')}`).toContain('PasswordOfTheOffer');
  for (const { server } of [first, again]) {
    expect(`${server.output.stdout}${server.output.stderr}`).not.toContain('PasswordOfTheOffer');
  }
});
