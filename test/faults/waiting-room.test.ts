import { join } from 'node:path';
import { expect, it } from 'vitest';
import { admit, knock, listOf, seatOf, tryToAttend } from '../protocol/waiting.ts';
import { emptyFolder, run } from '../support/built-server.ts';
import { Client, createWorkspace, type Owner } from '../support/fixtures.ts';

/** A JSON server that can be killed and started again. */
async function killable() {
  const folder = await emptyFolder();
  return async () => {
    const file = join(folder, 'rooms.json');
    const env = { PORT: '0', BCRYPT_COST: '4', USERS: '', JSON_STORAGE_FILE: file, SEAT_GRACE_SECONDS: '3' };
    const server = run(folder, { env });
    const url = await server.listening();
    const kill = async () => {
      server.kill('SIGKILL');
      await server.ended;
    };
    return { kill, connect: () => Client.connect(url) };
  };
}

it('Places survive kill -9, and end when the grace time after the restart is over', async () => {
  const begin = await killable();
  let server = await begin();
  const owner = await createWorkspace(server, { admission: 'ask', pin: '1234' });
  const people = [];
  for (const name of ['bob', 'eve', 'zoe']) {
    people.push(await knock(server, owner, { pin: '1234', name, session: `page of ${name}` }));
  }
  const [bob, eve, zoe] = people.map(({ id }) => id);
  await server.kill();

  server = await begin();
  const back: Owner = { ...owner, client: await server.connect() };
  expect(await listOf(back)).toEqual([bob, eve, zoe]);
  const returned = await knock(server, owner, { pin: '1234', name: 'eve', session: 'page of eve' });
  expect(returned).toMatchObject({ id: eve, place: 2 });
  await server.kill();

  server = await begin();
  const again: Owner = { ...owner, client: await server.connect() };
  expect(await listOf(again)).toEqual([bob, eve, zoe]);
  const last = await knock(server, owner, { pin: '1234', name: 'zoe', session: 'page of zoe' });
  expect(last).toMatchObject({ id: zoe, place: 3 });
  const ended = [await again.client.notice('knock-ended'), await again.client.notice('knock-ended')];
  expect(ended.map(({ waiting }) => waiting.id)).toEqual([bob, eve]);
  expect(await last.client.notice('waiting')).toMatchObject({ id: zoe, place: 1 });
  await admit(again, last);
  await seatOf(last);
});

it('A person who was admitted when the server was killed has the seat after the restart', async () => {
  const begin = await killable();
  for (let round = 0; round < 4; round += 1) {
    const server = await begin();
    const owner = await createWorkspace(server, { admission: 'ask' });
    const bob = await knock(server, owner, { session: 'page of bob' });
    // The kill comes with the answer to the owner, at once or a moment later.
    await admit(owner, bob);
    if (round % 2 === 1) await seatOf(bob);
    await server.kill();

    const next = await begin();
    const back: Owner = { ...owner, client: await next.connect() };
    expect(await listOf(back)).toEqual([]);
    const { answer } = await tryToAttend(next, owner, { session: 'page of bob' });
    expect(answer).toMatchObject({ ok: true, attendee: { id: bob.id } });
    expect(Object.keys((await back.client.must('attendees', owner.proof)).attendees)).toEqual([owner.id, bob.id]);
    await next.kill();
  }
});

it('A person who gave up or was turned away has no place after a restart', async () => {
  const begin = await killable();
  const server = await begin();
  const owner = await createWorkspace(server, { admission: 'ask' });
  const bob = await knock(server, owner);
  const eve = await knock(server, owner);
  await bob.client.must('give-up', {});
  await owner.client.must('turn-away', { ...owner.proof, waiting: { id: eve.id } });
  await server.kill();
  const next = await begin();
  const back: Owner = { ...owner, client: await next.connect() };
  expect(await listOf(back)).toEqual([]);
  expect((await knock(next, owner)).place).toBe(1);
});
