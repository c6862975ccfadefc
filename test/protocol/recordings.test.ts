import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import {
  attend,
  connectCall,
  createWorkspace,
  onCluster,
  reattend,
  type Seat,
  seat,
  startServer,
} from '../support/fixtures.ts';
import { beginPart, recordedCall, recordingsFolder, Upload, webm } from './recording.ts';
import { signed } from './signing.ts';
import { describeUsers, signIn, someUser, withUsers } from './users.ts';

const folder = recordingsFolder();
const start = () => startServer({ ...withUsers, RECORDINGS_DIR: folder });

const part = { part: 'part-1', mimeType: 'audio/ogg', startedAt: 1 };

/** Waits until a time, ms since the epoch, and the difference between clocks, is over. */
const untilPast = (at: number) => sleep(at + 50 - Date.now());

describeUsers('A recording', () => {
  it('is refused where the server makes none, with a sentence', async () => {
    const server = await startServer(withUsers);
    const owner = await createWorkspace(server);
    const recording = { id: '_nothing' };
    const sentence = expect.stringContaining('no recordings');
    const refusal = { code: 'NOT_ALLOWED', message: sentence };
    expect(await owner.client.refused('start-recording', owner.proof)).toMatchObject(refusal);
    expect(await owner.client.refused('stop-recording', { ...owner.proof, recording })).toMatchObject(refusal);
    expect(await owner.client.refused('consent', { ...owner.proof, recording, given: true })).toMatchObject(refusal);
    expect(await owner.client.refused('recording-part', { ...owner.proof, recording, ...part })).toMatchObject(refusal);
    expect((await fetch(`${server.url}/uploads/${'_'.repeat(22)}`)).status).toBe(404);
  });

  it('needs a call, is started by the owner alone, and only once', async () => {
    const server = await start();
    const owner = await createWorkspace(server);
    const guest = await attend(server, owner);
    expect(await owner.client.refused('start-recording', owner.proof)).toMatchObject({ code: 'NO_CALL' });
    await connectCall(owner, guest);
    expect(await guest.client.refused('start-recording', guest.proof)).toMatchObject({ code: 'OWNER_ONLY' });
    const { recording } = await owner.client.must('start-recording', owner.proof);
    const state = { recording: { id: recording.id, state: 'recording' } };
    expect(await owner.client.notice('recording')).toEqual(state);
    expect(await guest.client.notice('recording')).toEqual(state);
    expect(await owner.client.must('start-recording', owner.proof)).toEqual({ ok: true, recording });
    expect(await guest.client.refused('stop-recording', { ...guest.proof, recording })).toMatchObject({
      code: 'OWNER_ONLY',
    });
    await owner.client.must('stop-recording', { ...owner.proof, recording });
    const stopped = { recording: { id: recording.id, state: 'stopped' } };
    expect(await owner.client.notice('recording')).toEqual(stopped);
    expect(await guest.client.notice('recording')).toEqual(stopped);
    expect(await owner.client.refused('stop-recording', { ...owner.proof, recording })).toMatchObject({
      code: 'NO_RECORDING',
    });
  });

  it('is started by a user to whom the host gave that, and not by an owner from whom the host took it', async () => {
    const server = await start();
    const [ada, bob] = [someUser('ada'), someUser('bob')];
    const owner = await createWorkspace(server, { client: await signIn(server, ada, { mesh: { record: false } }) });
    const guest = await attend(server, owner, { client: await signIn(server, bob, { mesh: { record: true } }) });
    await connectCall(owner, guest);
    expect(await owner.client.refused('start-recording', owner.proof)).toMatchObject({ code: 'NOT_ALLOWED' });
    const { recording } = await guest.client.must('start-recording', guest.proof);
    await guest.client.must('stop-recording', { ...guest.proof, recording });
  });

  it('takes nothing of anybody who has not agreed, or does not any more', async () => {
    const server = await start();
    const { owner, guest, recording } = await recordedCall(server);
    const say = (given: boolean, text = '2027-01') =>
      guest.client.must('consent', { ...guest.proof, recording, given, text });
    const begin = () => guest.client.ask('recording-part', { ...guest.proof, recording, ...part });
    const refused = { ok: false, error: { code: 'NOT_ALLOWED', message: expect.stringContaining('agreed') } };
    expect(await begin()).toMatchObject(refused);
    await say(false);
    expect(await owner.client.notice('consent')).toEqual({ attendee: { id: guest.id }, given: false });
    expect(await begin()).toMatchObject(refused);
    await say(true);
    expect(await owner.client.notice('consent')).toEqual({ attendee: { id: guest.id }, given: true });
    expect(await begin()).toMatchObject({ ok: true, uploadUrl: expect.stringMatching(/^uploads\/_[\w-]{21}$/) });
    await say(false);
    expect(await begin()).toMatchObject(refused);
    // The owner is asked like everybody else.
    expect(await owner.client.refused('recording-part', { ...owner.proof, recording, ...part })).toMatchObject({
      code: 'NOT_ALLOWED',
    });
    const other = { id: '_another' };
    expect(await guest.client.refused('consent', { ...guest.proof, recording: other, given: true })).toMatchObject({
      code: 'NO_RECORDING',
    });
    expect(await guest.client.refused('recording-part', { ...guest.proof, recording: other, ...part })).toMatchObject({
      code: 'NO_RECORDING',
    });
  });

  it('is seen by everybody who joins or comes back, with who has agreed, and not when it is over', async () => {
    const server = await start();
    const { owner, guest, recording, call } = await recordedCall(server);
    await guest.client.must('consent', { ...guest.proof, recording, given: true });
    const late = await server.connect();
    const granted = await late.must('attend', { workspace: { token: owner.token }, attendee: { name: 'Late' } });
    const seen = {
      id: recording.id,
      startedAt: expect.any(Number),
      consents: [{ attendee: { id: guest.id }, given: true }],
    };
    expect(granted.recording).toEqual(seen);
    const { id } = granted.attendee;
    await late.must('consent', {
      ...seat(late, owner.workspaceId, id, granted.accessToken).proof,
      recording,
      given: false,
    });
    const again = await guest.client.must('re-attend', guest.proof);
    expect(again.recording?.consents).toEqual([
      { attendee: { id: guest.id }, given: true },
      { attendee: { id }, given: false },
    ]);
    await owner.client.must('hangup', { ...owner.proof, call });
    expect(await guest.client.notice('recording')).toEqual({ recording: { id: recording.id, state: 'stopped' } });
    const after = await guest.client.must('re-attend', guest.proof);
    expect('recording' in after).toBe(false);
    expect(await guest.client.refused('consent', { ...guest.proof, recording, given: true })).toMatchObject({
      code: 'NO_RECORDING',
    });
  });

  it('goes on while somebody reloads, who need not be asked again', async () => {
    const server = await start();
    const { guest, recording } = await recordedCall(server);
    await guest.client.must('consent', { ...guest.proof, recording, given: true });
    const back = await reattend(server, guest, { session: 'page-2' });
    await back.client.must('recording-part', { ...back.proof, recording, ...part });
  });

  it('takes parts of audio and video alone', async () => {
    const server = await start();
    const { guest, recording } = await recordedCall(server);
    await guest.client.must('consent', { ...guest.proof, recording, given: true });
    for (const mimeType of ['text/html', 'video/x-matroska', 'image/svg+xml', 'video/webmx', 'audio/webm\n', '']) {
      const refused = await guest.client.refused('recording-part', { ...guest.proof, recording, ...part, mimeType });
      expect(refused, mimeType).toMatchObject({ code: 'INVALID_PAYLOAD', field: 'mimeType' });
    }
    for (const mimeType of ['audio/webm', 'video/webm;codecs="vp9,opus"', 'VIDEO/MP4; codecs=avc1', 'audio/ogg']) {
      const given = { ...part, part: mimeType, mimeType };
      await guest.client.must('recording-part', { ...guest.proof, recording, ...given });
    }
  });
});

