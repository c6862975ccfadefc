import { describe, expect, it } from 'vitest';
import {
  attend,
  type Client,
  candidate,
  connectCall,
  createWorkspace,
  generations,
  type Owner,
  type Seat,
  startServer,
} from '../support/fixtures.ts';
import { codeOf, forget } from './every-command.ts';
import { silent } from './room.ts';

const [socketIo4, , socketIo2] = generations;

const invitationOf = ({ token }: Owner, pin = '') => ({ workspace: { token, pin }, attendee: { name: 'Bob' } });

async function seated(owner: Owner): Promise<string[]> {
  return Object.keys((await owner.client.must('attendees', owner.proof)).attendees);
}

describe.each(generations)('`attend` again on the same connection, with $name,', (generation) => {
  it('is answered with the same seat, in a full workspace and in the midst of a call too, and nobody hears of it', async () => {
    const server = await startServer({ MAX_CAPACITY_OF_WORKSPACE: '3' });
    const owner = await createWorkspace(server, { pin: '1234' });
    const bob = await attend(server, owner, { generation, pin: '1234', name: 'Bob' });
    const eve = await attend(server, owner, { generation: socketIo2, pin: '1234', name: 'Eve' });
    await connectCall(owner, bob);
    await bob.client.must('mic-toggle', { ...bob.proof, state: false });
    await Promise.all([owner, bob, eve].map(({ client }) => client.settled()));
    forget(owner, bob, eve);

    const again = await bob.client.must('attend', { ...invitationOf(owner, '1234'), nonce: 'second' });
    expect(again.attendee).toMatchObject({ id: bob.id, name: 'Bob', onCall: true, mic: false });
    expect(Object.keys(again.attendees)).toEqual([owner.id, bob.id, eve.id]);
    expect(again).toMatchObject({ nonce: 'second', workspace: { call: { participants: [owner.id, bob.id] } } });
    await bob.client.notice('iceservers');
    // Both access tokens are good, and relays still come to this connection.
    await bob.client.must('attendees', { ...bob.proof, accessToken: again.accessToken });
    await bob.client.must('attendees', bob.proof);
    await silent(owner, bob, eve);
    await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
    await bob.client.notice('icecandidate');
    const stranger = await server.connect({ generation });
    expect(codeOf(await stranger.ask('attend', invitationOf(owner, '1234')))).toBe('FULL');
  });

  it('is answered so also when both were sent at once, with acks and without', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { pin: '1234' });
    const acked = await server.connect({ generation });
    const replies = await Promise.all([1, 2, 3].map(() => acked.must('attend', invitationOf(owner, '1234'))));
    const [id] = new Set(replies.map(({ attendee }) => attendee.id));
    expect(replies.map(({ attendee }) => attendee.id)).toEqual([id, id, id]);

    const noticed = await server.connect({ generation });
    for (let n = 0; n < 2; n += 1) noticed.send('attend', invitationOf(owner, '1234'));
    const first = await noticed.notice('attendance-granted');
    const second = await noticed.notice('attendance-granted');
    expect(second.attendee).toEqual(first.attendee);
    expect(await seated(owner)).toEqual([owner.id, id, first.attendee.id]);
    await owner.client.settled();
    expect(owner.client.heard).toEqual(['attend', 'attend']);
  });

  it('leaves the owner the owner', async () => {
    const server = await startServer({ MAX_CAPACITY_OF_WORKSPACE: '1' });
    const owner = await createWorkspace(server, { generation });
    const again = await owner.client.must('attend', { workspace: { token: owner.token }, attendee: {} });
    expect(again.attendee).toMatchObject({ id: owner.id, name: 'Owner', owner: true });
    expect(await seated(owner)).toEqual([owner.id]);
    await owner.client.must('renew-invitation', owner.proof);
  });
});

