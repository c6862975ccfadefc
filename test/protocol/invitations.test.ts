import { describe, expect, it } from 'vitest';
import { createWorkspace, generations, startServer, type TestServer, unhurried } from '../support/fixtures.ts';
import { codeOf } from './every-command.ts';
import { room, silent } from './room.ts';

describe('a renewed invitation', () => {
  const join = async (server: TestServer, token: string, pin = '') =>
    (await server.connect()).ask('attend', { workspace: { token, pin }, attendee: {} });

  it('is the only one that opens the workspace; seats stay, and everybody who is seated hears of it', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    const { workspace } = await owner.client.must('renew-invitation', owner.proof);
    expect(workspace.token).not.toBe(owner.token);
    expect(workspace.token.length).toBeGreaterThan(50);
    for (const { client } of [bob, eve]) expect(await client.notice('invitation')).toEqual({ workspace });
    await owner.client.settled();
    expect(owner.client.heard).toEqual([]);

    const former = await join(server, owner.token);
    expect(former).toMatchObject({ error: { code: 'INVALID_TOKEN', message: expect.stringContaining('link') } });
    const granted = await join(server, workspace.token);
    expect(granted).toMatchObject({ ok: true, workspace: { token: workspace.token } });
    expect((await bob.client.must('re-attend', bob.proof)).workspace.token).toBe(workspace.token);
  });

  it('replaces each one before it, however often, and is told to a client without acks as a notice', async () => {
    const server = await startServer({ WORKSPACE_ID_LEN: '18' });
    const owner = await createWorkspace(server);
    const tokens = [owner.token];
    for (let n = 0; n < 12; n += 1) {
      owner.client.send('renew-invitation', owner.proof);
      const { workspace } = await owner.client.notice('invitation');
      // The link form of the client in the field holds no more.
      expect(workspace.token.length).toBeLessThanOrEqual(150);
      tokens.push(workspace.token);
    }
    expect(new Set(tokens).size).toBe(13);
    const replies = [];
    for (const token of tokens) replies.push(codeOf(await join(server, token)));
    expect(replies).toEqual([...Array(12).fill('INVALID_TOKEN'), null]);
  });

  it('keeps out attendees that were removed before it was made, and not those that got it', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    const kick = ({ id }: { id: string }) => owner.client.must('kick', { ...owner.proof, kickedAttendee: { id } });
    await kick(bob);
    const { workspace } = await owner.client.must('renew-invitation', owner.proof);
    await bob.client.settled();
    expect(bob.client.heard).not.toContain('invitation');
    expect(codeOf(await join(server, owner.token))).toBe('INVALID_TOKEN');

    expect(await eve.client.notice('invitation')).toEqual({ workspace });
    await kick(eve);
    expect(codeOf(await join(server, workspace.token))).toBeNull();
  });

  it('keeps those out whose PIN was being checked for the former one', async () => {
    const server = await startServer({ BCRYPT_COST: '10' });
    const owner = await createWorkspace(server, { pin: '1234' });
    const client = await server.connect();
    const slow = client.ask('attend', { workspace: { token: owner.token, pin: '1234' }, attendee: {} });
    await owner.client.must('renew-invitation', owner.proof);
    expect(codeOf(await slow)).toBe('INVALID_TOKEN');
    const { attendees } = await owner.client.must('attendees', owner.proof);
    expect(Object.keys(attendees)).toEqual([owner.id]);
  });

  it('lets those in again whom somebody with the former one had locked out by guessing', async () => {
    const server = await startServer({ ...unhurried, PIN_ATTEMPTS: '2' });
    const owner = await createWorkspace(server, { pin: '1234' });
    for (const code of ['WRONG_PIN', 'WRONG_PIN', 'LOCKED_OUT']) {
      expect(codeOf(await join(server, owner.token, '0000'))).toBe(code);
    }
    const { workspace } = await owner.client.must('renew-invitation', owner.proof);
    expect(codeOf(await join(server, workspace.token, '1234'))).toBeNull();
    expect(codeOf(await join(server, workspace.token, '0000'))).toBe('WRONG_PIN');
  });
});

