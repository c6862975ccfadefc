import { describe, expect, it } from 'vitest';
import {
  answer,
  attend,
  connectCall,
  createWorkspace,
  generations,
  type Owner,
  offer,
  reattend,
  type Seat,
  startServer,
  type TestServer,
  unhurried,
} from '../support/fixtures.ts';
import { codeOf, forget } from './every-command.ts';

const call = { id: 'call-1' };
const [, , socketIo2] = generations;
const participants = { ...unhurried, CALL_CONTROL: 'participants' };

async function room(server: TestServer) {
  const owner = await createWorkspace(server);
  const bob = await attend(server, owner, { name: 'Bob' });
  const eve = await attend(server, owner, { name: 'Eve' });
  const zoe = await attend(server, owner, { name: 'Zoe' });
  await Promise.all([owner, bob, eve, zoe].map(({ client }) => client.settled()));
  forget(owner, bob, eve, zoe);
  return { owner, bob, eve, zoe };
}

function ring(caller: Seat, callee: Seat, { id } = call) {
  return caller.client.ask('ring', { ...caller.proof, callee: { id: callee.id }, offer, call: { id } });
}

function pickUp(callee: Seat, caller: Seat, { id } = call) {
  return callee.client.ask('answer', { ...callee.proof, caller: { id: caller.id }, answer, call: { id } });
}

async function heardOf(...seats: Seat[]): Promise<string[][]> {
  await Promise.all(seats.map(({ client }) => client.settled()));
  const heard = seats.map(({ client }) => client.heard);
  forget(...seats);
  return heard;
}

async function callIn(server: TestServer, owner: Owner) {
  return (await server.services.store.get(owner.workspaceId))?.call;
}