describeUsers('A part of which the server hears late', () => {
  /** An attendee agrees. @returns what a page would send of a part that begins now, and how to send it */
  async function recorded(guest: Seat, recording: { id: string }) {
    await guest.client.must('consent', { ...guest.proof, recording, given: true, text: '1' });
    // The clock of a test on the same machine is that of the server, but of Redis it may be another.
    const late = { recording, part: 'late', mimeType: 'video/webm', startedAt: Date.now() + 5 };
    await guest.client.must('recording-part', { ...guest.proof, ...late, part: 'in time' });
    return {
      late,
      tell: (changed = {}) => guest.client.ask('recording-part', { ...guest.proof, ...late, ...changed }),
    };
  }

  it('is taken when it began before the recording was over, and completes it once more', async () => {
    const server = await start();
    const { owner, guest, recording } = await recordedCall(server);
    const { tell, late } = await recorded(guest, recording);
    await untilPast(late.startedAt);
    await owner.client.must('stop-recording', { ...owner.proof, recording });
    const given = await guest.client.must('recording-part', { ...guest.proof, ...late });
    expect(await tell()).toMatchObject({ ok: true, uploadUrl: given.uploadUrl });
    await new Upload(server.url, given).whole(webm(1000));
    const over = { ok: false, error: { code: 'NO_RECORDING' } };
    expect(await tell({ part: 'after', startedAt: Date.now() + 60_000 })).toMatchObject(over);
    expect(await tell({ part: 'before', startedAt: late.startedAt - 60_000 })).toMatchObject(over);
    // Who has never agreed did not do so when it is over.
    expect(await owner.client.refused('recording-part', { ...owner.proof, ...late })).toMatchObject({
      code: 'NOT_ALLOWED',
    });
  });

  it('is taken when it began before its consent was withdrawn, and not when it began later', async () => {
    const server = await start();
    const { guest, recording } = await recordedCall(server);
    const { tell, late } = await recorded(guest, recording);
    await untilPast(late.startedAt);
    await guest.client.must('consent', { ...guest.proof, recording, given: false });
    expect(await tell()).toMatchObject({ ok: true });
    const refused = { ok: false, error: { code: 'NOT_ALLOWED', message: expect.stringContaining('agreed') } };
    expect(await tell({ part: 'after', startedAt: Date.now() + 5000 })).toMatchObject(refused);
    expect(await tell({ part: 'before', startedAt: late.startedAt - 60_000 })).toMatchObject(refused);
  });

  it('begins with the consent that holds, should it say that it is older', async () => {
    const server = await start();
    const { owner, guest, recording } = await recordedCall(server);
    const before = Date.now() - 60_000;
    const given = async (yes: boolean) =>
      guest.client.must('consent', { ...guest.proof, recording, given: yes, text: String(yes) });
    await given(false);
    await given(true);
    await given(false);
    const withdrawnAt = Date.now();
    // A part may claim to be a second older than it is.
    await untilPast(withdrawnAt + 1100);
    await given(true);
    const early = { recording, mimeType: 'video/webm', startedAt: withdrawnAt + 20 };
    for (const [part, startedAt] of Object.entries({ early: early.startedAt, earliest: before })) {
      await guest.client.must('recording-part', { ...guest.proof, ...early, part, startedAt });
    }
    await owner.client.must('stop-recording', { ...owner.proof, recording });
    const { recordings } = await owner.client.must('recordings', owner.proof);
    const times = recordings[0]?.parts.map(({ startedAt }) => startedAt) ?? [];
    expect(times).toHaveLength(2);
    for (const at of times) expect(at).toBeGreaterThan(withdrawnAt + 1000);
  });

  it('is not taken of somebody who was removed before it began, by no way', async () => {
    const server = await start();
    const { owner, guest, recording } = await recordedCall(server);
    const { tell, late } = await recorded(guest, recording);
    await untilPast(late.startedAt);
    await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: guest.id } });
    await guest.client.notice('kicked');
    const refused = { ok: false, error: { code: 'NOT_SEATED' } };
    await untilPast(late.startedAt + 1100);
    expect(await tell({ part: 'after', startedAt: Date.now() })).toMatchObject(refused);
    const payload = { ...guest.proof, recording, ...part, part: 'request', startedAt: Date.now() };
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify(payload);
    expect((await fetch(`${server.url}/uploads`, { method: 'POST', headers, body })).status).toBe(403);
    expect(await tell({ part: 'before' })).toMatchObject({ ok: true });
  });

  it('is taken from a seat that has left, and after the workspace', async () => {
    const server = await start();
    const { owner, guest, recording } = await recordedCall(server);
    const { tell, late } = await recorded(guest, recording);
    await untilPast(late.startedAt);
    await guest.client.must('leave', guest.proof);
    expect(await tell()).toMatchObject({ ok: true });
    await owner.client.must('destroy', owner.proof);
    expect(await tell({ part: 'later still' })).toMatchObject({ ok: true });
    // Without anything to send, the seat is gone as for every other command.
    expect(await tell({ recording: { id: '_another' } })).toMatchObject({ error: { code: 'WORKSPACE_GONE' } });
    expect(await tell({ part: 'after', startedAt: Date.now() + 60_000 })).toMatchObject({ ok: false });
  });
});

