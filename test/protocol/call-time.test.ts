import { describe, expect, it } from 'vitest';
import {
  attend,
  connectCall,
  createWorkspace,
  generations,
  type Owner,
  offer,
  onCluster,
  reattend,
  startServer,
  type TestServer,
} from '../support/fixtures.ts';
import { codeOf } from './every-command.ts';
import { room } from './room.ts';

const [, , socketIo2] = generations;
const call = { id: 'call-1' };
const SECOND = 1000;

/** A call may last for 1.2 s, and its participants are warned once, 0.6 s before its end. */
const short = { MAX_CALL_MINUTES: '0.02', CALL_WARNING_SECONDS: '300,0.6' };
const SHORT_MS = 1200;

/** Gives the calls of a workspace a budget, as the REST API does. */
async function giveBudget({ services: { store } }: TestServer, { workspaceId }: Owner, callBudgetMs: number) {
  const workspace = await store.get(workspaceId);
  if (!workspace) throw new Error('There is no workspace.');
  const next = { ...workspace, callBudgetMs, rev: workspace.rev + 1 };
  expect(await store.swap(workspaceId, workspace.rev, next)).toBe(true);
  store.announced?.(workspaceId, next.rev);
}

describe('a call with a limit', () => {
  it('ends for everybody when its time is over, after a warning to those on it', async () => {
    const server = await startServer(short);
    const { owner, bob, eve } = await room(server);
    await owner.client.must('ring', { ...owner.proof, callee: { id: bob.id }, offer, call });
    await bob.client.notice('ring');
    await owner.client.must('ring', { ...owner.proof, callee: { id: eve.id }, offer, call });
    await eve.client.notice('ring');
    const begun = Date.now();
    const answering = {
      ...bob.proof,
      caller: { id: owner.id },
      answer: { type: 'answer', sdp: 'v=0\r\n' },
      call,
    } as const;
    await bob.client.must('answer', answering);
    const joined = await owner.client.notice('call-joined');
    const { connectedAt, endsAt } = joined.call;
    expect(endsAt).toBe((connectedAt ?? 0) + SHORT_MS);
    expect(connectedAt).toBeGreaterThan(begun - 100);
    expect(joined.serverNow).toBe(connectedAt);

    for (const { client } of [owner, bob]) {
      const { serverNow, ...warning } = await client.notice('call-ending');
      expect(warning).toEqual({ call, endsAt });
      expect(serverNow).toBeGreaterThanOrEqual((endsAt ?? 0) - 600);
    }
    for (const { client } of [owner, bob, eve]) {
      const over = await client.notice('hangup');
      expect(over).toEqual({
        attendee: expect.objectContaining({ id: owner.id, owner: true }),
        call,
        reason: 'time-limit',
      });
      expect(Date.now()).toBeGreaterThanOrEqual((endsAt ?? 0) - 100);
      expect(Date.now()).toBeLessThan((endsAt ?? 0) + SECOND);
      expect(client.heard).not.toContain('hangup');
    }
    expect(eve.client.heard).not.toContain('call-ending');
    const { workspace, attendees } = await eve.client.must('re-attend', { ...eve.proof, session: 'page' });
    expect(workspace.call).toBeNull();
    expect(Object.values(attendees).map(({ onCall }) => onCall)).toEqual([false, false, false]);
  });

  it('tells its times to everybody who comes, and keeps them over a leave and a return', async () => {
    const server = await startServer({ MAX_CALL_MINUTES: '1' });
    const { owner, bob } = await room(server);
    await connectCall(owner, bob, call);
    const late = await server.connect();
    const { workspace, serverNow } = await late.must('attend', { workspace: { token: owner.token }, attendee: {} });
    const { connectedAt, endsAt } = workspace.call ?? {};
    expect(endsAt).toBe((connectedAt ?? 0) + 60 * SECOND);
    // Nodes read the same clock, each to within some milliseconds.
    expect(serverNow).toBeGreaterThanOrEqual((connectedAt ?? 0) - (onCluster ? 10 : 0));
    await bob.client.must('leave-call', { ...bob.proof, call });
    await connectCall(owner, bob, call);
    const again = await bob.client.must('re-attend', { ...bob.proof, session: 'page' });
    expect(again.workspace.call).toMatchObject({ connectedAt, endsAt });
  });

  it('ends for clients of Socket.IO 2 too, as if its owner had hung up', async () => {
    const server = await startServer(short);
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner, { generation: socketIo2 });
    await connectCall(owner, bob, call);
    expect(await bob.client.notice('hangup')).toMatchObject({ attendee: { id: owner.id }, call });
  });

  it('ends although everybody on it is away, and is over for attendees who come back', async () => {
    const server = await startServer(short);
    const { owner, bob, eve } = await room(server);
    await connectCall(owner, bob, call);
    bob.client.close();
    owner.client.close();
    expect(await eve.client.notice('hangup')).toMatchObject({ attendee: { id: owner.id }, reason: 'time-limit' });
    const back = await reattend(server, owner);
    expect((await back.client.must('attendees', back.proof)).attendees[bob.id]).toMatchObject({ onCall: false });
  });
});

