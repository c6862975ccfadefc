import { describe, expect, it } from 'vitest';
import { connectCall, offer } from '../../support/fixtures.ts';
import { type Created, startApi } from './api.ts';
import { open } from './visitor.ts';

const MINUTE = 60_000;

/** A workspace with a budget, and its owner on a call with a guest. `pass` has ms pass. */
async function onCall(given: object, env: Record<string, string> = {}) {
  let now = Date.now();
  const { server, host } = await startApi(env, { now: () => now });
  const created = await host.create(given);
  const owner = await open(server, created.owner.url);
  const guest = await open(server, created.invitation.url, { name: 'Bob' });
  await owner.client.notice('attend');
  const path = `workspaces/${created.workspace.id}`;
  const show = async () => (await host.must<Created>('GET', path)).workspace;
  await connectCall(owner, guest);
  const { call } = await show();
  if (!call) throw new Error('There is no call.');
  return { host, created, owner, guest, path, show, call, pass: (ms: number) => (now += ms) };
}

interface Call {
  call: { status: string; endsAt: number | null; endReason: string | null; billableSeconds: number | null };
}

describe('The minutes that all calls of a workspace have together', () => {
  it('are given when it is created, count down, and end its calls with a bill of no more', async () => {
    const { host, created, owner, guest, show, call, pass } = await onCall({ callMinutes: 0.5 });
    expect(created.workspace).toMatchObject({ callMinutes: 0.5, callMinutesUsed: 0 });
    expect(call.endsAt).toBe((call.connectedAt ?? 0) + MINUTE / 2);
    pass(MINUTE / 4);
    expect(await show()).toMatchObject({ callMinutesUsed: 0.25, call: { id: call.id } });
    expect(await host.must<Call>('GET', `calls/${call.id}`)).toMatchObject({ call: { endsAt: call.endsAt } });
    pass(MINUTE);
    expect(await show()).toMatchObject({ callMinutesUsed: 0.5, call: null });
    for (const { client } of [owner, guest]) {
      expect(await client.notice('hangup')).toMatchObject({ reason: 'time-limit' });
    }
    expect(await host.must<Call>('GET', `calls/${call.id}`)).toMatchObject({
      call: { status: 'ended', endReason: 'time-limit', billableSeconds: 30, endsAt: null },
    });
    const ringing = { ...owner.proof, callee: { id: guest.id }, offer, call: { id: 'call-2' } };
    expect(await owner.client.refused('ring', ringing)).toMatchObject({ code: 'TIME_OVER' });
  });

  it('can be changed, and those on the call hear when it ends now', async () => {
    const { host, owner, guest, path, call } = await onCall({ callMinutes: 1 });
    const { workspace } = await host.must<Created>('PATCH', path, { body: { callMinutes: 2.5, name: 'Longer' } });
    const endsAt = (call.connectedAt ?? 0) + 2.5 * MINUTE;
    expect(workspace).toMatchObject({ name: 'Longer', callMinutes: 2.5, call: { endsAt } });
    for (const { client } of [owner, guest]) expect(await client.notice('call-extended')).toMatchObject({ endsAt });
    const unlimited = await host.must<Created>('PATCH', path, { body: { callMinutes: null } });
    expect(unlimited.workspace).toMatchObject({ callMinutes: null, call: { endsAt: null } });
    expect(await guest.client.notice('call-extended')).toMatchObject({ call: { id: 'call-1' }, endsAt: null });
  });

  it.each([0, -1, 525_601, '5', []])('are refused where they are %j', async (callMinutes) => {
    const { host } = await startApi();
    const body = { owner: { name: 'Dr. Ada' }, callMinutes };
    expect(await host.refused('POST', 'workspaces', { body })).toMatchObject({ status: 422, field: 'callMinutes' });
    const { workspace } = await host.create();
    const patch = { body: { callMinutes } };
    expect(await host.refused('PATCH', `workspaces/${workspace.id}`, patch)).toMatchObject({ status: 422 });
  });
});

describe('A call that is extended', () => {
  it('ends so much later, and all on it hear that, the owner too', async () => {
    const { host, owner, guest, call } = await onCall({}, { MAX_CALL_MINUTES: '1' });
    const extended = await host.must<Call>('POST', `calls/${call.id}/extend`, { body: { seconds: 90 } });
    const endsAt = (call.connectedAt ?? 0) + 2.5 * MINUTE;
    expect(extended).toMatchObject({ call: { id: call.id, status: 'active', endsAt } });
    for (const { client } of [owner, guest]) expect(await client.notice('call-extended')).toMatchObject({ endsAt });
    for (const seconds of [0, -5, 86_401, 'ten']) {
      const problem = await host.refused('POST', `calls/${call.id}/extend`, { body: { seconds } });
      expect(problem).toMatchObject({ status: 422, field: 'seconds' });
    }
  });

  it('stays as it is where nothing limits it, and is not found when it has ended', async () => {
    const { host, call } = await onCall({});
    const path = `calls/${call.id}/extend`;
    expect(await host.must<Call>('POST', path, { body: { seconds: 60 } })).toMatchObject({ call: { endsAt: null } });
    await host.must('POST', `calls/${call.id}/end`);
    const problem = await host.refused('POST', path, { body: { seconds: 60 } });
    expect(problem).toMatchObject({ code: 'NO_CALL', detail: expect.stringContaining('has ended') });
    expect(await host.refused('POST', 'calls/nobody/extend', { body: { seconds: 60 } })).toMatchObject({ status: 404 });
  });
});