describe('a call', () => {
  it('is joined by answering a ring, and everybody on it hears who joined', async () => {
    const server = await startServer();
    const { owner, bob, eve, zoe } = await room(server);
    await connectCall(owner, bob, call);
    expect(await heardOf(owner, bob, eve, zoe)).toEqual([[], [], [], []]);

    expect(codeOf(await ring(owner, eve))).toBeNull();
    await eve.client.notice('ring');
    const asked = await owner.client.must('attendees', owner.proof);
    expect(asked.attendees[eve.id]).toMatchObject({ onCall: false });
    expect(codeOf(await pickUp(eve, owner))).toBeNull();
    const joined = await bob.client.notice('call-joined');
    expect(joined).toEqual({
      attendee: { id: eve.id },
      call: { id: call.id, startedAt: expect.any(Number), connectedAt: expect.any(Number), endsAt: null },
      participants: [owner.id, bob.id, eve.id],
      rev: expect.any(Number),
      serverNow: expect.any(Number),
    });
    expect(await eve.client.notice('call-joined')).toEqual(joined);
    expect(await owner.client.notice('call-joined')).toEqual(joined);
    expect(await heardOf(owner, bob, eve, zoe)).toEqual([['answer'], [], [], []]);
    const { attendees } = await zoe.client.must('attendees', zoe.proof);
    expect(Object.values(attendees).map(({ onCall }) => onCall)).toEqual([true, true, true, false]);
  });

  it('is on for those who come later: they see it in the workspace', async () => {
    const server = await startServer();
    const { owner, bob } = await room(server);
    await connectCall(owner, bob, call);
    const late = await server.connect();
    const { workspace, serverNow } = await late.must('attend', { workspace: { token: owner.token }, attendee: {} });
    const { startedAt, connectedAt } = (await callIn(server, owner)) ?? { startedAt: 0, connectedAt: 0 };
    const participants = [owner.id, bob.id];
    expect(workspace.call).toEqual({ id: call.id, startedAt, connectedAt, endsAt: null, participants });
    const again = await bob.client.must('re-attend', { ...bob.proof, session: 'page' });
    expect(again.workspace.call).toEqual(workspace.call);
    expect(again.call).toBeNull();
    // Both tell the time, by the clock to which the start belongs.
    const times = [startedAt, connectedAt ?? 0, serverNow, again.serverNow, Date.now()];
    expect(times).toEqual([...times].sort((one, other) => one - other));
  });

  it('can be joined over a connection that comes back with the answer, and hears of it there', async () => {
    const server = await startServer();
    const { owner, bob } = await room(server);
    await ring(owner, bob);
    bob.client.close();
    await owner.client.notice('presence');
    const client = await server.connect();
    expect(codeOf(await pickUp({ ...bob, client }, owner))).toBeNull();
    expect(await client.notice('call-joined')).toMatchObject({ attendee: { id: bob.id } });
    expect(client.everything.map(({ notice }) => notice)).toEqual(['(answer)', 'call-joined']);
    expect(await heardOf(owner)).toEqual([['presence', 'answer', 'call-joined']]);
  });

  it('lets nobody on who was not rung', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    expect(codeOf(await pickUp(bob, owner))).toBe('NO_CALL');
    await ring(owner, bob);
    await bob.client.notice('ring');
    expect(codeOf(await pickUp(eve, owner)), 'not rung').toBe('NO_CALL');
    expect(codeOf(await pickUp(eve, bob)), 'rung by nobody of that id').toBe('NO_CALL');
    expect(codeOf(await pickUp(bob, owner, { id: 'another' })), 'another call').toBe('NO_CALL');
    expect(codeOf(await pickUp(bob, eve)), 'rung by somebody else').toBe('NO_CALL');
    expect(codeOf(await pickUp(bob, { ...eve, id: '_nobody' })), 'by nobody').toBe('NO_SUCH_ATTENDEE');
    expect(await heardOf(owner, bob, eve)).toEqual([[], [], []]);
    expect(codeOf(await pickUp(bob, owner))).toBeNull();
    expect(codeOf(await pickUp(bob, owner)), 'a second time').toBe('NO_CALL');
  });

  it('is not joined by a callee that declined, nor by one that was kicked or left after being rung', async () => {
    const server = await startServer();
    const { owner, bob, eve, zoe } = await room(server);
    for (const callee of [bob, eve, zoe]) await ring(owner, callee);
    const declined = { ...bob.proof, caller: { id: owner.id }, call };
    await bob.client.must('busy', declined);
    expect(codeOf(await pickUp(bob, owner))).toBe('NO_CALL');
    expect(await bob.client.refused('busy', declined)).toMatchObject({ code: 'NO_CALL' });
    await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: eve.id } });
    expect(codeOf(await pickUp(eve, owner))).toBe('NOT_SEATED');
    await zoe.client.must('leave', zoe.proof);
    expect(codeOf(await pickUp(zoe, owner))).toBe('NOT_SEATED');
    expect(await callIn(server, owner)).toMatchObject({ participants: [owner.id], rings: [] });
  });

  it('has rings that end unanswered; the caller hears of each, and an answer comes too late', async () => {
    const server = await startServer({ RING_TIMEOUT_SECONDS: '0.2' });
    const { owner, bob, eve } = await room(server);
    await ring(owner, bob);
    await ring(owner, eve);
    await pickUp(eve, owner);
    expect(await owner.client.notice('unanswered')).toEqual({ callee: { id: bob.id }, call });
    expect(codeOf(await pickUp(bob, owner))).toBe('NO_CALL');
    expect(await bob.client.refused('busy', { ...bob.proof, caller: { id: owner.id }, call })).toMatchObject({
      code: 'NO_CALL',
    });
    await ring(owner, bob);
    expect(codeOf(await pickUp(bob, owner))).toBeNull();
    expect((await callIn(server, owner))?.participants).toEqual([owner.id, eve.id, bob.id]);
  });

  it('is left by a participant that leaves the call, the seat or the workspace for long; the others on it hear of it', async () => {
    const server = await startServer({ ...unhurried, SEAT_GRACE_SECONDS: '0.1' });
    const { owner, bob, eve, zoe } = await room(server);
    for (const callee of [bob, eve, zoe]) await connectCall(owner, callee, call);
    await heardOf(owner, bob, eve, zoe);

    const last = (await server.services.store.get(owner.workspaceId))?.rev ?? 0;
    await bob.client.must('leave-call', { ...bob.proof, call });
    expect(await owner.client.notice('call-left')).toEqual({ attendee: { id: bob.id }, call, rev: last + 1 });
    expect(await heardOf(owner, bob, eve)).toEqual([[], [], ['call-left']]);
    expect(await bob.client.refused('leave-call', { ...bob.proof, call })).toMatchObject({ code: 'NOT_ON_CALL' });

    await eve.client.must('leave', eve.proof);
    expect(await heardOf(owner, bob)).toEqual([
      ['call-left', 'leave'],
      ['call-left', 'leave'],
    ]);
    zoe.client.close();
    await owner.client.notice('leave');
    expect((await callIn(server, owner))?.participants).toEqual([owner.id]);
    expect(await owner.client.refused('leave-call', { ...owner.proof, call: { id: 'other' } })).toMatchObject({
      code: 'NO_CALL',
    });
    await owner.client.must('leave-call', { ...owner.proof, call });
    expect(await callIn(server, owner)).toBeNull();
    expect(await owner.client.refused('leave-call', { ...owner.proof, call })).toMatchObject({ code: 'NO_CALL' });
  });

  it('goes on when its owner leaves the workspace; who is still rung when the last one leaves is told', async () => {
    const server = await startServer(participants);
    const { owner, bob, eve, zoe } = await room(server);
    await connectCall(owner, bob, call);
    await connectCall(owner, eve, call);
    await heardOf(owner, bob, eve, zoe);
    await owner.client.must('leave', owner.proof);
    expect(await bob.client.notice('call-left')).toMatchObject({ attendee: { id: owner.id }, call });
    expect((await callIn(server, owner))?.participants).toEqual([bob.id, eve.id]);
    expect(codeOf(await ring(bob, zoe))).toBeNull();
    await zoe.client.notice('ring');
    await heardOf(bob, eve, zoe);
    await eve.client.must('leave-call', { ...eve.proof, call });
    await bob.client.must('leave', bob.proof);
    expect(await zoe.client.notice('hangup')).toMatchObject({ attendee: { id: bob.id }, call });
    expect(await callIn(server, owner)).toBeNull();
    expect(codeOf(await pickUp(zoe, bob))).toBe('NO_SUCH_ATTENDEE');
  });

  it('that the owner hangs up is over for everybody, also for those who are being rung', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    await connectCall(owner, bob, call);
    await ring(owner, eve);
    await heardOf(owner, bob, eve);
    expect(await owner.client.refused('hangup', { ...owner.proof, call: { id: 'other' } })).toMatchObject({
      code: 'NO_CALL',
    });
    await owner.client.must('hangup', { ...owner.proof, call });
    for (const { client } of [bob, eve]) {
      expect(await client.notice('hangup')).toMatchObject({ attendee: { id: owner.id, onCall: false }, call });
    }
    expect(codeOf(await pickUp(eve, owner))).toBe('NO_CALL');
    expect(await owner.client.refused('hangup', { ...owner.proof, call })).toMatchObject({ code: 'NO_CALL' });
    expect(await callIn(server, owner)).toBeNull();
  });

  it('with another id begins anew for the owner, and ends the former one for those on it', async () => {
    const server = await startServer();
    const { owner, bob, eve, zoe } = await room(server);
    await connectCall(owner, bob, call);
    await ring(owner, eve);
    await heardOf(owner, bob, eve, zoe);
    expect(codeOf(await ring(owner, zoe, { id: 'call-2' }))).toBeNull();
    expect(await heardOf(bob, eve, zoe)).toEqual([['hangup'], ['hangup'], ['ring']]);
    expect(codeOf(await pickUp(eve, owner))).toBe('NO_CALL');
    expect(await callIn(server, owner)).toMatchObject({ id: 'call-2', participants: [owner.id] });
  });

  it('reaches only attendees of the workspace, and nobody rings oneself', async () => {
    const server = await startServer();
    const { owner, bob } = await room(server);
    const elsewhere = await createWorkspace(server);
    for (const id of ['_nobody', elsewhere.id]) {
      expect(codeOf(await ring(owner, { ...bob, id }))).toBe('NO_SUCH_ATTENDEE');
    }
    expect(await ring(owner, owner)).toMatchObject({ error: { code: 'INVALID_PAYLOAD', field: 'callee.id' } });
    expect(await heardOf(owner, bob, elsewhere)).toEqual([[], [], []]);
    expect(await callIn(server, owner)).toBeNull();
  });

  it('rings and answers are the owner’s alone unless the configuration says otherwise', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    await connectCall(owner, bob, call);
    expect(codeOf(await ring(bob, eve))).toBe('OWNER_ONLY');
    expect(await bob.client.refused('hangup', { ...bob.proof, call })).toMatchObject({ code: 'OWNER_ONLY' });
    expect(await heardOf(owner, eve)).toEqual([[], []]);
  });
});

