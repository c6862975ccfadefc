import { describe, expect, it } from 'vitest';
import { connectCall, offer, type Seat } from '../../support/fixtures.ts';
import { type Created, startApi } from './api.ts';
import { open } from './visitor.ts';

interface Call {
  id: string;
  clientCallId: string;
  workspace: { id: string };
  status: 'active' | 'ended';
  startedAt: number;
  connectedAt: number | null;
  endsAt: number | null;
  endedAt: number | null;
  endReason: string | null;
  durationSeconds: number | null;
  billableSeconds: number | null;
  participants: {
    attendee: { id: string };
    user: { id: string } | null;
    joinedAt: number;
    leftAt: number | null;
    seconds: number | null;
  }[];
  externalId: string | null;
  metadata: Record<string, string>;
}

interface Page {
  items: Call[];
  nextCursor: string | null;
}

/** A workspace with its owner and a guest on a call. */
async function onCall(env: Record<string, string> = {}, replace: { now?: () => number } = {}) {
  const { server, host } = await startApi(env, replace);
  const created = await host.create({ externalId: 'case-7', metadata: { ward: 'B' } });
  const owner = await open(server, created.owner.url);
  const guest = await open(server, created.invitation.url, { name: 'Bob' });
  await owner.client.notice('attend');
  await connectCall(owner, guest);
  const { workspace } = await host.must<Created>('GET', `workspaces/${created.workspace.id}`);
  return { server, host, created, owner, guest, id: workspace.call?.id ?? '' };
}

const ids = (seats: readonly Seat[]) => seats.map(({ id }) => id).sort();

describe('A call', () => {
  it('that is on is listed as it is, and can be found by its id', async () => {
    const { host, created, owner, guest, id } = await onCall();
    const { items, nextCursor } = await host.must<Page>('GET', 'calls?status=active');
    expect(nextCursor).toBeNull();
    const [call] = items;
    expect(items).toHaveLength(1);
    expect(call).toMatchObject({
      id,
      clientCallId: 'call-1',
      workspace: { id: created.workspace.id },
      status: 'active',
      connectedAt: expect.any(Number),
      endsAt: null,
      endedAt: null,
      endReason: null,
      durationSeconds: null,
      billableSeconds: null,
      externalId: 'case-7',
      metadata: { ward: 'B' },
    });
    expect(call?.participants.map(({ attendee }) => attendee.id).sort()).toEqual(ids([owner, guest]));
    for (const { leftAt, user } of call?.participants ?? [])
      expect({ leftAt, user }).toEqual({ leftAt: null, user: null });
    expect(await host.must('GET', `calls/${id}`)).toMatchObject({ call: { id, status: 'active' } });
    expect((await host.must<Page>('GET', 'calls?status=ended')).items).toEqual([]);
    expect((await host.must<Page>('GET', 'calls')).items).toHaveLength(1);
  });

  it('ends for everybody when the host system says so, and again stays as it is', async () => {
    const { host, owner, guest, id } = await onCall();
    const first = await host.ask<{ call: Call }>('POST', `calls/${id}/end`);
    expect(first).toMatchObject({ status: 200, body: { call: { id, status: 'ended', endReason: 'api' } } });
    expect(first.body.call.endedAt).toEqual(expect.any(Number));
    for (const { client } of [owner, guest]) {
      expect(await client.notice('hangup')).toMatchObject({ attendee: { id: owner.id }, call: { id: 'call-1' } });
    }
    expect(await owner.client.refused('hangup', { ...owner.proof, call: { id: 'call-1' } })).toMatchObject({
      code: 'NO_CALL',
    });
    expect(await host.must('POST', `calls/${id}/end`)).toEqual(first.body);
    expect(await host.must('GET', `calls/${id}`)).toEqual(first.body);
  });

  it('that has ended has what a bill needs', async () => {
    let now = Date.now();
    const { host, owner, guest, id } = await onCall({}, { now: () => now });
    now += 61_000;
    await guest.client.must('leave-call', { ...guest.proof, call: { id: 'call-1' } });
    now += 9_000;
    await owner.client.must('hangup', { ...owner.proof, call: { id: 'call-1' } });
    const { call } = await host.must<{ call: Call }>('GET', `calls/${id}`);
    expect(call).toMatchObject({ status: 'ended', endReason: 'hangup', durationSeconds: 70, billableSeconds: 70 });
    const seconds = new Map(call.participants.map((each) => [each.attendee.id, each.seconds]));
    expect(seconds).toEqual(
      new Map([
        [owner.id, 70],
        [guest.id, 61],
      ]),
    );
    expect((await host.must<Page>('GET', `calls?status=ended&since=${now}`)).items).toEqual([call]);
    expect((await host.must<Page>('GET', `calls?status=ended&since=${now + 1}`)).items).toEqual([]);
    expect((await host.must<Page>('GET', 'calls?status=active')).items).toEqual([]);
  });

  it('of a workspace that is closed ends with it, and stays known', async () => {
    const { host, created, id } = await onCall();
    await host.must('DELETE', `workspaces/${created.workspace.id}`);
    const { call } = await host.must<{ call: Call }>('GET', `calls/${id}`);
    expect(call).toMatchObject({ status: 'ended', endReason: 'workspace-closed' });
    expect(await host.must('POST', `calls/${id}/end`)).toEqual({ call });
  });

  it('whose callee has not answered can be ended too: the callee hears it', async () => {
    const { server, host } = await startApi();
    const created = await host.create();
    const owner = await open(server, created.owner.url);
    const guest = await open(server, created.invitation.url);
    await owner.client.must('ring', { ...owner.proof, callee: { id: guest.id }, offer, call: { id: 'call-1' } });
    await guest.client.notice('ring');
    const [call] = (await host.must<Page>('GET', 'calls?status=active')).items;
    expect(call).toMatchObject({ connectedAt: null });
    await host.must('POST', `calls/${call?.id}/end`);
    await guest.client.notice('hangup');
  });

  it('with an id that the server never gave is none', async () => {
    const { host } = await startApi();
    for (const id of ['_nobody', 'x', '%2e%2e%2f', '%00', "'%20or%201=1", 'ä', '%zz', 'x'.repeat(2000)]) {
      expect(await host.refused('GET', `calls/${id}`), id).toMatchObject({ status: 404, code: 'NO_CALL' });
      expect(await host.refused('POST', `calls/${id}/end`), id).toMatchObject({ status: 404, code: 'NO_CALL' });
    }
  });
});