describeUsers('A part of a page without a connection', () => {
  const post = (url: string, payload: unknown, headers: Record<string, string> = {}) =>
    fetch(`${url}/uploads`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: typeof payload === 'string' ? payload : JSON.stringify(payload),
    });

  const given = async (response: Response) => (await response.json()) as { uploadUrl: string; uploadToken: string };

  it('is begun by a request, during the recording and after the workspace, and is the same as by its command', async () => {
    const server = await start();
    const { owner, guest, recording } = await recordedCall(server);
    await guest.client.must('consent', { ...guest.proof, recording, given: true });
    const payload = { ...guest.proof, recording, ...part, startedAt: Date.now() + 5 };
    const now = await post(server.url, payload, { Origin: 'http://localhost:3000' });
    expect(now.status).toBe(201);
    expect(Object.fromEntries(now.headers)).toMatchObject({
      'cache-control': 'no-store',
      'access-control-allow-origin': 'http://localhost:3000',
      'content-security-policy': expect.stringContaining('sandbox'),
    });
    const { uploadUrl, uploadToken } = await given(now);
    expect(await guest.client.must('recording-part', payload)).toMatchObject({ uploadUrl });
    await untilPast(payload.startedAt);
    await owner.client.must('destroy', owner.proof);
    expect(await given(await post(server.url, payload))).toMatchObject({ uploadUrl });
    const late = await given(await post(server.url, { ...payload, part: 'late' }));
    expect(late.uploadUrl).not.toBe(uploadUrl);
    const upload = new Upload(server.url, late);
    await upload.patch(Buffer.from('OggS'));
    expect(await upload.offset()).toBe(4);
    expect((await new Upload(server.url, { uploadUrl, uploadToken }).head()).status).toBe(200);
  });

  it('needs the access token of its seat, which may have expired, and says in a sentence what is wrong', async () => {
    const server = await start();
    const { owner, guest, recording } = await recordedCall(server);
    await guest.client.must('consent', { ...guest.proof, recording, given: true });
    const payload = { ...guest.proof, recording, ...part, startedAt: Date.now() + 5 };
    const expired = (days: number) =>
      signed({ iss: 'ws/a', sub: guest.id, w: owner.workspaceId, exp: Math.floor(Date.now() / 1000) - days * 86_400 });
    expect((await post(server.url, { ...payload, accessToken: expired(6.9) })).status).toBe(201);
    const refusals: [unknown, number, RegExp][] = [
      [{ ...payload, accessToken: expired(7.1) }, 401, /time for uploads/],
      [{ ...payload, accessToken: 'nonsense' }, 401, /access token/],
      [{ ...payload, accessToken: undefined }, 401, /token/],
      [{ ...payload, part: 'a\u0000' }, 400, /part must hold no control characters/],
      [{ ...payload, accessToken: owner.accessToken }, 401, /access token/],
      [{ ...payload, ...owner.proof }, 403, /agreed/],
      [{ ...payload, recording: { id: '_another' } }, 410, /recording/],
      [{ ...payload, mimeType: 'text/html' }, 400, /mimeType/],
      ['no JSON', 400, /payload/],
      ['x'.repeat(20_000), 413, /16384/],
    ];
    for (const [wrong, status, sentence] of refusals) {
      const response = await post(server.url, wrong);
      expect([response.status, response.headers.get('Tus-Resumable')]).toEqual([status, '1.0.0']);
      expect(await response.text()).toMatch(sentence);
    }
    // The token that has expired opens nothing else.
    expect(await guest.client.refused('recording-part', { ...payload, accessToken: expired(0.1) })).toMatchObject({
      code: 'TOKEN_EXPIRED',
    });
  });
});

