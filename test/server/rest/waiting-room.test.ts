import { expect, it } from 'vitest';
import { knock, seatOf } from '../../protocol/waiting.ts';
import { startApi } from './api.ts';
import { open } from './visitor.ts';

it('A host system creates a workspace with a waiting room, and opens it', async () => {
  const { server, host } = await startApi();
  const created = await host.create({ admission: 'ask', capacity: 3 });
  const { id } = created.workspace;
  // They can knock before the owner has ever come.
  const guests = { token: created.invitation.token };
  const bob = await knock(server, guests, { name: 'Bob' });
  const eve = await knock(server, guests);
  const shown = await host.must<{ workspace: object }>('GET', `workspaces/${id}`);
  expect(shown.workspace).toMatchObject({ admission: 'ask', waitingCount: 2, attendeeCount: 0 });
  const owner = await open(server, created.owner.url);
  expect(owner.granted.waiting?.map(({ name }) => name)).toEqual(['Bob', 'Guest']);
  await owner.client.must('admit', { ...owner.proof, waiting: { id: eve.id } });
  const seat = await seatOf(eve);
  const changed = await host.must<{ workspace: object }>('PATCH', `workspaces/${id}`, { body: { admission: 'open' } });
  expect(changed.workspace).toMatchObject({ admission: 'open' });
  // Nobody seated did it, so everybody seated hears it.
  for (const { client } of [owner, seat]) expect(await client.notice('admission')).toEqual({ admission: 'open' });
  await seatOf(bob);
  expect(await host.must('GET', `workspaces/${id}`)).toMatchObject({
    workspace: { waitingCount: 0, attendeeCount: 3 },
  });
});

it('A host system that closes a workspace closes it for the people who wait too', async () => {
  const { server, host } = await startApi();
  const created = await host.create({ admission: 'ask' });
  const bob = await knock(server, { token: created.invitation.token });
  await host.must('DELETE', `workspaces/${created.workspace.id}`);
  expect(await bob.client.notice('destroyed')).toEqual({});
});
