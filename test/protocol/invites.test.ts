import { expect, it } from 'vitest';
import type { InviteRecord } from '../../src/protocol/types.ts';
import {
  attend,
  type Client,
  connectCall,
  createWorkspace,
  type Owner,
  offer,
  startServer,
  unhurried,
} from '../support/fixtures.ts';
import { codeOf } from './every-command.ts';
import { describeUsers, signIn, someUser, userToken, withUsers } from './users.ts';

const users = { ...withUsers, ...unhurried };

const ring = async ({ client, proof }: Owner, user: string, more: object = {}): Promise<InviteRecord> =>
  (await client.must('invite', { ...proof, user: { id: user }, ring: true, ...more })).invite;

const accept = (client: Client, { token }: InviteRecord) =>
  client.ask('attend', { workspace: { token }, attendee: { name: 'whoever' } });

const cancel = ({ client, proof }: Owner, { id }: InviteRecord) =>
  client.must('cancel-invite', { ...proof, invite: { id } });

/** An owner who is a user, and another user on two connections. */
async function people(env: object = {}) {
  const server = await startServer({ ...users, ...env });
  const [ada, bob] = [someUser('ada'), someUser('bob')];
  const owner = await createWorkspace(server, { client: await signIn(server, ada, { name: 'Ada' }), pin: '1234' });
  const phone = await signIn(server, bob, { name: 'Bob' });
  const laptop = await signIn(server, bob, { name: 'Bob' });
  return { server, ada, bob, owner, phone, laptop };
}

/** The inbox of a user, as soon as it has so many items. */
async function inboxOf(client: Client, length: number) {
  await expect.poll(async () => (await client.must('inbox', {})).inbox.length).toBe(length);
  return (await client.must('inbox', {})).inbox;
}