describeUsers('The recordings of a workspace', () => {
  it('are listed for its owner, who downloads their parts, and for nobody else', async () => {
    const server = await start();
    const { owner, guest, recording } = await recordedCall(server);
    const upload = await beginPart(server.url, guest, recording);
    const bytes = webm(5000);
    await upload.patch(bytes.subarray(0, 2000));
    expect(await guest.client.refused('recordings', guest.proof)).toMatchObject({ code: 'OWNER_ONLY' });
    const present = await owner.client.must('recordings', owner.proof);
    expect(present.recordings).toMatchObject([
      {
        id: recording.id,
        state: 'recording',
        stoppedAt: null,
        parts: [{ bytes: 2000, state: 'uploading', name: 'Guest' }],
      },
    ]);
    await upload.patch(bytes.subarray(2000), { offset: 2000, length: 5000 });
    await owner.client.must('stop-recording', { ...owner.proof, recording });
    const { recordings, downloadToken } = await owner.client.must('recordings', owner.proof);
    const [part] = recordings[0]?.parts ?? [];
    expect(part).toMatchObject({ attendee: { id: guest.id }, mimeType: 'video/webm', bytes: 5000, state: 'complete' });
    const download = (token: string, headers: Record<string, string> = {}) =>
      fetch(new URL(part?.url ?? '', `${server.url}/`), { headers: { Authorization: `Bearer ${token}`, ...headers } });
    const whole = await download(downloadToken, { Origin: 'http://localhost:3000' });
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-type': 'video/webm',
      'content-disposition': 'attachment; filename="part-1.webm"',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining('sandbox'),
      'access-control-allow-origin': 'http://localhost:3000',
      'cache-control': 'no-store',
    });
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
    const some = await download(downloadToken, { Range: 'bytes=10-19' });
    expect([some.status, Buffer.from(await some.arrayBuffer())]).toEqual([206, bytes.subarray(10, 20)]);
    expect((await download(downloadToken, { Range: 'bytes=5000-' })).status).toBe(416);
    for (const token of ['', 'nonsense', upload.token, owner.accessToken]) {
      expect((await download(token)).status, token).toBe(401);
    }
    expect((await upload.patch(bytes, { token: downloadToken })).status).toBe(401);
    const other = await createWorkspace(server);
    const elsewhere = await other.client.must('recordings', other.proof);
    expect(elsewhere.recordings).toEqual([]);
    expect((await download(elsewhere.downloadToken)).status).toBe(404);
  });
});

