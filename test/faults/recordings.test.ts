import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { beginPart, recordedCall, type Upload, webm } from '../protocol/recording.ts';
import { API_KEYS, Host } from '../server/rest/api.ts';
import { type BuiltServer, emptyFolder, run, secrets } from '../support/built-server.ts';
import { Client, type Reachable } from '../support/fixtures.ts';
import { seededRandom } from './seeded-random.ts';
import { smallDisk } from './small-disk.ts';
import { atSoak, figure, patience } from './soak.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const piece = 100_000;

interface Part {
  n: number;
  bytes: number;
  sha256: string | null;
  state: string;
}

function start(folder: string, recordings: string, env: Record<string, string> = {}): BuiltServer {
  const settings = { ...secrets, API_KEYS, PORT: '0', BCRYPT_COST: '4', SEAT_GRACE_SECONDS: '3600' };
  const files = { JSON_STORAGE_FILE: join(folder, 'rooms.json'), RECORDINGS_DIR: recordings };
  return run(folder, { env: { ...settings, ...files, ...env } });
}

const reach = (url: string): Reachable => ({ connect: (options) => Client.connect(url, options) });

const canLimit = spawnSync('prlimit', ['--version']).status === 0;

/** The longest files that a server may write, in bytes. */
function limitFiles({ pid }: BuiltServer, bytes: string): void {
  execFileSync('prlimit', [`--pid=${pid}`, `--fsize=${bytes}:`]);
}

/** The part of a recording, as the API tells it. */
async function partOf(url: string, id: string): Promise<Part | undefined> {
  const { recording } = await new Host(url).must<{ recording: { parts: Part[] } }>('GET', `recordings/${id}`);
  return recording.parts[0];
}

/** Sends pieces until one is not acknowledged. @returns the bytes that were acknowledged */
async function sendUntilCut(upload: Upload, bytes: Uint8Array, from: number): Promise<number> {
  for (let offset = from; ; ) {
    const body = bytes.subarray(offset, offset + piece);
    const isLast = offset + body.length === bytes.length;
    const response = await upload
      .patch(body, { offset, ...(isLast ? { length: bytes.length } : {}) })
      .catch(() => null);
    if (response === null) return offset;
    expect(response.status).toBe(204);
    offset += body.length;
    if (isLast) return offset;
  }
}

it('No byte that was acknowledged is lost by kills, and the whole is what was sent', {
  timeout: patience(15),
}, async () => {
  const random = seededRandom();
  let kills = 0;
  for (let round = 0; round < atSoak(1, 25); round += 1) {
    const folder = await emptyFolder();
    let server = start(folder, join(folder, 'recordings'));
    let url = await server.listening();
    const { guest, recording } = await recordedCall(reach(url));
    let upload = await beginPart(url, guest, recording);
    const bytes = webm(1_234_567);
    for (let acknowledged = 0; acknowledged < bytes.length; ) {
      const victim = server;
      // Some are killed only when the last piece is acknowledged, so that it ends.
      const delay = kills % 4 === 3 ? 1000 : random.whole(0, 40);
      const timer = setTimeout(() => victim.kill('SIGKILL'), delay);
      const sent = await sendUntilCut(upload, bytes, acknowledged);
      clearTimeout(timer);
      // The last byte is there: the note of it may not be.
      server.kill('SIGKILL');
      await server.ended;
      kills += 1;
      server = start(folder, join(folder, 'recordings'));
      url = await server.listening();
      upload = upload.at(url);
      acknowledged = await upload.offset();
      expect(acknowledged).toBeGreaterThanOrEqual(sent);
    }
    const whole = { n: 1, bytes: bytes.length, sha256: sha256(bytes), state: 'complete' };
    await expect.poll(() => partOf(url, recording.id), { timeout: 10_000 }).toMatchObject(whole);
    expect(sha256(await readFile(join(folder, 'recordings', upload.id)))).toBe(whole.sha256);
    server.kill('SIGKILL');
    await server.ended;
  }
  figure(`uploads of recordings: ${kills} kills, all bytes and checksums as they were sent`);
});

