import { describe, expect, it } from 'vitest';
import {
  answer,
  attend,
  createWorkspace,
  generations,
  offer,
  reattend,
  type Seat,
  startServer,
  type TestServer,
} from '../support/fixtures.ts';
import { codeOf, forget } from './every-command.ts';

const call = { id: 'call-1', camMode: 'user' };

/** An owner and a guest whose connection is gone. */
async function withBobAway(server: TestServer, options: { generation?: (typeof generations)[number] } = {}) {
  const owner = await createWorkspace(server);
  const bob = await attend(server, owner, { session: 'page', ...options });
  bob.client.close();
  expect(await owner.client.notice('presence')).toMatchObject({ attendee: { id: bob.id }, connected: false });
  forget(owner);
  return { owner, bob };
}

function ring(caller: Seat, callee: Seat, nonce = 'n') {
  return caller.client.must('ring', { ...caller.proof, callee: { id: callee.id }, offer, call, nonce });
}

function pickUp(callee: Seat, caller: Seat) {
  return callee.client.ask('answer', { ...callee.proof, caller: { id: caller.id }, answer, call });
}

describe.each(generations)('Somebody whose connection is away, over %s', (generation) => {
  it('is rung on coming back, after the answer and the ICE servers, and can answer', async () => {
    const server = await startServer();
    const { owner, bob } = await withBobAway(server, { generation });
    await ring(owner, bob);
    const client = await server.connect({ generation });
    client.send('re-attend', bob.proof);
    expect(await client.notice('ring')).toEqual({
      workspace: { id: owner.workspaceId },
      caller: expect.objectContaining({ id: owner.id, owner: true }),
      offer,
      call,
      nonce: 'n',
    });
    expect(client.heard).toEqual(['re-attendance-granted', 'iceservers']);
    const back = { ...bob, client };
    expect(codeOf(await pickUp(back, owner))).toBeNull();
    expect(await owner.client.notice('answer')).toMatchObject({ callee: { id: bob.id }, call });
  });

  it('is rung on coming back with any command of the seat', async () => {
    const server = await startServer();
    const { owner, bob } = await withBobAway(server, { generation });
    await ring(owner, bob);
    const client = await server.connect({ generation });
    client.send('mic-toggle', { ...bob.proof, state: false });
    expect(await client.notice('ring')).toMatchObject({ caller: { id: owner.id }, offer, call });
  });
});

describe('A ring of somebody whose connection is away', () => {
  it('is not lost with a connection that ends before anybody could answer, nor by a reload', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner, { session: 'page' });
    await ring(owner, bob);
    await bob.client.notice('ring');
    bob.client.close();
    const again = await reattend(server, bob, { session: 'page' });
    expect(await again.client.notice('ring')).toMatchObject({ offer, call });
    const reloaded = await reattend(server, bob, { session: 'another page' });
    expect(await reloaded.client.notice('ring')).toMatchObject({ offer, call });
    expect(codeOf(await pickUp(reloaded, owner))).toBeNull();
  });

  it('is heard once over one connection, whatever is sent over it', async () => {
    const server = await startServer();
    const { owner, bob } = await withBobAway(server);
    await ring(owner, bob);
    const back = await reattend(server, bob);
    await back.client.notice('ring');
    await back.client.must('re-attend', bob.proof);
    await back.client.must('attendees', bob.proof);
    await back.client.settled();
    expect(back.client.heard).not.toContain('ring');
  });

  it.each(['hangup', 'leave-call'] as const)('is over after a %s of its caller', async (end) => {
    const server = await startServer();
    const { owner, bob } = await withBobAway(server);
    await ring(owner, bob);
    await owner.client.must(end, { ...owner.proof, call });
    const back = await reattend(server, bob);
    await back.client.settled();
    expect(back.client.heard).not.toContain('ring');
    expect(codeOf(await pickUp(back, owner))).toBe('NO_CALL');
  });

  it('is over when it was answered or declined by the command that comes back', async () => {
    const server = await startServer();
    const { owner, bob } = await withBobAway(server);
    await ring(owner, bob);
    const back = { ...bob, client: await server.connect() };
    await back.client.must('busy', { ...bob.proof, caller: { id: owner.id }, call });
    expect(await owner.client.notice('busy')).toMatchObject({ callee: { id: bob.id } });
    await back.client.settled();
    expect(back.client.heard).not.toContain('ring');
  });

  it('is over when its time is: the caller hears who missed it, and who comes back later is not rung', async () => {
    const server = await startServer({ RING_TIMEOUT_SECONDS: '0.3' });
    const { owner, bob } = await withBobAway(server);
    await ring(owner, bob);
    expect(await owner.client.notice('unanswered')).toEqual({ callee: { id: bob.id }, call: { id: call.id } });
    const back = await reattend(server, bob);
    await back.client.settled();
    expect(back.client.heard).not.toContain('ring');
  });

  it('is missed by somebody whose seat ends meanwhile, and the caller hears that first', async () => {
    const server = await startServer({ SEAT_GRACE_SECONDS: '0.4', RING_TIMEOUT_SECONDS: '30' });
    const { owner, bob } = await withBobAway(server);
    await ring(owner, bob);
    expect(await owner.client.notice('unanswered')).toEqual({ callee: { id: bob.id }, call: { id: call.id } });
    expect(await owner.client.notice('leave')).toMatchObject({ id: bob.id });
  });
});
