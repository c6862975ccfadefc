import { expect, it, vi } from 'vitest';
import { API_KEYS, Host } from '../server/rest/api.ts';
import {
  attend,
  type Client,
  connectCall,
  createWorkspace,
  type Seat,
  seat,
  startServer,
  type TestServer,
} from '../support/fixtures.ts';
import { beginPart, recordedCall, recordingsFolder, webm } from './recording.ts';
import { signed } from './signing.ts';
import { describeUsers, signIn, someUser, userToken, withUsers } from './users.ts';

// A database on a busy machine is too slow for the server at times, which says so, and is asked again.
vi.setConfig({ testTimeout: 60_000 });

const folder = recordingsFolder();
const users = { ...withUsers, RECORDINGS_DIR: folder, API_KEYS };
const start = () => startServer(users);

type Query = Parameters<typeof Client.prototype.must<'recordings'>>[1];

const nothing = { code: 'NO_RECORDING' };
const gone = { code: 'WORKSPACE_GONE' };

/** Lists what is over: another node may hear of the end a moment later. */
const listed = (client: Client, query: Query) =>
  vi.waitFor(() => client.must('recordings', query), { timeout: 30_000, interval: 200 });

/** Why a list is refused, once the server is not too busy to say so. */
const refused = (client: Client, query: Query) =>
  vi.waitFor(
    async () => {
      const error = await client.refused('recordings', query);
      if (error.code === 'BUSY_TRY_AGAIN') throw new Error('The server is busy.');
      return error;
    },
    { timeout: 30_000, interval: 200 },
  );

/** Has an attendee recorded, from beginning to end. @returns the bytes */
async function recorded(server: TestServer, { owner, guest }: { owner: Seat; guest: Seat }): Promise<Buffer> {
  const { recording } = await owner.client.must('start-recording', owner.proof);
  const bytes = webm(3000);
  await (await beginPart(server.url, guest, recording)).whole(bytes);
  return bytes;
}

