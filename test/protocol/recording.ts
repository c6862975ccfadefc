import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Reachable } from '../support/fixtures.ts';
import { attend, connectCall, createWorkspace, type Owner, type Seat } from '../support/fixtures.ts';

/** A folder for the recordings of all tests of a file. */
export function recordingsFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-recordings-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface RecordedCall {
  readonly owner: Owner;
  readonly guest: Seat;
  readonly call: { id: string };
  /** The recording that is on. */
  readonly recording: { id: string };
}

/** The owner and a guest on a call that is recorded. Nobody has agreed to it yet. */
export async function recordedCall(server: Reachable): Promise<RecordedCall> {
  const owner = await createWorkspace(server);
  const guest = await attend(server, owner);
  const call = await connectCall(owner, guest);
  const { recording } = await owner.client.must('start-recording', owner.proof);
  for (const { client } of [owner, guest]) await client.notice('recording');
  return { owner, guest, call, recording };
}

/** An attendee agrees, and begins a part. */
export async function beginPart(
  url: string,
  { client, proof }: Seat,
  recording: { id: string },
  { part = 'part-1', mimeType = 'video/webm;codecs=vp8,opus' } = {},
): Promise<Upload> {
  await client.must('consent', { ...proof, recording, given: true, text: '1' });
  const given = await client.must('recording-part', { ...proof, recording, part, mimeType, startedAt: Date.now() });
  return new Upload(url, given);
}

interface Piece {
  offset?: number;
  length?: number;
  token?: string | null;
  headers?: Record<string, string>;
}

/** An upload, as its client sees it. */
export class Upload {
  readonly url: string;
  readonly token: string;

  /** @param server the URL of the server */
  constructor(server: string, { uploadUrl, uploadToken }: { uploadUrl: string; uploadToken: string }) {
    this.url = new URL(uploadUrl, `${server}/`).href;
    this.token = uploadToken;
  }

  get id(): string {
    return this.url.slice(this.url.lastIndexOf('/') + 1);
  }

  /** The same upload at another server. */
  at(server: string): Upload {
    return new Upload(server, { uploadUrl: `uploads/${this.id}`, uploadToken: this.token });
  }

  head(token: string | null = this.token): Promise<Response> {
    return fetch(this.url, { method: 'HEAD', headers: this.#headers(token) });
  }

  async offset(): Promise<number> {
    const response = await this.head();
    if (response.status !== 200) throw new Error(`HEAD was answered ${response.status}`);
    return Number(response.headers.get('Upload-Offset'));
  }

  patch(body: Uint8Array, { offset = 0, length, token = this.token, headers = {} }: Piece = {}): Promise<Response> {
    return fetch(this.url, {
      method: 'PATCH',
      headers: {
        ...this.#headers(token),
        'Content-Type': 'application/offset+octet-stream',
        'Upload-Offset': String(offset),
        ...(length === undefined ? {} : { 'Upload-Length': String(length) }),
        ...headers,
      },
      body: Uint8Array.from(body),
    });
  }

  /** Uploads all of it, in pieces of so many bytes. */
  async whole(bytes: Uint8Array, piece = 524_288): Promise<void> {
    for (let offset = 0; offset < bytes.length; offset += piece) {
      const body = bytes.subarray(offset, offset + piece);
      const isLast = offset + piece >= bytes.length;
      const response = await this.patch(body, { offset, ...(isLast ? { length: bytes.length } : {}) });
      if (response.status !== 204) throw new Error(`PATCH was answered ${response.status}: ${await response.text()}`);
    }
  }

  #headers(token: string | null): Record<string, string> {
    return { 'Tus-Resumable': '1.0.0', ...(token === null ? {} : { Authorization: `Bearer ${token}` }) };
  }
}

/** Bytes that begin as a file of WebM does. */
export function webm(length: number): Buffer {
  return Buffer.concat([Buffer.from([0x1a, 0x45, 0xdf, 0xa3]), randomBytes(length - 4)]);
}
