import { expect, it } from 'vitest';
import { newSecret } from '../../../src/server/webhooks/signature.ts';
import { attend, connectCall, createWorkspace, reattend, startServer } from '../../support/fixtures.ts';
import { type Message, startReceiver, verified } from '../../support/receiver.ts';

const secret = newSecret();

/** A server whose events go to a receiver, and what came of one workspace. */
async function serverWithReceiver(env: Record<string, string> = {}) {
  const receiver = await startReceiver();
  const server = await startServer({ WEBHOOK_URL: receiver.url, WEBHOOK_SECRET: secret, ...env });
  const messages = (): Message[] => receiver.received.map((each) => verified(each, secret));
  return {
    receiver,
    server,
    messages,
    until: (type: string) =>
      receiver.until((received) => received.some(({ body }) => (JSON.parse(body) as Message).type === type)),
  };
}

it('a call is told from its workspace’s creation to its close, without a gap, in its order, and with its bill', async () => {
  const { server, messages, until } = await serverWithReceiver();
  const owner = await createWorkspace(server, { name: 'Dr. O’Brien', pin: '271828' });
  const guest = await attend(server, owner, { name: 'Zoë 李', pin: '271828' });
  const call = await connectCall(owner, guest, { id: 'my-call' });
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await owner.client.must('hangup', { ...owner.proof, call });
  await guest.client.must('leave', guest.proof);
  await owner.client.must('destroy', owner.proof);
  await until('workspace.closed');

  const told = messages();
  expect(told.map(({ data }) => data.seq)).toEqual(told.map((_, index) => index + 1));
  expect(told.map(({ type }) => type)).toEqual([
    'workspace.created',
    'attendee.joined',
    'attendee.joined',
    'call.started',
    'call.participant_joined',
    'call.participant_joined',
    'call.participant_left',
    'call.participant_left',
    'call.ended',
    'attendee.left',
    'attendee.left',
    'workspace.closed',
  ]);
  for (const { data, timestamp } of told) {
    expect(data.workspace).toEqual({ id: owner.workspaceId, externalId: null });
    expect(new Date(timestamp).toISOString()).toBe(timestamp);
  }
  expect(told[1]?.data).toMatchObject({ attendee: { id: owner.id, name: 'Dr. O’Brien', user: null } });
  expect(told[2]?.data).toMatchObject({ attendee: { id: guest.id, name: 'Zoë 李', user: null } });

  const ended = told.find(({ type }) => type === 'call.ended')?.data as Record<string, number> | undefined;
  const { startedAt = 0, connectedAt = 0, endedAt = 0 } = ended ?? {};
  expect(startedAt).toBeLessThanOrEqual(connectedAt);
  expect(endedAt - connectedAt).toBeGreaterThanOrEqual(1000);
  expect(ended).toMatchObject({
    call: { clientCallId: 'my-call' },
    durationSeconds: Math.round((endedAt - startedAt) / 1000),
    billableSeconds: Math.round((endedAt - connectedAt) / 1000),
    endReason: 'hangup',
    participants: [{ attendee: { id: owner.id } }, { attendee: { id: guest.id } }],
    externalId: null,
    metadata: {},
  });
});

it('no delivery holds a PIN, a token, or a session description', async () => {
  const { receiver, server, until } = await serverWithReceiver();
  const owner = await createWorkspace(server, { pin: '314159265' });
  const guest = await attend(server, owner, { pin: '314159265' });
  await connectCall(owner, guest);
  await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: guest.id } });
  await owner.client.must('destroy', owner.proof);
  await until('workspace.closed');
  const all = receiver.received.map(({ body, headers, path }) => JSON.stringify({ body, headers, path })).join();
  for (const secretText of ['314159265', owner.token, owner.accessToken, guest.accessToken, 'v=0', secret]) {
    expect(all).not.toContain(secretText);
  }
  expect(receiver.received.map(({ body }) => JSON.parse(body).type)).toEqual(
    expect.arrayContaining(['attendee.kicked', 'call.ended']),
  );
});

it('somebody who comes back within the grace time has not left, and a kick is told before the leaving', async () => {
  const { server, messages, until } = await serverWithReceiver({ SEAT_GRACE_SECONDS: '60' });
  const owner = await createWorkspace(server);
  const guest = await attend(server, owner);
  await guest.client.close();
  await owner.client.notice('presence', ({ connected }) => !connected);
  await reattend(server, guest);
  await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: guest.id } });
  await until('attendee.left');
  const [kicked, left] = messages().slice(3);
  expect([kicked?.type, left?.type]).toEqual(['attendee.kicked', 'attendee.left']);
  expect(left?.data).toMatchObject({ seq: 5, attendee: { id: guest.id }, reason: 'kicked' });
});

it('somebody who does not come back has left when the grace time is over', async () => {
  const { server, messages, until } = await serverWithReceiver({ SEAT_GRACE_SECONDS: '0.3' });
  const owner = await createWorkspace(server);
  const guest = await attend(server, owner);
  await guest.client.close();
  await until('attendee.left');
  expect(messages().at(-1)).toMatchObject({
    type: 'attendee.left',
    data: { seq: 4, attendee: { id: guest.id }, reason: 'lost' },
  });
});

it('a receiver that never answers holds up no call', async () => {
  const receiver = await startReceiver({ answer: () => undefined });
  const server = await startServer({ WEBHOOK_URL: receiver.url, WEBHOOK_SECRET: secret });
  const begun = performance.now();
  const owners = await Promise.all(Array.from({ length: 20 }, () => createWorkspace(server)));
  await Promise.all(
    owners.map(async (owner) => {
      const guest = await attend(server, owner);
      await connectCall(owner, guest);
    }),
  );
  await receiver.until(({ length }) => length === 8);
  expect(performance.now() - begun).toBeLessThan(10_000);
});