async function downloaded(
  { url }: TestServer,
  { recordings, downloadToken }: Awaited<ReturnType<typeof listed>>,
): Promise<Buffer> {
  const file = new URL(recordings[0]?.parts[0]?.url ?? '', `${url}/`);
  const response = await fetch(file, { headers: { Authorization: `Bearer ${downloadToken}` } });
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

/** A user calls another one. @returns the seats of both */
async function phoneCall(caller: Client, callee: Client, calleeId: string) {
  const dialled = await caller.must('dial', { user: { id: calleeId }, media: 'audio', nonce: 'n' });
  const { token } = await callee.notice('invited');
  const granted = await callee.must('attend', { workspace: { token }, attendee: {} });
  await caller.notice('attend');
  await caller.notice('invite-answered');
  const { id } = dialled.workspace;
  const owner = seat(caller, id, dialled.attendee.id, dialled.accessToken);
  const guest = seat(callee, id, granted.attendee.id, granted.accessToken);
  const call = await connectCall(owner, guest);
  return { owner, guest, call, workspace: { id } };
}

describeUsers('When a workspace is over, its recordings', () => {
  it('are listed and downloaded with the access token of the owner, also what is uploaded later', async () => {
    const server = await start();
    const { owner, guest, recording } = await recordedCall(server);
    const bytes = webm(3000);
    const upload = await beginPart(server.url, guest, recording);
    await upload.patch(bytes.subarray(0, 1000));
    await owner.client.must('destroy', owner.proof);
    expect((await listed(owner.client, owner.proof)).recordings).toMatchObject([
      { id: recording.id, state: 'uploading', parts: [{ name: 'Guest', bytes: 1000, state: 'uploading' }] },
    ]);
    await upload.patch(bytes.subarray(1000), { offset: 1000, length: 3000 });
    const visit = await server.connect();
    const after = await listed(visit, owner.proof);
    expect(after.recordings).toMatchObject([{ state: 'completed', parts: [{ state: 'complete' }] }]);
    expect((await downloaded(server, after)).equals(bytes)).toBe(true);
  });

  it('are listed with that token for as long after its end as uploads may take, and not while the workspace is there', async () => {
    const server = await start();
    const { owner, recording } = await recordedCall(server);
    const expired = (days: number) => ({
      ...owner.proof,
      accessToken: signed({
        ...{ iss: 'ws/a', sub: owner.id, w: owner.workspaceId },
        exp: Math.floor(Date.now() / 1000 - days * 86_400),
      }),
    });
    const visit = await server.connect();
    expect(await refused(visit, expired(0.1))).toMatchObject({ code: 'TOKEN_EXPIRED' });
    await owner.client.must('destroy', owner.proof);
    expect((await listed(visit, expired(6.9))).recordings).toMatchObject([{ id: recording.id }]);
    expect(await refused(visit, expired(7.1))).toMatchObject({ code: 'TOKEN_EXPIRED' });
  });

  it('are kept from those who attended, from those who were removed, and from the owners of other workspaces', async () => {
    const server = await start();
    const { owner, guest, call, recording } = await recordedCall(server);
    const removed = await attend(server, owner, { name: 'Eve' });
    await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: removed.id } });
    await owner.client.must('hangup', { ...owner.proof, call });
    const other = await createWorkspace(server);
    await owner.client.must('destroy', owner.proof);
    expect((await listed(owner.client, owner.proof)).recordings).toMatchObject([{ id: recording.id }]);
    for (const { client, proof } of [guest, removed]) expect(await refused(client, proof)).toMatchObject(gone);
    const foreign = { ...other.proof, workspace: owner.proof.workspace };
    expect(await refused(other.client, foreign)).toMatchObject({ code: 'INVALID_TOKEN' });
    await other.client.must('destroy', other.proof);
    expect(await refused(other.client, other.proof)).toMatchObject(gone);
    const unsigned = { workspace: owner.proof.workspace };
    expect(await refused(other.client, unsigned)).toMatchObject({ code: 'NOT_SIGNED_IN' });
    expect(await refused(other.client, {})).toMatchObject({ code: 'INVALID_PAYLOAD' });
  });

  it('of a phone call are those of its caller, on every connection of that user', async () => {
    const server = await start();
    const [ada, bob] = [someUser('ada'), someUser('bob')];
    const [caller, callee] = [await signIn(server, ada), await signIn(server, bob)];
    const { owner, guest, call, workspace } = await phoneCall(caller, callee, bob);
    const bytes = await recorded(server, { owner, guest });
    await owner.client.must('hangup', { ...owner.proof, call });
    const tomorrow = await signIn(server, ada);
    const list = await listed(tomorrow, { workspace });
    expect((await downloaded(server, list)).equals(bytes)).toBe(true);
    expect(await refused(callee, { workspace })).toMatchObject(nothing);
    expect(await refused(callee, guest.proof)).toMatchObject(gone);
    const somebody = await signIn(server, someUser('eve'));
    expect(await refused(somebody, { workspace })).toMatchObject(nothing);
    expect(await refused(tomorrow, { workspace: { id: '_another' } })).toMatchObject(nothing);
  });

  it('of a consultation are those of its provider, and not of its clients', async () => {
    const server = await start();
    const [dr, ann] = [someUser('dr'), someUser('ann')];
    const provider = { mesh: { role: 'owner' } };
    const [doctor, client] = [await signIn(server, dr, provider), await signIn(server, ann)];
    const { consultation, ...opened } = await doctor.must('open-consultation', { clients: [{ id: ann }] });
    const owner = seat(doctor, opened.workspace.id, opened.attendee.id, opened.accessToken);
    const { token } = await client.notice('invited');
    const granted = await client.must('attend', { workspace: { token }, attendee: {} });
    await doctor.notice('attend');
    const guest = seat(client, opened.workspace.id, granted.attendee.id, granted.accessToken);
    await connectCall(owner, guest);
    const bytes = await recorded(server, { owner, guest });
    const query = { consultation: { id: consultation.id } };
    await doctor.must('close-consultation', query);
    const tomorrow = await signIn(server, dr, provider);
    const list = await listed(tomorrow, query);
    expect((await downloaded(server, list)).equals(bytes)).toBe(true);
    expect(await refused(client, query)).toMatchObject(nothing);
    expect(await refused(await server.connect(), query)).toMatchObject({ code: 'NOT_SIGNED_IN' });
    const colleague = await signIn(server, someUser('colleague'), provider);
    expect(await refused(colleague, query)).toMatchObject({ code: 'NO_SUCH_CONSULTATION' });
    const other = await tomorrow.must('open-consultation', { clients: [] });
    const none = { consultation: { id: other.consultation.id } };
    expect(await refused(tomorrow, none)).toMatchObject(nothing);
  });

  it('are those of no owner who was erased, whatever that user proves', async () => {
    const server = await start();
    const ada = someUser('ada');
    const owner = await createWorkspace(server, { client: await signIn(server, ada) });
    const guest = await attend(server, owner);
    await connectCall(owner, guest);
    await recorded(server, { owner, guest });
    await owner.client.must('destroy', owner.proof);
    const again = await signIn(server, ada);
    await listed(again, { workspace: owner.proof.workspace });
    expect((await new Host(server.url).ask('DELETE', `users/${ada}`)).status).toBe(204);
    const returned = await signIn(server, ada);
    expect(await refused(returned, { workspace: owner.proof.workspace })).toMatchObject(nothing);
    expect(await refused(returned, owner.proof)).toMatchObject(gone);
  });

  it('stay with the former holder of a name, who has the access token, and not with the new one', async () => {
    const server = await startServer({ USERS: 'open', REGISTRATION_MINUTES: '0.005', RECORDINGS_DIR: folder });
    const name = someUser('Doc');
    const former = await server.connect();
    await former.must('sign-in', { name });
    const owner = await createWorkspace(server, { client: former });
    const guest = await attend(server, owner);
    await connectCall(owner, guest);
    const { recording } = await owner.client.must('start-recording', owner.proof);
    await owner.client.must('destroy', owner.proof);
    const { workspace } = owner.proof;
    expect((await listed(former, { workspace })).recordings).toMatchObject([{ id: recording.id }]);
    former.close();
    const next = await server.connect();
    await vi.waitFor(async () => expect((await next.ask('sign-in', { name })).ok).toBe(true), {
      timeout: 30_000,
      interval: 200,
    });
    expect(await refused(next, { workspace })).toMatchObject(nothing);
    expect((await listed(next, owner.proof)).recordings).toMatchObject([{ id: recording.id }]);
  });
});