describe('`attend` again on the same connection', () => {
  it('still needs the link and the PIN', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { pin: '1234' });
    const bob = await attend(server, owner, { pin: '1234' });
    expect(codeOf(await bob.client.ask('attend', invitationOf(owner, '0000')))).toBe('WRONG_PIN');
    await owner.client.must('renew-invitation', owner.proof);
    expect(codeOf(await bob.client.ask('attend', invitationOf(owner, '1234')))).toBe('INVALID_TOKEN');
    await bob.client.must('attendees', bob.proof);
    expect(await seated(owner)).toEqual([owner.id, bob.id]);
  });

  it('takes another name and avatar, as coming back does; the page stays the same to everybody', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server);
    const legacy = await attend(server, owner, { generation: socketIo2 });
    const bob = await attend(server, owner, { name: 'Bob', session: 'page-1' });
    await legacy.client.settled();
    forget(owner, legacy, bob);
    const rob = { workspace: { token: owner.token }, attendee: { name: 'Rob' } };
    const { attendee, attendees } = await bob.client.must('attend', rob);
    expect(attendee).toMatchObject({ id: bob.id, name: 'Rob', session: 'page-1' });
    expect(attendees[bob.id]).toEqual(attendee);
    expect(await owner.client.notice('attend')).toEqual(attendee);
    await silent(owner, legacy);
  });

  it.each([
    ['leaving', (bob: Seat) => bob.client.must('leave', bob.proof)],
    [
      'being removed',
      (bob: Seat, owner: Owner) => owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: bob.id } }),
    ],
  ])('takes a new seat after %s', async (_, end) => {
    const server = await startServer();
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner);
    await end(bob, owner);
    await bob.client.settled();
    const again = await attend(server, owner, { client: bob.client });
    expect(again.id).not.toBe(bob.id);
    expect(await seated(owner)).toEqual([owner.id, again.id]);
  });

  it('takes a seat of its own for each connection, even with the same name and page', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server);
    const seats = [
      await attend(server, owner, { session: 'page-1' }),
      await attend(server, owner, { session: 'page-1' }),
    ];
    expect(await seated(owner)).toEqual([owner.id, ...seats.map(({ id }) => id)]);
  });
});

describe.each([socketIo4, socketIo2])('one connection with $name', (generation) => {
  it('holds a seat in each of several workspaces, and each one has its own life', async () => {
    const server = await startServer();
    const owners = [
      await createWorkspace(server),
      await createWorkspace(server),
      await createWorkspace(server),
    ] as const;
    const client: Client = await server.connect({ generation });
    const seats = [];
    for (const owner of owners) seats.push(await attend(server, owner, { client }));
    const [one, two, three] = seats as [Seat, Seat, Seat];
    const own = await createWorkspace(server, { client });

    // Each workspace knows its own seat again.
    for (const [at, owner] of owners.entries()) {
      const { attendee } = await client.must('attend', invitationOf(owner));
      expect(attendee.id).toBe(seats[at]?.id);
    }
    forget(one, ...owners);
    await owners[0].client.must('icecandidate', { ...owners[0].to(one), candidate });
    expect(await client.notice('icecandidate')).toMatchObject({ broadcaster: { id: owners[0].id } });
    await client.must('icecandidate', { ...two.to(owners[1]), candidate });
    expect(await owners[1].client.notice('icecandidate')).toMatchObject({ broadcaster: { id: two.id } });

    // One ends by leaving, one because it is removed, one because another connection takes it over: that closes this one.
    await client.must('leave', one.proof);
    await owners[1].client.must('kick', { ...owners[1].proof, kickedAttendee: { id: two.id } });
    await client.settled();
    expect(await client.refused('attendees', two.proof)).toMatchObject({ code: 'NOT_SEATED' });
    await client.must('attendees', three.proof);
    expect(await seated(own)).toEqual([own.id]);
    const elsewhere = await server.connect({ generation });
    await elsewhere.must('re-attend', three.proof);
    await client.notice('superseded');
    await client.notice('(disconnected)');
  });
});