describe('the state of a peer connection', () => {
  it('is reported by those who are on the call, about attendees', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    const report = (seat: Seat, id: string) =>
      seat.client.ask('peer-state', { ...seat.proof, peer: { id }, state: 'failed', route: 'relay', reason: 'ice' });
    expect(codeOf(await report(bob, owner.id))).toBe('NO_CALL');
    await connectCall(owner, bob, call);
    expect(codeOf(await report(bob, owner.id))).toBeNull();
    expect(codeOf(await report(bob, '_nobody'))).toBe('NO_SUCH_ATTENDEE');
    expect(codeOf(await report(eve, owner.id))).toBe('NOT_ON_CALL');
    const injected = { ...bob.proof, peer: { id: owner.id }, state: 'failed\n{"level":60}' };
    expect(codeOf(await bob.client.askRaw('peer-state', injected))).toBe('INVALID_PAYLOAD');
    expect(await heardOf(owner, bob, eve)).toEqual([[], [], []]);
  });
});

describe('when participants may ring', () => {
  it('a mesh of four is built by those who are on the call', async () => {
    const server = await startServer(participants);
    const { owner, bob, eve, zoe } = await room(server);
    const members = [owner, bob, eve, zoe];
    // As the first generation does it: each participant rings the newcomer, and the newcomer answers each.
    for (const [n, newcomer] of members.entries()) {
      for (const member of members.slice(0, n)) {
        expect(codeOf(await ring(member, newcomer))).toBeNull();
        await newcomer.client.notice('ring');
        expect(codeOf(await pickUp(newcomer, member))).toBeNull();
        await member.client.notice('answer');
      }
    }
    expect(await callIn(server, owner)).toMatchObject({ participants: members.map(({ id }) => id), rings: [] });
    for (const { client } of members) await client.settled();
    const joins = members.map(({ client }) => client.heard);
    expect(joins).toEqual([3, 3, 2, 1].map((n) => Array.from({ length: n }, () => 'call-joined')));
  });

  it('nobody rings before there is a call, nor an attendee that is not on it', async () => {
    const server = await startServer(participants);
    const { owner, bob, eve, zoe } = await room(server);
    expect(codeOf(await ring(bob, eve))).toBe('NO_CALL');
    expect(await bob.client.refused('hangup', { ...bob.proof, call })).toMatchObject({ code: 'NO_CALL' });
    await connectCall(owner, bob, call);
    expect(codeOf(await ring(eve, zoe))).toBe('NOT_ON_CALL');
    expect(await eve.client.refused('hangup', { ...eve.proof, call })).toMatchObject({ code: 'NOT_ON_CALL' });
    expect(await heardOf(eve, zoe)).toEqual([[], []]);
  });

  it('a ring with another call id from somebody else than the owner ends nobody’s call', async () => {
    const server = await startServer(participants);
    const { owner, bob, eve, zoe } = await room(server);
    await connectCall(owner, bob, call);
    await connectCall(owner, eve, call);
    await heardOf(owner, bob, eve, zoe);
    const before = await callIn(server, owner);
    expect(codeOf(await ring(bob, zoe, { id: 'mine' }))).toBe('NO_CALL');
    expect(await heardOf(owner, bob, eve, zoe)).toEqual([[], [], [], []]);
    expect(await callIn(server, owner)).toEqual(before);
  });

  it('a hangup of somebody else than the owner is that leg’s alone', async () => {
    const server = await startServer(participants);
    const { owner, bob, eve, zoe } = await room(server);
    for (const callee of [bob, eve, zoe]) await connectCall(owner, callee, call);
    await heardOf(owner, bob, eve, zoe);
    await bob.client.must('hangup', { ...bob.proof, call });
    expect(await heardOf(owner, bob, eve, zoe)).toEqual([['hangup'], [], ['hangup'], ['hangup']]);
    expect((await callIn(server, owner))?.participants).toEqual([owner.id, eve.id, zoe.id]);
    expect(await bob.client.refused('hangup', { ...bob.proof, call })).toMatchObject({ code: 'NOT_ON_CALL' });
    expect(codeOf(await ring(bob, eve))).toBe('NOT_ON_CALL');
    await owner.client.must('hangup', { ...owner.proof, call });
    expect(await callIn(server, owner)).toBeNull();
  });
});