describe('a kick', () => {
  const invitation = (token: string) => ({ workspace: { token }, attendee: { name: 'Bob' } });

  it('is no ban: the link admits the removed attendee again, to a new seat', async () => {
    const server = await startServer();
    const { owner, bob } = await room(server);
    const kicked = await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: bob.id } });
    expect(kicked).toEqual({ ok: true, id: bob.id, name: 'Bob' });
    const { attendee } = await bob.client.must('attend', invitation(owner.token));
    expect(attendee.id).not.toBe(bob.id);
  });

  it.each(generations)('can renew the link in the same step, with $name', async (generation) => {
    const server = await startServer();
    const { owner: seat, bob, eve } = await room(server);
    const owner = { ...seat, client: await server.connect({ generation }) };
    await owner.client.must('attendees', owner.proof);
    const kick = { ...owner.proof, kickedAttendee: { id: bob.id }, renewInvitation: true };
    const { id, name, workspace } = await owner.client.must('kick', kick);
    expect([id, name]).toEqual([bob.id, 'Bob']);
    expect(workspace).toMatchObject({ id: owner.workspaceId, token: expect.stringMatching(/.{51,150}/) });
    expect(workspace?.token).not.toBe(owner.token);

    // The others stay, and have the new link; the removed one has neither.
    await eve.client.notice('kicked');
    expect(await eve.client.notice('invitation')).toEqual({ workspace });
    await bob.client.notice('kicked');
    await silent(bob, eve);
    expect(codeOf(await bob.client.ask('attend', invitation(owner.token)))).toBe('INVALID_TOKEN');
    await eve.client.must('attendees', eve.proof);
    expect(codeOf(await bob.client.ask('attend', invitation(workspace?.token ?? '')))).toBeNull();

    // Without an ack the answer is the notice, with the same members.
    owner.client.received.length = 0;
    owner.client.send('kick', { ...owner.proof, kickedAttendee: { id: eve.id }, renewInvitation: true });
    const answer = await owner.client.notice('kicked');
    expect(answer).toMatchObject({ id: eve.id, name: 'Eve', workspace: { id: owner.workspaceId } });
  });

  it('that renews the link leaves no gap to somebody who tries to come back all the time', async () => {
    const server = await startServer(unhurried);
    const { owner, bob } = await room(server);
    const accomplices = await Promise.all(Array.from({ length: 4 }, () => server.connect()));
    const kick = { ...owner.proof, kickedAttendee: { id: bob.id }, renewInvitation: true };
    let isOver = false;
    const late: (string | null)[] = [];
    const tries = accomplices.map(async (client) => {
      for (let round = 0; !isOver || round === 0; round += 1) {
        const afterwards = isOver;
        const code = codeOf(await client.ask('attend', invitation(owner.token)));
        if (afterwards) late.push(code);
        // Those who were quicker than the kick have a seat, and attend again as the same.
        if (code === null) return;
      }
    });
    await owner.client.must('kick', kick);
    isOver = true;
    await Promise.all(tries);
    for (const client of accomplices) late.push(codeOf(await client.ask('attend', invitation(owner.token))));
    expect(new Set(late)).toEqual(new Set(['INVALID_TOKEN']));
  });

  it('that is refused renews nothing', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    const kick = (id: string) => ({ kickedAttendee: { id }, renewInvitation: true });
    expect(codeOf(await bob.client.ask('kick', { ...bob.proof, ...kick(eve.id) }))).toBe('OWNER_ONLY');
    expect(codeOf(await owner.client.ask('kick', { ...owner.proof, ...kick('_nobody') }))).toBe('NO_SUCH_ATTENDEE');
    expect(codeOf(await owner.client.ask('kick', { ...owner.proof, ...kick(owner.id) }))).toBe('INVALID_PAYLOAD');
    expect(
      await owner.client.askRaw('kick', { ...owner.proof, ...kick(bob.id), renewInvitation: 'yes' }),
    ).toMatchObject({ error: { code: 'INVALID_PAYLOAD', field: 'renewInvitation' } });
    await silent(owner, bob, eve);
    expect(codeOf(await (await server.connect()).ask('attend', invitation(owner.token)))).toBeNull();
  });
});
