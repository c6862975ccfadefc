import { describe, expect, it } from 'vitest';
import { createWorkspace, startServer, type TestServer, unhurried } from '../support/fixtures.ts';
import { codeOf } from './every-command.ts';
import { room } from './room.ts';

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
