import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';

/** What a browser has recorded goes every so many ms, as `/recorder.js` does it. */
const TIMESLICE = 2_000;
const LARGEST_BODY = 524_288;

/** What the program of the uploads is told: how many there are at once, for so many ms. */
export interface Task {
  readonly url: string;
  readonly uploads: number;
  readonly bitsPerSecond: number;
  readonly ms: number;
}

/** What they were, when they are over. */
export interface Done {
  readonly bytes: number;
  /** How long each PATCH took, in ms. */
  readonly took: readonly number[];
}

const sdp = { type: 'offer', sdp: 'v=0\r\n' };

async function connect(url: string): Promise<Socket> {
  const socket = io(url, { transports: ['websocket'], forceNew: true });
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return socket;
}

async function must(socket: Socket, name: string, payload: object) {
  const answer = await socket.emitWithAck(name, payload);
  if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(answer)}`);
  return answer;
}

/** Two people on a call that is recorded. @returns how to begin a part of each */
async function recordedCall(url: string) {
  const [owner, guest] = [await connect(url), await connect(url)];
  const created = await must(owner, 'create', { workspace: {}, attendee: { name: 'Owner' } });
  const workspace = { id: created.workspace.id };
  const token = created.workspace.token;
  const granted = await must(guest, 'attend', { workspace: { token }, attendee: { name: 'Guest' } });
  const proofOf = ({ attendee, accessToken }: { attendee: { id: string }; accessToken: string }) => ({
    workspace,
    attendee: { id: attendee.id },
    accessToken,
  });
  const [owners, guests] = [proofOf(created), proofOf(granted)];
  const call = { id: 'call-1' };
  await must(owner, 'ring', { ...owners, callee: guests.attendee, offer: sdp, call });
  await must(guest, 'answer', { ...guests, caller: owners.attendee, answer: { ...sdp, type: 'answer' }, call });
  const { recording } = await must(owner, 'start-recording', owners);
  const seats = [
    { socket: owner, proof: owners },
    { socket: guest, proof: guests },
  ];
  return seats.map(({ socket, proof }) => async () => {
    await must(socket, 'consent', { ...proof, recording, given: true });
    const part = { part: 'part-1', mimeType: 'video/webm', startedAt: Date.now() };
    const { uploadUrl, uploadToken } = await must(socket, 'recording-part', { ...proof, recording, ...part });
    return { url: new URL(uploadUrl, `${url}/`).href, token: String(uploadToken) };
  });
}

/** Uploads at a rate until a time. */
async function upload(begin: () => Promise<{ url: string; token: string }>, { bitsPerSecond, ms }: Task, at: number) {
  const { url, token } = await begin();
  const slice = Math.round((bitsPerSecond * TIMESLICE) / 8000);
  // Random bytes behind the beginning of a WebM: making them is not what is measured.
  const content = Buffer.concat([Buffer.from([0x1a, 0x45, 0xdf, 0xa3]), randomBytes(slice)]);
  const done = { bytes: 0, took: [] as number[] };
  await sleep(at - performance.now());
  for (const end = performance.now() + ms; performance.now() < end; ) {
    const next = performance.now() + TIMESLICE;
    for (let sent = 0; sent < slice; ) {
      const body = content.subarray(done.bytes === 0 ? 0 : 4).subarray(sent, Math.min(slice, sent + LARGEST_BODY));
      const began = performance.now();
      const response = await fetch(url, {
        method: 'PATCH',
        headers: {
          Authorization: `Bearer ${token}`,
          'Tus-Resumable': '1.0.0',
          'Content-Type': 'application/offset+octet-stream',
          'Upload-Offset': String(done.bytes),
        },
        body,
      });
      if (response.status !== 204) throw new Error(`PATCH: ${response.status} ${await response.text()}`);
      done.took.push(performance.now() - began);
      done.bytes += body.length;
      sent += body.length;
    }
    await sleep(next - performance.now());
  }
  return done;
}

const task: Task = JSON.parse(process.argv[2] ?? '{}');
const beginnings = await Promise.all(Array.from({ length: task.uploads / 2 }, () => recordedCall(task.url)));
const begin = performance.now() + 500;
process.send?.('ready');
const all = await Promise.all(
  // People do not begin in the same instant.
  beginnings.flat().map((each, index) => upload(each, task, begin + (index * TIMESLICE) / task.uploads)),
);
const bytes = all.reduce((sum, each) => sum + each.bytes, 0);
process.send?.({ bytes, took: all.flatMap((each) => each.took) } satisfies Done, () => process.exit(0));