describeUsers('A part that never comes', () => {
  it('is given up by the owner once the recording is over, and holds nothing back then', async () => {
    const server = await start();
    const { owner, guest, recording } = await recordedCall(server);
    const [begun, silent] = [
      await beginPart(server.url, guest, recording),
      await beginPart(server.url, guest, recording, { part: 'silent' }),
    ];
    const whole = await beginPart(server.url, owner, recording);
    await whole.whole(webm(500));
    await begun.patch(webm(200));
    const other = await createWorkspace(server);
    const elsewhere = await listed(other.client, other.proof);
    const { downloadToken } = await listed(owner.client, owner.proof);
    const giveUp = async (url: string, token = downloadToken) => {
      const response = await fetch(url, { method: 'DELETE', headers: { Authorization: `Bearer ${token}` } });
      return { status: response.status, text: await response.text() };
    };
    expect(await giveUp(begun.url)).toMatchObject({ status: 409, text: expect.stringContaining('Stop it') });
    await owner.client.must('destroy', owner.proof);
    await vi.waitFor(
      async () => expect((await listed(owner.client, owner.proof)).recordings[0]?.state).toBe('uploading'),
      { timeout: 30_000, interval: 200 },
    );
    expect(await giveUp(begun.url, elsewhere.downloadToken)).toMatchObject({ status: 404 });
    for (const token of ['', begun.token, guest.accessToken]) {
      expect(await giveUp(begun.url, token)).toMatchObject({ status: 401 });
    }
    expect(await giveUp(whole.url)).toMatchObject({ status: 409, text: expect.stringContaining('whole') });
    for (const { url } of [begun, silent, begun]) expect(await giveUp(url)).toEqual({ status: 204, text: '' });
    const { recordings } = await listed(owner.client, owner.proof);
    expect(recordings).toMatchObject([{ state: 'partly' }]);
    const states = recordings[0]?.parts.map(({ state, bytes }) => [state, bytes]);
    expect(states).toEqual([
      ['partial', 200],
      ['lost', 0],
      ['complete', 500],
    ]);
    expect((await begun.patch(webm(10), { offset: 200 })).status).toBe(410);
  });
});

describeUsers('A user who signs in', () => {
  it('learns what the host system says about recording', async () => {
    const server = await start();
    for (const [mesh, record] of [
      [{ record: true }, true],
      [{ record: false }, false],
      [{}, undefined],
    ] as const) {
      const client = await server.connect();
      const { user } = await client.must('sign-in', { userToken: userToken(someUser('ada'), { mesh }) });
      expect(user.record).toBe(record);
    }
  });
});
