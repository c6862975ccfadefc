import { describe, expect, it } from 'vitest';
import { attend, createWorkspace, startServer } from '../support/fixtures.ts';
import { room } from './room.ts';
import { signed } from './signing.ts';

const ownerLink = (workspaceId: string) => signed({ iss: 'ws/o', sub: workspaceId });

describe('An owner link', () => {
  it("gives the owner's place without the PIN, while a guest needs it as ever", async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { pin: '2468' });
    await owner.client.must('leave', owner.proof);
    const guest = await attend(server, owner, { pin: '2468' });

    const client = await server.connect();
    const granted = await client.must('attend', {
      workspace: { token: ownerLink(owner.workspaceId) },
      attendee: { name: 'Dr. Ada' },
    });
    expect(granted.workspace.owner).toBe(owner.id);
    expect(granted.attendee).toMatchObject({ id: owner.id, name: 'Dr. Ada', owner: true });
    expect(await guest.client.notice('attend')).toMatchObject({ id: owner.id, owner: true });
    // The invitation in the answer is the guests', and the access token is the owner's.
    const stranger = await server.connect();
    const invited = { workspace: { token: granted.workspace.token }, attendee: {} };
    expect(await stranger.refused('attend', invited)).toMatchObject({ code: 'WRONG_PIN' });
    const proof = { ...owner.proof, accessToken: granted.accessToken };
    await client.must('kick', { ...proof, kickedAttendee: { id: guest.id } });
  });

  it('takes the place over from the connection that holds it, and the call goes on', async () => {
    const server = await startServer();
    const { owner, bob } = await room(server);
    const client = await server.connect();
    const granted = await client.must('attend', {
      workspace: { token: ownerLink(owner.workspaceId) },
      attendee: {},
    });
    expect(granted.attendee).toMatchObject({ id: owner.id, name: 'Owner' });
    await owner.client.notice('superseded');
    await owner.client.notice('(disconnected)');
    expect(await bob.client.notice('attend')).toMatchObject({ id: owner.id });
  });

  it('stays good when the invitation is renewed, and is good no more when the workspace has ended', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server);
    await owner.client.must('renew-invitation', owner.proof);
    const link = { workspace: { token: ownerLink(owner.workspaceId) }, attendee: {} };
    const client = await server.connect();
    const { accessToken } = await client.must('attend', link);
    await client.must('destroy', { ...owner.proof, accessToken });
    expect(await client.refused('attend', link)).toMatchObject({ code: 'WORKSPACE_GONE' });
  });

  it('ends the seat that its connection had as a guest', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server);
    const guest = await attend(server, owner);
    const witness = await attend(server, owner);
    await guest.client.notice('attend');
    const { attendees } = await guest.client.must('attend', {
      workspace: { token: ownerLink(owner.workspaceId) },
      attendee: {},
    });
    expect(Object.keys(attendees).sort()).toEqual([owner.id, witness.id].sort());
    expect(await witness.client.notice('leave')).toMatchObject({ id: guest.id });
    expect(await guest.client.refused('attendees', guest.proof)).toMatchObject({ code: 'NOT_SEATED' });
  });

  it('opens nothing as an access token, and no other token opens what it opens', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server);
    const stranger = await server.connect();
    const token = ownerLink(owner.workspaceId);
    expect(await stranger.refused('attendees', { ...owner.proof, accessToken: token })).toMatchObject({
      code: 'INVALID_TOKEN',
    });
    for (const forged of [
      signed({ iss: 'ws/o', sub: owner.workspaceId }, 'another-secret-another-secret-another'),
      signed({ iss: 'ws/x', sub: owner.workspaceId }),
      signed({ iss: 'ws/o' }),
      signed({ iss: 'ws/i', sub: owner.workspaceId }),
    ]) {
      expect(await stranger.refused('attend', { workspace: { token: forged }, attendee: {} })).toMatchObject({
        code: 'INVALID_TOKEN',
      });
    }
  });
});