describeUsers('The upload of a part', () => {
  it('keeps the bytes as they came, in pieces, and tells how far it is', async () => {
    const server = await start();
    const { guest, recording } = await recordedCall(server);
    const upload = await beginPart(server.url, guest, recording);
    const bytes = webm(1_300_000);
    const fresh = await upload.head();
    expect(fresh.status).toBe(200);
    expect(Object.fromEntries(fresh.headers)).toMatchObject({
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'upload-defer-length': '1',
      'cache-control': 'no-store',
    });
    const first = await upload.patch(bytes.subarray(0, 524_288));
    expect(first.status).toBe(204);
    expect(first.headers.get('Upload-Offset')).toBe('524288');
    expect(await upload.offset()).toBe(524_288);
    await upload.patch(bytes.subarray(524_288, 1_000_000), { offset: 524_288 });
    const last = await upload.patch(bytes.subarray(1_000_000), { offset: 1_000_000, length: bytes.length });
    expect(last.status).toBe(204);
    expect((await upload.head()).headers.get('Upload-Length')).toBe('1300000');
    const kept = await readFile(join(folder, upload.id));
    expect(createHash('sha256').update(kept).digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('is the same for the same part of the same attendee, with a fresh token', async () => {
    const server = await start();
    const { owner, guest, recording } = await recordedCall(server);
    const one = await beginPart(server.url, guest, recording);
    await one.patch(webm(100));
    const same = await beginPart(server.url, guest, recording, { mimeType: 'audio/ogg' });
    expect(same.id).toBe(one.id);
    expect(await same.offset()).toBe(100);
    expect((await beginPart(server.url, guest, recording, { part: 'part-2' })).id).not.toBe(one.id);
    expect((await beginPart(server.url, owner, recording)).id).not.toBe(one.id);
  });

  it('goes on after the recording, the call and the workspace', async () => {
    const server = await start();
    const { owner, guest, recording } = await recordedCall(server);
    const upload = await beginPart(server.url, guest, recording);
    const bytes = webm(2000);
    await upload.patch(bytes.subarray(0, 1000));
    await owner.client.must('stop-recording', { ...owner.proof, recording });
    expect(await guest.client.refused('recording-part', { ...guest.proof, recording, ...part })).toMatchObject({
      code: 'NO_RECORDING',
    });
    await owner.client.must('destroy', owner.proof);
    expect((await upload.patch(bytes.subarray(1000), { offset: 1000, length: 2000 })).status).toBe(204);
  });

  it('is for its token alone, and tells nobody else whether it exists', async () => {
    const server = await start();
    const { owner, guest, recording } = await recordedCall(server);
    const upload = await beginPart(server.url, guest, recording);
    const other = await beginPart(server.url, owner, recording);
    for (const token of [null, '', 'nonsense', guest.accessToken, owner.token, `${upload.token}x`]) {
      expect((await upload.patch(webm(10), { token })).status, String(token)).toBe(401);
      expect((await upload.head(token)).status).toBe(401);
    }
    expect((await upload.patch(webm(10), { token: other.token })).status).toBe(403);
    const unknown = new Upload(server.url, { uploadUrl: `uploads/_${'x'.repeat(21)}`, uploadToken: other.token });
    expect((await unknown.head()).status).toBe(403);
    expect(await upload.offset()).toBe(0);
  });

  it('cannot be led to another file by tricks in its path', async () => {
    const server = await start();
    const { guest, recording } = await recordedCall(server);
    const { id, token } = await beginPart(server.url, guest, recording);
    const paths = [
      '',
      '..%2f..%2fetc%2fpasswd',
      '%2e%2e/',
      `${id}/..`,
      `${id}%00`,
      `${id}.json`,
      `x/${id}%2f`,
      'records.db',
    ];
    for (const path of paths) {
      const upload = new Upload(server.url, { uploadUrl: `uploads/${path}`, uploadToken: token });
      expect((await upload.patch(webm(10))).status, path).toBe(404);
    }
    for (const method of ['POST', 'PUT']) {
      const response = await fetch(`${server.url}/uploads/${id}`, {
        method,
        headers: { Authorization: `Bearer ${token}` },
      });
      expect(response.status, method).toBe(405);
    }
  });

  it('refuses other offsets, more than it takes at once, and more than its length, and changes nothing', async () => {
    const server = await start();
    const { guest, recording } = await recordedCall(server);
    const upload = await beginPart(server.url, guest, recording);
    await upload.patch(webm(1000));
    expect((await upload.patch(Buffer.alloc(10), { offset: 999 })).status).toBe(409);
    expect((await upload.patch(Buffer.alloc(10), { offset: 1001 })).status).toBe(409);
    const large = await upload.patch(Buffer.alloc(524_289), { offset: 1000 });
    expect(large.status).toBe(413);
    expect(await large.text()).toContain('524288');
    expect((await upload.patch(Buffer.alloc(10), { offset: 1000, length: 1009 })).status).toBe(400);
    expect(
      (await upload.patch(Buffer.alloc(10), { offset: 1000, headers: { 'Content-Type': 'video/webm' } })).status,
    ).toBe(400);
    expect((await upload.patch(Buffer.alloc(10), { offset: 1000, headers: { 'Tus-Resumable': '0.2' } })).status).toBe(
      400,
    );
    const after = await upload.head();
    expect(Object.fromEntries(after.headers)).toMatchObject({ 'upload-offset': '1000', 'upload-defer-length': '1' });
    expect((await upload.patch(Buffer.alloc(10), { offset: 1000, length: 1020 })).status).toBe(204);
    expect((await upload.patch(Buffer.alloc(10), { offset: 1010, length: 1021 })).status).toBe(409);
    // A repetition, because an answer was lost.
    expect((await upload.patch(Buffer.alloc(10), { offset: 1010, length: 1020 })).status).toBe(204);
    expect((await upload.patch(Buffer.alloc(10), { offset: 1010, length: 1020 })).status).toBe(409);
    expect((await upload.patch(Buffer.alloc(0), { offset: 1020, length: 1020 })).status).toBe(204);
  });

  it('takes one of two that come at once with the same offset', async () => {
    const server = await start();
    const { guest, recording } = await recordedCall(server);
    const upload = await beginPart(server.url, guest, recording);
    const bytes = webm(300_000);
    const answers = await Promise.all([upload.patch(bytes), upload.patch(bytes), upload.patch(bytes)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409, 409]);
    expect(await upload.offset()).toBe(300_000);
  });

  it.skipIf(!onCluster)('goes on at any node, and one of them at a time works on it', async () => {
    const nodes = [await start(), await start(), await start()];
    expect(new Set(nodes.map(({ url }) => url)).size).toBe(3);
    const [{ url }] = nodes as [(typeof nodes)[number]];
    const { guest, recording } = await recordedCall(nodes[0] as (typeof nodes)[number]);
    const upload = await beginPart(url, guest, recording);
    const bytes = webm(3_000_000);
    for (let offset = 0; offset < bytes.length; offset += 300_000) {
      const body = bytes.subarray(offset, offset + 300_000);
      const isLast = offset + 300_000 === bytes.length;
      const answers = await Promise.all(
        nodes.map((node) => upload.at(node.url).patch(body, { offset, ...(isLast ? { length: bytes.length } : {}) })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 409, 409]);
      for (const node of nodes) expect(await upload.at(node.url).offset()).toBe(offset + 300_000);
    }
    expect((await readFile(join(folder, upload.id))).equals(bytes)).toBe(true);
  });

  it('takes only bytes of the type with which it was begun', async () => {
    const server = await start();
    const { guest, recording } = await recordedCall(server);
    const signatures: [string, Buffer][] = [
      ['video/webm', webm(100)],
      ['video/mp4', Buffer.from('\0\0\0\x18ftypiso5....')],
      ['audio/ogg;codecs=opus', Buffer.from('OggS and what follows')],
    ];
    for (const [mimeType, bytes] of signatures) {
      for (const [other, wrong] of [...signatures, ['text/html', Buffer.from('<script>alert(1)</script>')] as const]) {
        const upload = await beginPart(server.url, guest, recording, { part: `${mimeType} ${other}`, mimeType });
        expect((await upload.patch(wrong)).status, `${mimeType} ${other}`).toBe(mimeType === other ? 204 : 415);
      }
      // Byte by byte, too.
      const upload = await beginPart(server.url, guest, recording, { part: mimeType, mimeType });
      expect((await upload.patch(bytes.subarray(0, 1))).status).toBe(204);
      expect((await upload.patch(Buffer.from('<<<<<<<<'), { offset: 1 })).status).toBe(415);
      // The part is given up: what is right then comes too late.
      expect((await upload.patch(bytes.subarray(1), { offset: 1 })).status).toBe(410);
    }
  });

  it('answers pages of the origins that may connect, and those alone', async () => {
    const server = await start();
    const { guest, recording } = await recordedCall(server);
    const upload = await beginPart(server.url, guest, recording);
    const preflight = (origin: string) =>
      fetch(upload.url, {
        method: 'OPTIONS',
        headers: {
          Origin: origin,
          'Access-Control-Request-Method': 'PATCH',
          'Access-Control-Request-Headers': 'tus-resumable',
        },
      });
    const good = await preflight('http://localhost:3000');
    expect(good.status).toBe(204);
    expect(good.headers.get('Access-Control-Allow-Origin')).toBe('http://localhost:3000');
    for (const method of ['PATCH', 'POST']) {
      expect(good.headers.get('Access-Control-Allow-Methods')).toContain(method);
    }
    for (const name of ['Authorization', 'Tus-Resumable', 'Upload-Offset', 'Upload-Length', 'Content-Type']) {
      expect(good.headers.get('Access-Control-Allow-Headers')).toContain(name);
    }
    const sent = await upload.patch(webm(10), { headers: { Origin: 'http://localhost:3000' } });
    expect(sent.headers.get('Access-Control-Expose-Headers')).toContain('Upload-Offset');
    const bad = await preflight('https://evil.example');
    expect(bad.headers.get('Access-Control-Allow-Origin')).toBeNull();
    const refused = await upload.patch(webm(10), { headers: { Origin: 'http://localhost:3000' }, token: null });
    expect(refused.headers.get('Access-Control-Allow-Origin')).toBe('http://localhost:3000');
  });
});