it('A kill between the last byte and its note leaves a part that is whole after the next start', async () => {
  const folder = await emptyFolder();
  const recordings = join(folder, 'recordings');
  const first = start(folder, recordings);
  const url = await first.listening();
  const { guest, recording } = await recordedCall(reach(url));
  const upload = await beginPart(url, guest, recording);
  const bytes = webm(200_000);
  await upload.patch(bytes.subarray(0, piece));
  // The length is declared, and the rest does not come.
  expect((await upload.patch(new Uint8Array(), { offset: piece, length: bytes.length })).status).toBe(204);
  first.kill('SIGKILL');
  await first.ended;
  // The bytes that a process has written which died before it noted them.
  await writeFile(join(recordings, upload.id), bytes.subarray(piece), { flag: 'a' });
  const next = await start(folder, recordings).listening();
  const whole = { bytes: bytes.length, sha256: sha256(bytes), state: 'complete' };
  await expect.poll(() => partOf(next, recording.id), { timeout: 10_000 }).toMatchObject(whole);
  const { status, headers } = await upload.at(next).head();
  expect([status, headers.get('Upload-Offset')]).toEqual([200, '200000']);
});

it('Of a PATCH that breaks off, the bytes that came are kept', async () => {
  const folder = await emptyFolder();
  const url = await start(folder, join(folder, 'recordings')).listening();
  const { guest, recording } = await recordedCall(reach(url));
  const upload = await beginPart(url, guest, recording);
  const bytes = webm(300_000);
  const { port, pathname, hostname } = new URL(upload.url);
  const socket = connect(Number(port), hostname);
  const head = [
    `PATCH ${pathname} HTTP/1.1`,
    'Host: localhost',
    `Authorization: Bearer ${upload.token}`,
    'Tus-Resumable: 1.0.0',
    'Upload-Offset: 0',
    'Content-Type: application/offset+octet-stream',
    `Content-Length: ${bytes.length}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  socket.end(bytes.subarray(0, piece));
  await expect.poll(() => upload.offset(), { timeout: 10_000 }).toBe(piece);
  const rest = await upload.patch(bytes.subarray(piece), { offset: piece, length: bytes.length });
  expect(rest.status).toBe(204);
  expect(await partOf(url, recording.id)).toMatchObject({ sha256: sha256(bytes), state: 'complete' });
});

it('A full disk is told as 507, takes nothing back, and uploads go on when it has room', async () => {
  const { folder: disk, fill, free } = await smallDisk();
  const folder = await emptyFolder();
  const server = start(folder, disk, { RECORDING_FREE_MEGABYTES: '0' });
  const url = await server.listening();
  const { guest, recording } = await recordedCall(reach(url));
  const upload = await beginPart(url, guest, recording);
  const bytes = webm(600_000);
  expect((await upload.patch(bytes.subarray(0, piece))).status).toBe(204);
  fill(server, 120_000);
  const refused = await upload.patch(bytes.subarray(piece, 500_000), { offset: piece });
  expect(refused.status).toBe(507);
  expect(await refused.text()).toMatch(/full\. Try again later/);
  expect(await upload.offset()).toBe(piece);
  free(server);
  expect((await upload.patch(bytes.subarray(piece), { offset: piece, length: bytes.length })).status).toBe(204);
  expect(await partOf(url, recording.id)).toMatchObject({ sha256: sha256(bytes), state: 'complete' });
});

it.skipIf(!canLimit)(
  'A write that fails in the middle, as at a quota of the disk, is told as 507 and takes nothing back',
  async () => {
    const folder = await emptyFolder();
    const server = start(folder, join(folder, 'recordings'));
    const url = await server.listening();
    const { guest, recording } = await recordedCall(reach(url));
    const upload = await beginPart(url, guest, recording);
    const bytes = webm(2_300_000);
    const pieces = [0, 500_000, 1_000_000, 1_500_000];
    for (const offset of pieces) await upload.patch(bytes.subarray(offset, offset + 500_000), { offset });
    limitFiles(server, '2100000');
    expect((await upload.patch(bytes.subarray(2_000_000), { offset: 2_000_000 })).status).toBe(507);
    expect(await upload.offset()).toBe(2_000_000);
    limitFiles(server, 'unlimited');
    const rest = await upload.patch(bytes.subarray(2_000_000), { offset: 2_000_000, length: bytes.length });
    expect(rest.status).toBe(204);
    expect(await partOf(url, recording.id)).toMatchObject({ sha256: sha256(bytes), state: 'complete' });
  },
);