describe('clients of the first generation', () => {
  it('kick by naming whom they mean as `attendee`; all of that generation hear `leave`', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { generation: socketIo2 });
    const bob = await attend(server, owner, { generation: socketIo2, name: 'Bob' });
    const eve = await attend(server, owner);
    await heardOf(owner, bob, eve);
    const { workspace, accessToken } = owner.proof;
    owner.client.send('kick', { workspace, attendee: { id: bob.id, name: 'Bob' }, accessToken });
    expect(await owner.client.notice('kicked')).toEqual({ id: bob.id, name: 'Bob' });
    expect(await bob.client.notice('leave')).toMatchObject({ id: bob.id });
    expect(await owner.client.notice('leave')).toMatchObject({ id: bob.id });
    expect(await bob.client.notice('kicked')).toEqual({ id: bob.id, name: 'Bob' });
    expect(await heardOf(owner, bob, eve)).toEqual([[], [], ['kicked']]);
    expect(codeOf(await bob.client.askRaw('attendees', bob.proof))).toBe('NOT_SEATED');
    // Without the owner's token the same form removes nobody.
    const attempt = { workspace, attendee: { id: owner.id }, accessToken: eve.accessToken };
    expect(codeOf(await eve.client.askRaw('kick', attempt))).toBe('OWNER_ONLY');
  });

  it('are off the call when they come back, because their page is a new one', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner, { generation: socketIo2 });
    await ring(owner, bob);
    await bob.client.notice('ring');
    await pickUp(bob, owner);
    expect((await callIn(server, owner))?.participants).toEqual([owner.id, bob.id]);
    await reattend(server, bob, { generation: socketIo2 });
    expect(await owner.client.notice('call-left')).toMatchObject({ attendee: { id: bob.id } });
    expect((await callIn(server, owner))?.participants).toEqual([owner.id]);
  });

  it('hear the end of somebody else’s leg as `hangup`, because they know no `call-left`', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { generation: socketIo2 });
    const bob = await attend(server, owner);
    await ring(owner, bob);
    await pickUp(bob, owner);
    await heardOf(owner, bob);
    await bob.client.must('leave-call', { ...bob.proof, call });
    expect(await owner.client.notice('hangup')).toMatchObject({ attendee: { id: bob.id }, call });
    expect(await heardOf(owner)).toEqual([[]]);
  });
});
