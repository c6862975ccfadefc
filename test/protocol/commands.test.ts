import { describe, expect, it } from 'vitest';
import {
  answer as answerOf,
  attend,
  candidate,
  createWorkspace,
  generations,
  offer,
  startServer,
} from '../support/fixtures.ts';

const id = expect.stringMatching(/^_[A-Za-z0-9_-]+$/);
const urlSafe = /^[A-Za-z0-9._-]{51,150}$/;

describe.each(generations)('with $name', (generation) => {
  it('creates a workspace, and answers by ack alone', async () => {
    const server = await startServer();
    const client = await server.connect({ generation });
    const reply = await client.askRaw('create', {
      workspace: { name: 'Room', pin: '1234', avatar: 'room.png' },
      attendee: { name: 'Ada', avatar: 'ada.png' },
      nonce: 'n-1',
    });
    expect(reply).toEqual({
      ok: true,
      workspace: {
        id,
        name: 'Room',
        avatar: 'room.png',
        owner: id,
        created: expect.any(Number),
        token: expect.stringMatching(urlSafe),
        rev: 1,
      },
      attendee: {
        id,
        name: 'Ada',
        avatar: 'ada.png',
        owner: true,
        connected: true,
        onCall: false,
        mic: true,
        cam: true,
      },
      accessToken: expect.any(String),
      nonce: 'n-1',
    });
    await client.notice('iceservers');
    expect(client.heard).toEqual([]);
  });

  it('answers by notices where there is no ack, then ICE servers', async () => {
    const server = await startServer();
    const owner = await server.connect({ generation });
    owner.send('create', { workspace: { name: 'Room', pin: '', avatar: '' }, attendee: { name: 'Ada', avatar: '' } });
    const created = await owner.notice('created');
    expect(created).toMatchObject({ workspace: { name: 'Room' }, attendee: { name: 'Ada' }, nonce: '' });

    const guest = await server.connect({ generation });
    guest.send('attend', { workspace: { token: created.workspace.token, pin: '' }, attendee: { name: 'Bob' } });
    await guest.notice('iceservers');
    expect(guest.heard).toEqual(['attendance-granted']);
    const granted = await guest.notice('attendance-granted');
    expect(granted.workspace).toEqual({ ...created.workspace, admission: 'open', call: null, rev: 2 });
    expect(granted.attendees).toEqual({
      [created.attendee.id]: created.attendee,
      [granted.attendee.id]: granted.attendee,
    });
    expect(await owner.notice('attend')).toEqual(granted.attendee);

    guest.send('re-attend', {
      workspace: granted.workspace,
      attendee: granted.attendee,
      accessToken: granted.accessToken,
    });
    const again = await guest.notice('re-attendance-granted');
    expect(again.call).toBeNull();
    expect(again.workspace.token).toBe(created.workspace.token);

    guest.send('attendees', {
      workspace: { id: granted.workspace.id },
      attendee: { id: granted.attendee.id },
      accessToken: granted.accessToken,
    });
    const { attendees } = await guest.notice('attendees');
    expect(Object.keys(attendees)).toEqual([created.attendee.id, granted.attendee.id]);
  });

  it('brings a ring to the callee only, and its answer to the caller only', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { generation });
    const bob = await attend(server, owner, { generation });
    const eve = await attend(server, owner, { generation });
    const call = { id: 'AbC1234', camMode: 'user' };
    await bob.client.settled();
    bob.client.received.length = 0;

    owner.client.send('ring', { ...owner.proof, callee: { id: bob.id }, offer, call, nonce: 'r' });
    expect(await bob.client.notice('ring')).toEqual({
      workspace: { id: owner.workspaceId },
      caller: expect.objectContaining({ id: owner.id, name: 'Owner' }),
      offer,
      call,
      nonce: 'r',
    });
    bob.client.send('answer', { ...bob.proof, caller: { id: owner.id }, answer: answerOf, call, nonce: 'r' });
    expect(await owner.client.notice('answer')).toEqual({
      workspace: { id: owner.workspaceId },
      callee: expect.objectContaining({ id: bob.id, onCall: true }),
      answer: answerOf,
      call,
      nonce: 'r',
    });
    await eve.client.settled();
    expect(eve.client.heard).toEqual([]);

    owner.client.send('hangup', { ...owner.proof, call });
    for (const { client } of [bob, eve]) {
      expect(await client.notice('hangup')).toEqual({ attendee: expect.objectContaining({ id: owner.id }), call });
    }
  });

  it('brings a decline to the caller only', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { generation });
    const bob = await attend(server, owner, { generation });
    const call = { id: 'c' };
    owner.client.send('ring', { ...owner.proof, callee: { id: bob.id }, offer, call });
    await bob.client.notice('ring');
    bob.client.send('busy', { ...bob.proof, caller: { id: owner.id }, call });
    expect(await owner.client.notice('busy')).toEqual({
      workspace: { id: owner.workspaceId },
      callee: expect.objectContaining({ id: bob.id }),
      call,
    });
  });

  it('hands negotiation and candidates on to the target only, unaltered and in order', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { generation });
    const bob = await attend(server, owner, { generation });
    const eve = await attend(server, owner, { generation });
    await bob.client.settled();
    await eve.client.settled();
    bob.client.received.length = 0;
    eve.client.received.length = 0;

    const message = { type: 'offer', data: offer } as const;
    owner.client.send('negotiation', { ...owner.to(bob), message });
    for (let n = 0; n < 150; n += 1) {
      owner.client.send('icecandidate', { ...owner.to(bob), candidate: { ...candidate, sdpMLineIndex: n } });
    }
    expect(await bob.client.notice('negotiation')).toEqual({ attendee: { id: owner.id }, message });
    for (let n = 0; n < 150; n += 1) {
      expect(await bob.client.notice('icecandidate')).toEqual({
        attendee: { id: bob.id },
        broadcaster: { id: owner.id },
        candidate: { ...candidate, sdpMLineIndex: n },
      });
    }
    await eve.client.settled();
    expect(eve.client.heard).toEqual([]);
  });

  it('tells the others of microphones and cameras, and those who come later', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { generation });
    const bob = await attend(server, owner, { generation });
    bob.client.send('mic-toggle', { ...bob.proof, state: false });
    bob.client.send('cam-toggle', { ...bob.proof, state: false });
    expect(await owner.client.notice('mic-toggle')).toEqual({ attendee: { id: bob.id }, state: false });
    expect(await owner.client.notice('cam-toggle')).toEqual({ attendee: { id: bob.id }, state: false });
    const { attendees } = await owner.client.must('attendees', owner.proof);
    expect(attendees[bob.id]).toMatchObject({ mic: false, cam: false });
  });

  it('lets people leave, the owner remove them, and close the workspace', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { generation });
    const bob = await attend(server, owner, { generation, name: 'Bob' });
    const eve = await attend(server, owner, { generation, name: 'Eve' });
    const zoe = await attend(server, owner, { generation, name: 'Zoë' });

    bob.client.send('leave', bob.proof);
    expect(await owner.client.notice('leave')).toMatchObject({ id: bob.id, name: 'Bob' });
    await zoe.client.notice('leave');

    owner.client.send('kick', { ...owner.proof, kickedAttendee: { id: eve.id, name: 'Eve' } });
    for (const { client } of [owner, eve, zoe]) {
      expect(await client.notice('kicked')).toEqual({ id: eve.id, name: 'Eve' });
    }

    owner.client.send('destroy', owner.proof);
    for (const { client } of [owner, zoe]) expect(await client.notice('destroyed')).toEqual({});
  });

  it('says errors as a sentence, but a full and a closed workspace as their own notices', async () => {
    const server = await startServer({ MAX_CAPACITY_OF_WORKSPACE: '2' });
    const owner = await createWorkspace(server, { generation, pin: '1234' });
    const client = await server.connect({ generation });
    client.send('attend', { workspace: { token: owner.token, pin: '9' }, attendee: { name: 'Bob' } });
    expect(await client.notice('alert')).toMatch(/^[A-Z].*PIN.*\.$/);

    const bob = await attend(server, owner, { generation, pin: '1234' });
    client.send('attend', { workspace: { token: owner.token, pin: '1234' }, attendee: { name: 'Eve' } });
    expect(await client.notice('full')).toEqual({});

    bob.client.send('destroy', bob.proof);
    expect(await bob.client.notice('alert')).toContain('owner');
    await owner.client.must('destroy', owner.proof);
    await bob.client.notice('destroyed');
    bob.client.send('attendees', bob.proof);
    expect(await bob.client.notice('destroyed')).toEqual({});
    expect(await bob.client.refused('attendees', bob.proof)).toMatchObject({ code: 'WORKSPACE_GONE' });
  });

  it('survives acks that are no functions, missing payloads and payloads of another type', async () => {
    const server = await startServer();
    const client = await server.connect({ generation });
    for (const args of [[], [null], [42], ['text'], [[]], [{}, 'not a function'], [{}, {}, {}]]) {
      client.send('create', ...args);
      expect(await client.notice('alert')).toMatch(/\.$/);
    }
    expect(await client.askRaw('create')).toMatchObject({ ok: false, error: { code: 'INVALID_PAYLOAD' } });
    expect(await client.askRaw('no-such-command', {})).toMatchObject({ ok: false, error: { code: 'UNKNOWN_COMMAND' } });
    expect(await client.askRaw('__proto__', {})).toMatchObject({ ok: false, error: { code: 'UNKNOWN_COMMAND' } });
  });
});