describe('the owner', () => {
  it('can extend a call, and the others hear when it ends now', async () => {
    const server = await startServer(short);
    const { owner, bob, eve } = await room(server);
    await connectCall(owner, bob, call);
    const extended = await owner.client.must('extend-call', { ...owner.proof, call, seconds: 0.5 });
    const { connectedAt = 0 } = (await server.services.store.get(owner.workspaceId))?.call ?? {};
    const endsAt = (connectedAt ?? 0) + SHORT_MS + 500;
    expect(extended).toEqual({ ok: true, call, endsAt, serverNow: expect.any(Number) });
    expect(await bob.client.notice('call-extended')).toEqual({ call, endsAt, serverNow: expect.any(Number) });
    await bob.client.notice('hangup');
    expect(Date.now()).toBeGreaterThanOrEqual(endsAt - 100);
    for (const { client } of [owner, eve]) expect(client.heard).not.toContain('call-extended');
    expect(eve.client.heard).not.toContain('call-ending');
  });

  it('hears by a notice when the call ends, where the command came without an ack', async () => {
    const server = await startServer({ MAX_CALL_MINUTES: '1' });
    const { owner, bob } = await room(server);
    await connectCall(owner, bob, call);
    owner.client.send('extend-call', { ...owner.proof, call, seconds: 60 });
    const told = await owner.client.notice('call-extended');
    expect(told.endsAt).toBeGreaterThan(Date.now() + 110 * SECOND);
  });

  it('extends nothing by times that make no sense, nor a call that is not on', async () => {
    const server = await startServer({ MAX_CALL_MINUTES: '1' });
    const { owner, bob } = await room(server);
    const refused = await owner.client.refused('extend-call', { ...owner.proof, call, seconds: 60 });
    expect(refused).toMatchObject({ code: 'NO_CALL' });
    await connectCall(owner, bob, call);
    for (const seconds of [0, -60, 86_401, Number.MAX_VALUE]) {
      const error = await owner.client.refused('extend-call', { ...owner.proof, call, seconds });
      expect(error, String(seconds)).toMatchObject({ code: 'INVALID_PAYLOAD', field: 'seconds' });
      expect(error.message).toMatch(/seconds (must be more than 0|is too large: 86400 at most)/);
    }
    const another = { ...owner.proof, call: { id: 'another' }, seconds: 60 };
    expect(await owner.client.refused('extend-call', another)).toMatchObject({ code: 'NO_CALL' });
    const guest = { ...bob.proof, call, seconds: 60 };
    expect(await bob.client.refused('extend-call', guest)).toMatchObject({ code: 'OWNER_ONLY' });
  });

  it('is told that a call without a limit has none', async () => {
    const server = await startServer();
    const { owner, bob } = await room(server);
    await connectCall(owner, bob, call);
    const reply = await owner.client.must('extend-call', { ...owner.proof, call, seconds: 60 });
    expect(reply).toEqual({ ok: true, call, endsAt: null, serverNow: expect.any(Number) });
    await bob.client.settled();
    expect(bob.client.heard).not.toContain('call-extended');
  });
});

describe('a budget', () => {
  it('counts all calls of a workspace together, and a new one does not renew it', async () => {
    const server = await startServer();
    const { owner, bob } = await room(server);
    await giveBudget(server, owner, 2 * SECOND);
    await connectCall(owner, bob, call);
    await owner.client.must('hangup', { ...owner.proof, call });
    await bob.client.notice('hangup');
    const { callUsedMs = 0 } = (await server.services.store.get(owner.workspaceId)) ?? {};
    await connectCall(owner, bob, { id: 'call-2' });
    const { connectedAt, endsAt } = (await server.services.store.get(owner.workspaceId))?.call ?? {};
    expect(endsAt).toBe((connectedAt ?? 0) + 2 * SECOND - callUsedMs);
    expect(await bob.client.notice('hangup')).toMatchObject({ call: { id: 'call-2' }, reason: 'time-limit' });

    const ringing = { ...owner.proof, callee: { id: bob.id }, offer, call: { id: 'call-3' } };
    const refused = await owner.client.refused('ring', ringing);
    expect(refused).toEqual({ code: 'TIME_OVER', message: expect.stringMatching(/time.*used up.*extend/i) });
    expect((await server.services.store.get(owner.workspaceId))?.callUsedMs).toBe(2 * SECOND);
    const lifted = await owner.client.must('extend-call', { ...owner.proof, call, seconds: 60 });
    expect(lifted).toMatchObject({ endsAt: null });
    expect(codeOf(await owner.client.ask('ring', ringing))).toBeNull();
  });
});