describeUsers('a user who is invited', () => {
  it('hears of it on all connections, accepts on one without the PIN, and the others are told', async () => {
    const { ada, bob, owner, phone, laptop } = await people();
    const invite = await ring(owner, bob, { media: 'audio' });
    expect(invite).toEqual({
      id: expect.stringMatching(/^_[\w-]+$/),
      workspace: { id: owner.workspaceId, name: 'Room' },
      token: expect.stringMatching(/^[\w.-]{51,150}$/),
      from: { id: owner.id, name: 'Ada', user: { id: ada } },
      ring: true,
      media: 'audio',
      until: expect.any(Number),
      call: null,
      consultation: null,
    });
    for (const client of [phone, laptop]) expect(await client.notice('invited')).toEqual(invite);

    const granted = await accept(phone, invite);
    expect(granted).toMatchObject({ ok: true, attendee: { name: 'Bob', user: { id: bob }, owner: false } });
    expect(await laptop.notice('invite-ended')).toEqual({ invite: { id: invite.id }, reason: 'accepted' });
    expect(await owner.client.notice('attend')).toMatchObject({ user: { id: bob } });
    expect(await owner.client.notice('invite-answered')).toEqual({
      invite: { id: invite.id },
      user: { id: bob },
      answer: 'accepted',
    });
    // It came before the answer, so that the owner's client knows which attendee to ring.
    const heard = owner.client.everything.map(({ notice }) => notice);
    expect(heard.indexOf('attend')).toBeLessThan(heard.indexOf('invite-answered'));
    await phone.settled();
    expect(phone.heard).not.toContain('invite-ended');
    expect(codeOf(await accept(laptop, invite))).toBe('INVITE_OVER');
    // The same once more, as if the answer had been lost, is the same seat.
    expect(await accept(phone, invite)).toMatchObject({ attendee: { id: granted.ok && granted.attendee.id } });
    expect((await laptop.must('inbox', {})).inbox).toEqual([]);
  });

  it('accepts in the seat that the connection has there already', async () => {
    const { bob, owner, phone, laptop } = await people();
    const first = await accept(phone, await ring(owner, bob));
    await owner.client.notice('invite-answered');
    const again = await ring(owner, bob);
    await phone.notice('invited', ({ id }) => id === again.id);
    expect(await accept(phone, again)).toMatchObject({ attendee: { id: first.ok && first.attendee.id } });
    await owner.client.notice(
      'invite-answered',
      ({ invite, answer }) => invite.id === again.id && answer === 'accepted',
    );
    expect(await laptop.notice('invite-ended', ({ invite }) => invite.id === again.id)).toMatchObject({
      reason: 'accepted',
    });
    expect((await laptop.must('inbox', {})).inbox).toEqual([]);
  });

  it('accepts on exactly one of many connections at once', async () => {
    const { server, bob, owner, phone, laptop } = await people();
    const more = await Promise.all(Array.from({ length: 6 }, () => signIn(server, bob)));
    const invite = await ring(owner, bob);
    const all = [phone, laptop, ...more];
    const codes = (await Promise.all(all.map((client) => accept(client, invite)))).map(codeOf);
    expect(codes.filter((code) => code === null)).toHaveLength(1);
    expect(codes.filter((code) => code === 'INVITE_OVER')).toHaveLength(all.length - 1);
    await owner.client.settled();
    expect(owner.client.heard.filter((notice) => notice === 'invite-answered')).toHaveLength(1);
  });

  it.each(['declined', 'busy'] as const)('answers %s, which leaves no missed call', async (reason) => {
    const { bob, owner, phone, laptop } = await people();
    const invite = await ring(owner, bob);
    await phone.must('decline', { invite: { id: invite.id }, reason });
    expect(await owner.client.notice('invite-answered')).toEqual({
      invite: { id: invite.id },
      user: { id: bob },
      answer: reason,
    });
    expect(await laptop.notice('invite-ended')).toEqual({ invite: { id: invite.id }, reason: 'declined' });
    await phone.settled();
    expect(phone.heard).not.toContain('invite-ended');
    expect(await laptop.refused('decline', { invite: { id: invite.id }, reason })).toMatchObject({
      code: 'INVITE_OVER',
    });
    expect(codeOf(await accept(laptop, invite))).toBe('INVITE_OVER');
    // A later one that was missed is the first in the inbox.
    await cancel(owner, await ring(owner, bob));
    expect(await inboxOf(phone, 1)).toMatchObject([{ seq: 1 }]);
  });

  it('misses a call that is taken back, and hears so', async () => {
    const { ada, bob, owner, phone, laptop } = await people();
    const invite = await ring(owner, bob);
    await cancel(owner, invite);
    for (const client of [phone, laptop]) {
      expect(await client.notice('invite-ended')).toEqual({ invite: { id: invite.id }, reason: 'cancelled' });
      expect(await client.notice('inbox-item')).toEqual({
        item: {
          seq: 1,
          type: 'missed-call',
          at: expect.any(Number),
          seen: false,
          from: { id: owner.id, name: 'Ada', user: { id: ada } },
          workspace: { id: owner.workspaceId, name: 'Room' },
        },
        unseen: 1,
      });
    }
    expect(codeOf(await accept(phone, invite))).toBe('INVITE_OVER');
    expect(codeOf(await owner.client.askRaw('cancel-invite', { ...owner.proof, invite: { id: invite.id } }))).toBe(
      'INVITE_OVER',
    );
    await owner.client.settled();
    expect(owner.client.heard).not.toContain('invite-answered');
    expect(await inboxOf(laptop, 1)).toMatchObject([{ seq: 1, seen: false }]);
  });

  it('misses a call that nobody answers in time, once', async () => {
    const { bob, owner, phone, laptop } = await people({ RING_TIMEOUT_SECONDS: '0.3' });
    const invite = await ring(owner, bob);
    for (const client of [phone, laptop]) {
      expect(await client.notice('invite-ended')).toEqual({ invite: { id: invite.id }, reason: 'unanswered' });
    }
    expect(await owner.client.notice('invite-answered')).toMatchObject({ answer: 'unanswered' });
    expect(await phone.notice('inbox-item')).toMatchObject({ unseen: 1 });
    expect(codeOf(await accept(phone, invite))).toBe('INVITE_OVER');
    expect(await inboxOf(phone, 1)).toHaveLength(1);
  });

  it('misses a call whose workspace ends, or whose caller leaves', async () => {
    const { server, bob, owner, phone } = await people();
    const invite = await ring(owner, bob);
    await owner.client.must('leave', owner.proof);
    expect(await phone.notice('invite-ended')).toEqual({ invite: { id: invite.id }, reason: 'cancelled' });
    const other = await createWorkspace(server);
    const second = await ring(other, bob);
    await other.client.must('destroy', other.proof);
    expect(await phone.notice('invite-ended')).toEqual({ invite: { id: second.id }, reason: 'closed' });
    expect(codeOf(await accept(phone, second))).toBe('INVITE_OVER');
    expect(await inboxOf(phone, 2)).toMatchObject([{ seq: 2 }, { seq: 1 }]);
  });

  it('who is away is rung at the next sign-in, while the ring lasts; the caller hears that', async () => {
    const { server, owner } = await people();
    const eve = someUser('eve');
    const invite = await ring(owner, eve);
    expect(await owner.client.notice('invite-answered')).toEqual({
      invite: { id: invite.id },
      user: { id: eve },
      answer: 'away',
    });
    const client = await server.connect();
    const { invites, unseen, inbox } = await client.must('sign-in', { userToken: userToken(eve) });
    expect(invites).toEqual([invite]);
    expect([unseen, inbox]).toEqual([0, []]);
    expect(codeOf(await accept(client, invite))).toBeNull();
    expect(await owner.client.notice('invite-answered')).toMatchObject({ answer: 'accepted' });
    expect((await (await server.connect()).must('sign-in', { userToken: userToken(eve) })).invites).toEqual([]);
  });

  it('without a ring has time until it is taken back, and misses nothing', async () => {
    const { bob, owner, phone } = await people({ RING_TIMEOUT_SECONDS: '0.1' });
    const open = (await owner.client.must('invite', { ...owner.proof, user: { id: bob }, ring: false })).invite;
    expect(open).toMatchObject({ ring: false, until: null, media: 'video' });
    expect(await phone.notice('invited')).toEqual(open);
    const ringing = await ring(owner, bob);
    expect(await phone.notice('invite-ended')).toEqual({ invite: { id: ringing.id }, reason: 'unanswered' });
    await cancel(owner, open);
    expect(await phone.notice('invite-ended')).toEqual({ invite: { id: open.id }, reason: 'cancelled' });
    expect(await inboxOf(phone, 1)).toMatchObject([{ seq: 1 }]);
  });

  it('gets one invite for several of the same', async () => {
    const { bob, owner, phone } = await people();
    const invite = await ring(owner, bob);
    expect(await ring(owner, bob)).toEqual(invite);
    await phone.notice('invited');
    await phone.settled();
    expect(phone.heard).not.toContain('invited');
  });

  it('is rung no more when seated there by another way', async () => {
    const { bob, owner, phone, laptop } = await people();
    const invite = await ring(owner, bob);
    await attend({ connect: async () => phone }, owner, { client: phone, pin: '1234' });
    expect(await laptop.notice('invite-ended')).toEqual({ invite: { id: invite.id }, reason: 'accepted' });
    expect(await owner.client.notice('invite-answered')).toMatchObject({ answer: 'accepted' });
  });

  it('is busy on a call with somebody: the caller hears it, and the call is missed', async () => {
    const { server, bob, owner, phone, laptop } = await people();
    const other = await createWorkspace(server, { client: phone });
    await ring(owner, bob).then((invite) => cancel(owner, invite));
    const guest = await attend(server, other);
    await connectCall(other, guest);
    const invite = await ring(owner, bob);
    expect(invite).toMatchObject({ ring: true, from: { id: owner.id } });
    expect(await owner.client.notice('invite-answered')).toEqual({
      invite: { id: invite.id },
      user: { id: bob },
      answer: 'busy',
    });
    expect(await inboxOf(laptop, 2)).toMatchObject([{ seq: 2, from: { id: owner.id } }, { seq: 1 }]);
    await laptop.settled();
    expect(laptop.heard.filter((notice) => notice === 'invited')).toHaveLength(1);
    expect(codeOf(await accept(laptop, invite))).toBe('INVITE_OVER');
    // A user who is merely rung is rung by the second one too, and an invite without a ring disturbs nobody.
    await other.client.must('hangup', { ...other.proof, call: { id: 'call-1' } });
    const [first, second] = [await ring(owner, bob), await ring(await createWorkspace(server), bob)];
    for (const { id } of [first, second]) await laptop.notice('invited', (each) => each.id === id);
  });

  it('hears that the call is over into which the ring led', async () => {
    const { server, bob, owner, phone } = await people();
    const guest = await attend(server, owner, { pin: '1234' });
    const call = await connectCall(owner, guest);
    const invite = await ring(owner, bob);
    expect(invite.call).toBe(call.id);
    await owner.client.must('hangup', { ...owner.proof, call });
    expect(await phone.notice('invite-ended')).toEqual({ invite: { id: invite.id }, reason: 'cancelled' });
    expect(await inboxOf(phone, 1)).toMatchObject([{ call: expect.stringMatching(/^call_/) }]);
  });

  it('who was removed may come back', async () => {
    const { server, bob, owner, phone } = await people();
    const seat = await attend(server, owner, { client: phone, pin: '1234' });
    await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: seat.id } });
    const invite = await ring(owner, bob);
    expect(codeOf(await accept(phone, invite))).toBeNull();
  });
});

