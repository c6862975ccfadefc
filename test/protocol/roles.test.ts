import { describe, expect, it } from 'vitest';
import type { CommandName } from '../../src/protocol/types.ts';
import { attend, candidate, generations, offer, type Seat, startServer, unhurried } from '../support/fixtures.ts';
import { asSeat, codeOf, forget } from './every-command.ts';
import { documentOf, room, silent } from './room.ts';

const [, , socketIo2] = generations;

describe('what is the owner’s', () => {
  it('is refused to everybody else, with and without an ack, and changes nothing', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    const before = await documentOf(server, owner);
    const call = { id: 'c' };
    const attempts: [CommandName, object][] = [
      ['destroy', bob.proof],
      ['kick', { ...bob.proof, kickedAttendee: { id: eve.id } }],
      ['kick', { ...bob.proof, kickedAttendee: { id: owner.id } }],
      ['kick', { ...bob.proof, kickedAttendee: { id: bob.id } }],
      ['renew-invitation', bob.proof],
      ['ring', { ...bob.proof, callee: { id: eve.id }, offer, call }],
      ['hangup', { ...bob.proof, call }],
    ];
    for (const [command, payload] of attempts) {
      expect(codeOf(await bob.client.askRaw(command, payload)), command).toBe('OWNER_ONLY');
      bob.client.send(command, payload);
      expect(await bob.client.notice('alert')).toContain('owner');
    }
    await silent(owner, bob, eve);
    expect(await documentOf(server, owner)).toEqual(before);
  });

  it('cannot be claimed by proposing ids or being called owner', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    const before = await documentOf(server, owner);
    const stranger = await server.connect();
    const created = (await stranger.askRaw('create', {
      workspace: { id: owner.workspaceId, name: 'Mine', owner: { id: bob.id }, rev: 99 },
      attendee: { id: owner.id, owner: true },
    })) as { workspace: { id: string; owner: string }; attendee: { id: string } };
    expect(created.workspace.id).not.toBe(owner.workspaceId);
    expect(created.attendee.id).not.toBe(owner.id);
    expect(created.workspace.owner).toBe(created.attendee.id);
    await silent(owner, bob, eve);
    expect(await documentOf(server, owner)).toEqual(before);

    const granted = (await stranger.askRaw('attend', {
      workspace: { id: created.workspace.id, token: owner.token, owner: { id: owner.id } },
      attendee: { id: owner.id, name: 'Owner', owner: true, connected: false, onCall: true, mic: false },
    })) as { workspace: { id: string; owner: string }; attendee: { id: string } };
    expect(granted.attendee).toMatchObject({ owner: false, connected: true, onCall: false, mic: true });
    expect([owner.id, bob.id, eve.id]).not.toContain(granted.attendee.id);
    expect(granted.workspace).toMatchObject({ id: owner.workspaceId, owner: owner.id });
  });

  it('includes not being removed', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    expect(await owner.client.refused('kick', { ...owner.proof, kickedAttendee: { id: owner.id } })).toMatchObject({
      code: 'INVALID_PAYLOAD',
      field: 'kickedAttendee.id',
    });
    // As the first generation kicks: `attendee` is whom it means.
    expect(codeOf(await owner.client.askRaw('kick', owner.proof))).toBe('INVALID_PAYLOAD');
    await silent(owner, bob, eve);
    await owner.client.must('attendees', owner.proof);
  });

  it('includes coming back after leaving; nobody else can', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    await bob.client.must('leave', bob.proof);
    await owner.client.must('leave', owner.proof);
    expect(await bob.client.refused('re-attend', bob.proof)).toMatchObject({ code: 'NOT_SEATED' });
    for (const [command, payload] of asSeat(owner, eve).filter(([name]) => name !== 're-attend')) {
      expect(codeOf(await owner.client.askRaw(command, payload)), command).toBe('NOT_SEATED');
    }
    const { attendee } = await owner.client.must('re-attend', owner.proof);
    expect(attendee).toMatchObject({ id: owner.id, owner: true });
    await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: eve.id } });
  });
});

