import { createHash } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { newSecret } from '../../../src/server/webhooks/signature.ts';
import { beginPart, type RecordedCall, recordedCall, recordingsFolder, webm } from '../../protocol/recording.ts';
import { signIn, withUsers } from '../../protocol/users.ts';
import { attend, connectCall, createWorkspace } from '../../support/fixtures.ts';
import { startReceiver } from '../../support/receiver.ts';
import { API_KEYS, type Host, keys, startApi } from './api.ts';

const folder = recordingsFolder();
const env = { RECORDINGS_DIR: folder, DATABASE_URL: 'sqlite::memory:' };
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

interface Recording {
  id: string;
  workspace: { id: string };
  state: string;
  startedBy: { id: string } | null;
  startedAt: number;
  stoppedAt: number | null;
  parts: { n: number; attendee: { id: string }; bytes: number; sha256: string | null; state: string }[];
  consents: object[];
}

const get = async (host: Host, id: string) =>
  (await host.must<{ recording: Recording }>('GET', `recordings/${id}`)).recording;

/** Fetches a part as a program would. */
const fetchPart = (host: Host, id: string, n: number, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${host.url}/recordings/${id}/parts/${n}`, {
    method,
    headers: { Authorization: `Bearer ${keys.reader}`, ...headers },
  });

async function stop({ owner, recording }: RecordedCall): Promise<void> {
  await owner.client.must('stop-recording', { ...owner.proof, recording });
}

describe('Recordings, for a host system', () => {
  it('are listed with their parts, their consents and their states', async () => {
    const { server, host } = await startApi(env);
    const recorded = await recordedCall(server);
    const { owner, guest, recording } = recorded;
    const upload = await beginPart(server.url, guest, recording);
    await upload.patch(webm(700));
    const present = await get(host, recording.id);
    expect(present).toMatchObject({
      workspace: { id: owner.workspaceId },
      state: 'recording',
      startedBy: { id: owner.id },
      stoppedAt: null,
      consents: [{ attendee: { id: guest.id }, user: null, name: 'Guest', given: true, text: '1' }],
      parts: [{ n: 1, attendee: { id: guest.id }, bytes: 700, sha256: null, state: 'uploading', source: 'camera' }],
    });
    expect(JSON.stringify(present)).not.toContain(upload.id);
    await stop(recorded);
    expect((await get(host, recording.id)).state).toBe('uploading');
    await upload.patch(Buffer.alloc(0), { offset: 700, length: 700 });
    const after = await get(host, recording.id);
    expect(after).toMatchObject({ state: 'completed', stoppedAt: expect.any(Number), parts: [{ state: 'complete' }] });

    const second = await recordedCall(server);
    const list = async (query: string) =>
      (await host.must<{ items: Recording[]; nextCursor: string | null }>('GET', `recordings${query}`)).items.map(
        ({ id }) => id,
      );
    expect(await list('')).toEqual([second.recording.id, recording.id]);
    expect(await list('?state=completed')).toEqual([recording.id]);
    expect(await list(`?workspace=${owner.workspaceId}`)).toEqual([recording.id]);
    expect(await list(`?since=${after.startedAt + 1e9}`)).toEqual([]);
    const { nextCursor } = await host.must<{ nextCursor: string }>('GET', 'recordings?limit=1');
    expect(await list(`?limit=1&cursor=${nextCursor}`)).toEqual([recording.id]);
    expect(await host.refused('GET', 'recordings/_nothing')).toMatchObject({ status: 404, code: 'NO_RECORDING' });
  });

  it('are started and stopped by it, and record nobody who has not agreed', async () => {
    const { server, host } = await startApi(env);
    const owner = await createWorkspace(server);
    const guest = await attend(server, owner);
    const path = `workspaces/${owner.workspaceId}/recordings`;
    expect(await host.refused('POST', path)).toMatchObject({ status: 409, detail: expect.stringContaining('no call') });
    await connectCall(owner, guest);
    const headers = { 'Idempotency-Key': 'recording-1' };
    const { recording } = await host.must<{ recording: Recording }>('POST', path, { headers });
    expect(recording).toMatchObject({ state: 'recording', startedBy: null, parts: [], consents: [] });
    expect((await host.must<{ recording: Recording }>('POST', path, { headers })).recording.id).toBe(recording.id);
    expect((await host.must<{ recording: Recording }>('POST', path)).recording.id).toBe(recording.id);
    const { id } = recording;
    expect(await guest.client.notice('recording')).toEqual({ recording: { id, state: 'recording' } });
    const part = { recording: { id }, part: 'a', mimeType: 'audio/webm', startedAt: 1 };
    expect(await guest.client.refused('recording-part', { ...guest.proof, ...part })).toMatchObject({
      code: 'NOT_ALLOWED',
    });
    const stopped = await host.must<{ recording: Recording }>('POST', `recordings/${id}/stop`);
    expect(stopped.recording).toMatchObject({ state: expect.stringMatching(/uploading|completed/) });
    expect(await guest.client.notice('recording')).toEqual({ recording: { id, state: 'stopped' } });
    await host.must('POST', `recordings/${id}/stop`);
    expect(await host.refused('POST', 'workspaces/_nothing/recordings')).toMatchObject({ code: 'WORKSPACE_GONE' });
  });

  it('hand out the bytes of a part, wholly or in ranges, as something to save and never to show', async () => {
    const { server, host } = await startApi(env);
    const { guest, recording } = await recordedCall(server);
    const bytes = webm(100_000);
    await (await beginPart(server.url, guest, recording)).whole(bytes);
    const whole = await fetchPart(host, recording.id, 1);
    expect(whole.status).toBe(200);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-type': 'video/webm',
      'content-length': '100000',
      'content-disposition': 'attachment; filename="part-1.webm"',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining('sandbox'),
      'accept-ranges': 'bytes',
      'cache-control': 'no-store',
      etag: `"${sha256(bytes)}"`,
    });
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
    const ranges: [string, number, string | null, Buffer][] = [
      ['bytes=0-3', 206, 'bytes 0-3/100000', bytes.subarray(0, 4)],
      ['bytes=99990-', 206, 'bytes 99990-99999/100000', bytes.subarray(99_990)],
      ['bytes=-10', 206, 'bytes 99990-99999/100000', bytes.subarray(99_990)],
      ['bytes=99990-200000', 206, 'bytes 99990-99999/100000', bytes.subarray(99_990)],
      ['bytes=3-2', 200, null, bytes],
      ['bytes=0-1,5-6', 200, null, bytes],
      ['lines=1-2', 200, null, bytes],
    ];
    for (const [range, status, contentRange, expected] of ranges) {
      const part = await fetchPart(host, recording.id, 1, { Range: range });
      expect([part.status, part.headers.get('Content-Range')], range).toEqual([status, contentRange]);
      expect(Buffer.from(await part.arrayBuffer()).equals(expected), range).toBe(true);
    }
    for (const range of ['bytes=100000-', 'bytes=-0']) {
      const none = await fetchPart(host, recording.id, 1, { Range: range });
      expect([none.status, none.headers.get('Content-Range')], range).toEqual([416, 'bytes */100000']);
    }
    const other = { Range: 'bytes=0-3', 'If-Range': '"another"' };
    expect((await fetchPart(host, recording.id, 1, other)).status).toBe(200);
    const head = await fetchPart(host, recording.id, 1, {}, 'HEAD');
    expect([head.status, head.headers.get('Content-Length')]).toEqual([200, '100000']);
    for (const path of ['2', '0', 'x', '..%2f1', '1%00']) {
      const nothing = await fetch(`${host.url}/recordings/${recording.id}/parts/${path}`, {
        headers: { Authorization: `Bearer ${keys.reader}` },
      });
      expect([404, 422], path).toContain(nothing.status);
    }
    expect((await fetch(`${host.url}/recordings/${recording.id}/parts/1`)).status).toBe(401);
  });

  it('are deleted with their files, also while they are on', async () => {
    const { server, host } = await startApi(env);
    const { guest, recording } = await recordedCall(server);
    const upload = await beginPart(server.url, guest, recording);
    await upload.patch(webm(10));
    expect((await host.ask('DELETE', `recordings/${recording.id}`, { key: keys.reader })).status).toBe(403);
    expect((await host.ask('DELETE', `recordings/${recording.id}`)).status).toBe(204);
    expect(await guest.client.notice('recording')).toEqual({ recording: { id: recording.id, state: 'stopped' } });
    expect((await upload.head()).status).toBe(404);
    expect((await fetchPart(host, recording.id, 1)).status).toBe(404);
    expect((await host.ask('DELETE', `recordings/${recording.id}`)).status).toBe(404);
  });

  it('give up a part that never comes, once they are over, and never one that is whole', async () => {
    const { server, host } = await startApi(env);
    const recorded = await recordedCall(server);
    const { owner, guest, recording } = recorded;
    const upload = await beginPart(server.url, guest, recording);
    await upload.patch(webm(70));
    await beginPart(server.url, guest, recording, { part: 'never sent' });
    await (await beginPart(server.url, owner, recording)).whole(webm(90));
    const giveUp = (n: number | string, key = keys.clinic) =>
      host.ask<{ code?: string; detail?: string } | null>('DELETE', `recordings/${recording.id}/parts/${n}`, { key });
    expect(await giveUp(1)).toMatchObject({ status: 409, body: { detail: expect.stringContaining('Stop it') } });
    await stop(recorded);
    expect((await get(host, recording.id)).state).toBe('uploading');
    expect((await giveUp(1, keys.reader)).status).toBe(403);
    for (const n of [1, 2, 1]) expect((await giveUp(n)).status, String(n)).toBe(204);
    expect(await giveUp(3)).toMatchObject({ status: 409, body: { detail: expect.stringContaining('whole') } });
    for (const n of [4, 'x']) expect(await giveUp(n)).toMatchObject({ status: 404, body: { code: 'NO_RECORDING' } });
    expect(await get(host, recording.id)).toMatchObject({
      state: 'partly',
      parts: [
        { state: 'partial', bytes: 70, sha256: expect.any(String) },
        { state: 'lost', bytes: 0, sha256: null },
        { state: 'complete', bytes: 90 },
      ],
    });
    expect((await upload.patch(webm(10), { offset: 70 })).status).toBe(410);
  });

  it('lose what was recorded of a user who is erased', async () => {
    const { server, host } = await startApi({ ...env, ...withUsers });
    const owner = await createWorkspace(server);
    const guest = await attend(server, owner, { client: await signIn(server, 'bob', { name: 'Bob' }) });
    await connectCall(owner, guest);
    const { recording } = await owner.client.must('start-recording', owner.proof);
    await (await beginPart(server.url, guest, recording)).whole(webm(100));
    await (await beginPart(server.url, owner, recording)).whole(webm(100));
    expect((await host.ask('DELETE', 'users/bob')).status).toBe(204);
    expect(await get(host, recording.id)).toMatchObject({
      parts: [
        { name: 'removed', state: 'erased', bytes: 0 },
        { name: 'Owner', state: 'complete', bytes: 100 },
      ],
      consents: [{ name: 'removed' }, { name: 'Owner' }],
    });
    expect((await fetchPart(host, recording.id, 1)).status).toBe(404);
    const other = await fetchPart(host, recording.id, 2);
    expect([other.status, (await other.arrayBuffer()).byteLength]).toEqual([200, 100]);
  });

  it('are told by webhooks, in their order, with what has become of them', async () => {
    const secret = newSecret();
    const receiver = await startReceiver();
    const { server } = await startApi({ ...env, API_KEYS, WEBHOOK_URL: receiver.url, WEBHOOK_SECRET: secret });
    const { owner, guest, recording, call } = await recordedCall(server);
    const upload = await beginPart(server.url, guest, recording);
    await owner.client.must('hangup', { ...owner.proof, call });
    await upload.whole(webm(300));
    const own = () =>
      receiver.received
        .map(({ body, headers }) => new Webhook(secret).verify(body, headers as Record<string, string>))
        .filter((event) => (event as { type: string }).type.startsWith('recording.')) as {
        type: string;
        data: { seq: number | null };
      }[];
    await receiver.until(() => own().some(({ type }) => type === 'recording.completed'));
    const types = ['recording.started', 'recording.consent', 'recording.stopped', 'recording.completed'];
    expect(own().map(({ type }) => type)).toEqual(types);
    expect(own().at(-1)?.data).toMatchObject({ seq: null, recording, parts: 1, missing: 0, bytes: 300 });
    expect(receiver.received.map(({ body }) => body).join()).not.toContain(upload.token);
  });

  it('are refused with a sentence where the server makes none', async () => {
    const { server, host } = await startApi();
    const owner = await createWorkspace(server);
    expect(await host.refused('POST', `workspaces/${owner.workspaceId}/recordings`)).toMatchObject({
      status: 409,
      detail: expect.stringContaining('RECORDINGS_DIR'),
    });
    expect(await host.must('GET', 'recordings')).toEqual({ items: [], nextCursor: null });
  });
});