describeUsers('an invite', () => {
  it('is nothing for others: neither its token, nor an answer to it, nor the taking back', async () => {
    const { server, bob, owner } = await people();
    const invite = await ring(owner, bob);
    const guest = await server.connect();
    const eve = await signIn(server, someUser('eve'));
    expect(codeOf(await accept(guest, invite))).toBe('NOT_SIGNED_IN');
    expect(codeOf(await accept(eve, invite))).toBe('NOT_ALLOWED');
    const declining = { invite: { id: invite.id }, reason: 'declined' as const };
    expect(await guest.refused('decline', declining)).toMatchObject({ code: 'NOT_SIGNED_IN' });
    expect(await eve.refused('decline', declining)).toMatchObject({ code: 'INVITE_OVER' });
    const seat = await attend(server, owner, { pin: '1234' });
    expect(await seat.client.refused('cancel-invite', { ...seat.proof, invite: { id: invite.id } })).toMatchObject({
      code: 'OWNER_ONLY',
    });
    expect(await seat.client.refused('invite', { ...seat.proof, user: { id: bob }, ring: true })).toMatchObject({
      code: 'OWNER_ONLY',
    });
  });

  it('of oneself is none', async () => {
    const { ada, owner } = await people();
    expect(await owner.client.refused('invite', { ...owner.proof, user: { id: ada }, ring: true })).toMatchObject({
      code: 'INVALID_PAYLOAD',
      field: 'user.id',
    });
  });

  it('may be sent by a participant where participants ring, and taken back by the owner too', async () => {
    const { server, bob, owner, phone } = await people({ CALL_CONTROL: 'participants' });
    const guest = await attend(server, owner, { pin: '1234' });
    await connectCall(owner, guest);
    const { invite } = await guest.client.must('invite', { ...guest.proof, user: { id: bob }, ring: true });
    await phone.notice('invited');
    await cancel(owner, invite);
    expect(await guest.client.notice('invite-ended')).toEqual({ invite: { id: invite.id }, reason: 'cancelled' });
    await phone.notice('invite-ended');
  });

  it('does not open a full workspace, and goes on', async () => {
    const { server, bob, owner, phone } = await people({ MAX_CAPACITY_OF_WORKSPACE: '2' });
    const guest = await attend(server, owner, { pin: '1234' });
    const invite = await ring(owner, bob);
    expect(codeOf(await accept(phone, invite))).toBe('FULL');
    await guest.client.must('leave', guest.proof);
    expect(codeOf(await accept(phone, invite))).toBeNull();
  });

  it('leads into a call in which the user is then rung', async () => {
    const { server, bob, owner, phone } = await people();
    const guest = await attend(server, owner, { pin: '1234' });
    const call = await connectCall(owner, guest);
    const invite = await ring(owner, bob);
    await accept(phone, invite);
    const { id } = await owner.client.notice('attend', ({ user }) => user?.id === bob);
    await owner.client.must('ring', { ...owner.proof, callee: { id }, offer, call });
    expect(await phone.notice('ring')).toMatchObject({ call: { id: call.id } });
  });
});