describe('a seat that has ended', () => {
  it.each(['left', 'was kicked'])('because it %s is refused everything, also over its open connection', async (how) => {
    const server = await startServer(unhurried);
    const { owner, bob, eve } = await room(server);
    if (how === 'left') await bob.client.must('leave', bob.proof);
    else await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: bob.id } });
    await Promise.all([owner, bob, eve].map(({ client }) => client.settled()));
    forget(owner, bob, eve);
    const before = await documentOf(server, owner);
    for (const client of [bob.client, await server.connect(), await server.connect({ generation: socketIo2 })]) {
      for (const [command, payload] of asSeat(bob, owner)) {
        expect(codeOf(await client.askRaw(command, payload)), command).toBe('NOT_SEATED');
      }
    }
    await silent(owner, bob, eve);
    expect(await documentOf(server, owner)).toEqual(before);
  });

  it('because its grace time is over is refused everything', async () => {
    const server = await startServer({ ...unhurried, SEAT_GRACE_SECONDS: '0.1' });
    const { owner, bob, eve } = await room(server);
    bob.client.close();
    await owner.client.notice('leave');
    await eve.client.notice('leave');
    forget(owner, eve);
    const client = await server.connect();
    for (const [command, payload] of asSeat(bob, owner)) {
      expect(codeOf(await client.askRaw(command, payload)), command).toBe('NOT_SEATED');
    }
    await silent(owner, eve);
  });

  it('because the workspace was closed is refused everything, the owner included', async () => {
    const server = await startServer(unhurried);
    const { owner, bob, eve } = await room(server);
    await owner.client.must('destroy', owner.proof);
    await bob.client.notice('destroyed');
    await eve.client.notice('destroyed');
    for (const seat of [owner, bob]) {
      for (const client of [seat.client, await server.connect()]) {
        for (const [command, payload] of asSeat(seat, eve)) {
          expect(codeOf(await client.askRaw(command, payload)), command).toBe('WORKSPACE_GONE');
        }
      }
    }
    const stranger = await server.connect();
    expect(await stranger.refused('attend', { workspace: { token: owner.token }, attendee: {} })).toMatchObject({
      code: 'WORKSPACE_GONE',
    });
    await silent(owner, bob, eve);
  });

  it('gets nothing through any more in the middle of a burst', async () => {
    const server = await startServer(unhurried);
    const { owner, bob, eve } = await room(server);
    const burst = (seat: Seat) => {
      for (let n = 0; n < 100; n += 1) seat.client.send('icecandidate', { ...seat.to(owner), candidate });
    };
    burst(bob);
    const kicked = owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: bob.id } });
    for (let round = 0; round < 5; round += 1) {
      burst(bob);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await kicked;
    burst(bob);
    await bob.client.settled();
    await owner.client.settled();
    const names = owner.client.everything.map(({ notice }) => notice);
    expect(names.slice(names.indexOf('(kick)'))).not.toContain('icecandidate');

    owner.client.everything.length = 0;
    burst(eve);
    eve.client.send('leave', eve.proof);
    burst(eve);
    await eve.client.settled();
    await owner.client.settled();
    const afterwards = owner.client.everything.map(({ notice }) => notice);
    expect(afterwards.filter((notice) => notice === 'icecandidate')).toHaveLength(100);
    expect(afterwards.slice(afterwards.indexOf('leave'))).not.toContain('icecandidate');
  });

  it('hears nothing more of the workspace over its open connection', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: bob.id } });
    await bob.client.notice('kicked');
    await eve.client.must('mic-toggle', { ...eve.proof, state: false });
    expect(codeOf(await eve.client.askRaw('icecandidate', { ...eve.to(bob), candidate }))).toBe('NO_SUCH_ATTENDEE');
    await attend(server, owner);
    await owner.client.must('destroy', owner.proof);
    await silent(bob);
  });
});
