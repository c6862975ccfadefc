import { expect, it } from 'vitest';
import type { MeshClient } from '../../src/client/mesh-client.ts';
import { startTcpProxy } from '../faults/tcp-proxy.ts';
import { recordingsFolder } from '../protocol/recording.ts';
import { directory, isOnCall, places, useClients, when } from './users.ts';

useClients();

const folder = recordingsFolder();

/** The owner and a guest on a call that is recorded; the guest's network can be lost. */
async function recordedCall() {
  const { open, server } = await directory({ RECORDINGS_DIR: folder });
  const proxy = await startTcpProxy(server.url);
  const [ada, bob] = [open(), open(places(), proxy.url)];
  await ada.create({ workspace: {}, attendee: { name: 'Ada' } });
  const token = ada.state.value.seat?.workspace.token ?? '';
  await bob.attend({ token });
  await when(() => ada.state.value.seat?.attendees.length === 2);
  bob.on('ring', () => void bob.accept());
  await ada.startCall();
  await when(() => isOnCall(ada) && isOnCall(bob));
  await ada.startRecording();
  await when(() => ada.state.value.recording && bob.state.value.recording);
  return { ada, bob, proxy, server, open, token };
}

const selfOf = ({ state }: MeshClient) => state.value.seat?.self ?? '';
const saidBy = (client: MeshClient, seenBy: MeshClient) => seenBy.state.value.recording?.consents[selfOf(client)];

it('Everybody sees that a call is recorded and who has agreed, late comers too, until it is over', async () => {
  const { ada, bob, open, token } = await recordedCall();
  expect(bob.state.value.recording).toMatchObject({ id: ada.state.value.recording?.id, consents: {} });
  expect(Math.abs((bob.state.value.recording?.startedAt ?? 0) - bob.serverNow())).toBeLessThan(10_000);
  await bob.consent(true, 'v1');
  expect(saidBy(bob, bob)).toBe(true);
  await when(() => saidBy(bob, ada));
  await ada.consent(false);
  const eve = open();
  await eve.attend({ token });
  expect([saidBy(ada, eve), saidBy(bob, eve), saidBy(eve, eve)]).toEqual([false, true, undefined]);
  await ada.stopRecording();
  await when(() => [ada, bob, eve].every(({ state }) => state.value.recording === null));
  await expect(bob.consent(true)).rejects.toMatchObject({ code: 'NO_RECORDING' });
  await expect(ada.stopRecording()).rejects.toMatchObject({ code: 'NO_RECORDING' });
});

it('A withdrawal counts at once, and the server hears of it when the connection is back', async () => {
  const { ada, bob, proxy } = await recordedCall();
  await bob.consent(true);
  await when(() => saidBy(bob, ada) === true);
  proxy.cut('RST');
  await when(() => bob.state.value.connection === 'reconnecting');
  await expect(bob.consent(false)).rejects.toMatchObject({ code: 'NO_ANSWER' });
  const seen = [saidBy(bob, bob)];
  bob.state.subscribe(() => seen.push(saidBy(bob, bob)));
  proxy.resume();
  await when(() => bob.state.value.connection === 'connected' && saidBy(bob, ada) === false);
  // The server still said otherwise when the client came back.
  expect(seen.filter((each) => each !== false)).toEqual([]);
  await bob.consent(true);
  await when(() => saidBy(bob, ada) === true);
});

/** Begins a part of a client's seat, as the recorder does. */
async function beginPart(client: MeshClient): Promise<{ url: string; token: string }> {
  const { recording, seat } = client.state.value;
  const { url = '', accessToken } = client.seatProof ?? {};
  const payload = {
    workspace: { id: seat?.workspace.id },
    attendee: { id: selfOf(client) },
    accessToken,
    recording: { id: recording?.id },
    part: 'one',
    mimeType: 'audio/webm;codecs=opus',
    startedAt: client.serverNow(),
  };
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(`${url}uploads`, { method: 'POST', headers, body: JSON.stringify(payload) });
  expect(response.status).toBe(201);
  const { uploadUrl, uploadToken } = (await response.json()) as { uploadUrl: string; uploadToken: string };
  return { url: new URL(uploadUrl, url).href, token: uploadToken };
}

it('A seat proves itself to the server in a request, and nobody does so without one', async () => {
  const { ada, server, open } = await recordedCall();
  expect(ada.seatProof?.url).toBe(`${server.url}/`);
  await ada.consent(true);
  const { url, token } = await beginPart(ada);
  const headers = { Authorization: `Bearer ${token}`, 'Tus-Resumable': '1.0.0' };
  const response = await fetch(url, { method: 'HEAD', headers });
  expect([response.status, response.headers.get('Upload-Offset')]).toEqual([200, '0']);
  expect(open().seatProof).toBeNull();
});

it('The owner lists the recordings, and gets the bytes that have come with the token of the list', async () => {
  const { ada, bob, server } = await recordedCall();
  await expect(bob.recordings()).rejects.toMatchObject({ code: 'OWNER_ONLY' });
  const { id = '' } = ada.state.value.recording ?? {};
  await ada.consent(true);
  const { url, token } = await beginPart(ada);
  const { recordings, downloadToken } = await ada.recordings();
  expect(recordings.map((each) => [each.id, each.state, each.parts.map((listed) => listed.url)])).toEqual([
    [id, 'recording', [url]],
  ]);
  expect(url.startsWith(server.url)).toBe(true);
  const read = async (secret: string) => (await fetch(url, { headers: { Authorization: `Bearer ${secret}` } })).status;
  expect([await read(downloadToken), await read(token)]).toEqual([200, 401]);
});