describeUsers('an inbox', () => {
  it('is read newest first, in pages, and seen on one connection is seen on all', async () => {
    const { server, bob, owner, phone, laptop } = await people();
    for (let seq = 1; seq <= 5; seq += 1) {
      await cancel(owner, await ring(owner, bob));
      await laptop.notice('inbox-item', ({ item }) => item.seq === seq);
    }
    const seqs = async (page: object) => {
      const { inbox, more } = await phone.must('inbox', page);
      return [inbox.map(({ seq }) => seq), more];
    };
    expect(await seqs({})).toEqual([[5, 4, 3, 2, 1], false]);
    expect(await seqs({ limit: 2 })).toEqual([[5, 4], true]);
    expect(await seqs({ limit: 2, before: 4 })).toEqual([[3, 2], true]);
    expect(await seqs({ limit: 2, before: 2 })).toEqual([[1], false]);
    for (const wrong of [{ limit: 201 }, { limit: 0 }, { limit: 1.5 }, { before: 0 }, { before: 'x' }]) {
      expect(codeOf(await phone.askRaw('inbox', wrong)), JSON.stringify(wrong)).toBe('INVALID_PAYLOAD');
    }
    await phone.must('inbox-seen', { upTo: 3 });
    expect(await laptop.notice('inbox-seen')).toEqual({ upTo: 3 });
    await phone.settled();
    expect(phone.heard).not.toContain('inbox-seen');
    const { unseen, inbox } = await (await server.connect()).must('sign-in', { userToken: userToken(bob) });
    expect(unseen).toBe(2);
    expect(inbox.map(({ seen }) => seen)).toEqual([false, false, true, true, true]);
    await phone.must('inbox-seen', { upTo: 1 });
    await phone.must('inbox-seen', { upTo: 999 });
    await cancel(owner, await ring(owner, bob));
    expect(await laptop.notice('inbox-item', ({ item }) => item.seq === 6)).toMatchObject({ unseen: 1 });
  });

  it('is that of a user, and nobody else’s', async () => {
    const { server, bob, owner, phone } = await people();
    await cancel(owner, await ring(owner, bob));
    await inboxOf(phone, 1);
    const guest = await server.connect();
    for (const command of ['inbox', 'inbox-seen'] as const) {
      expect(codeOf(await guest.askRaw(command, { upTo: 1 }))).toBe('NOT_SIGNED_IN');
    }
    const eve = await signIn(server, someUser('eve'));
    expect((await eve.must('inbox', {})).inbox).toEqual([]);
  });
});

describeUsers('an open directory', () => {
  it('says to users which names are unknown, and to guests only which user is away', async () => {
    const server = await startServer({ USERS: 'open', ...unhurried });
    const ada = await server.connect();
    await ada.must('sign-in', { name: someUser('Ada') });
    const [user, guest] = [await createWorkspace(server, { client: ada }), await createWorkspace(server)];
    const nobody = someUser('nobody');
    expect(await user.client.refused('invite', { ...user.proof, user: { id: nobody }, ring: true })).toMatchObject({
      code: 'NO_SUCH_USER',
    });
    expect(await ada.refused('dial', { user: { id: nobody }, media: 'audio' })).toMatchObject({ code: 'NO_SUCH_USER' });
    const eve = await server.connect();
    const known = someUser('Eve');
    await eve.must('sign-in', { name: known });
    const clients = [{ id: known }, { id: nobody }];
    expect(await ada.refused('open-consultation', { clients })).toMatchObject({
      code: 'NO_SUCH_USER',
      field: 'clients.1.id',
    });
    await ring(guest, nobody);
    expect(await guest.client.notice('invite-answered')).toMatchObject({ answer: 'away' });

    const bob = await server.connect();
    const name = someUser('Bob');
    await bob.must('sign-in', { name });
    await ring(user, name.toUpperCase());
    expect(await bob.notice('invited')).toMatchObject({ workspace: { id: user.workspaceId } });
  });
});
