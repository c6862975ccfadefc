import { Server } from '@tus/server';
import type { Logger } from 'pino';
import { isRefusal, type Refusal, toWire } from '../../protocol/errors.ts';
import type { PartRecord } from '../records/recordings.ts';
import { StoreAway } from '../storage/store.ts';
import { mayBegin, SIGNATURE_BYTES } from './media-types.ts';
import type { Recordings, RoomLimit } from './recordings.ts';
import { fileResponse, unsatisfied } from './served-file.ts';

/** The longest body of a PATCH, in bytes: half of what nginx lets through by default. */
export const LARGEST_PATCH = 524_288;

/** Bodies that are read at a time, on this node and of one upload: more of them wait. */
const MOST_BODIES = 256;
const MOST_BODIES_OF_UPLOAD = 4;

/** The longest request that begins a part, in bytes. */
const LARGEST_BEGINNING = 16_384;

const METHODS = 'GET, HEAD, PATCH, OPTIONS';
const ALLOWED_HEADERS =
  'Authorization, Content-Type, Tus-Resumable, Upload-Offset, Upload-Length, Part-Ended-At, Range, If-Range';
const EXPOSED_HEADERS =
  'Upload-Offset, Upload-Length, Upload-Defer-Length, Tus-Resumable, Retry-After, Content-Range, ETag';
const TUS = { 'Tus-Resumable': '1.0.0' };

/** How long a browser remembers what it may send, s. */
const PREFLIGHT_SECONDS = 7200;

const ALL_UPLOADS = /\/uploads$/;
const UPLOAD_ID = /\/uploads\/(_[\w-]{21})$/;

interface UploadsOptions {
  readonly recordings: Recordings;
  /** Begins a part, from the payload of `recording-part`. */
  begin(payload: unknown): Promise<{ uploadUrl: string; uploadToken: string } | Refusal>;
  /** The id of the upload that a token opens. */
  readToken(token: string): string | Refusal;
  /** The id of the workspace whose recordings a token opens. */
  readDownload(token: string): string | Refusal;
  /** Whether pages of an origin may connect. */
  mayConnect(origin: string | undefined): boolean;
  /** Called for each PATCH that has no room. */
  onRefused(limit: RoomLimit): void;
  readonly log: Logger;
}

/** Answers the requests of uploads, tus 1.0.0, of which clients need HEAD and PATCH alone; and downloads of what has come. */
export class Uploads {
  readonly #options: UploadsOptions;
  readonly #tus: Server;
  readonly #bodies = new Map<string, number>();
  #bodiesInAll = 0;
  readonly #working = new Set<Promise<unknown>>();
  #isStopping = false;
  /** Bytes that this node has stored since its start. */
  storedBytes = 0;

  constructor(options: UploadsOptions) {
    this.#options = options;
    this.#tus = new Server({
      path: '/uploads',
      datastore: options.recordings.store,
      // The upload is locked around all of it, with what comes before and after.
      locker: { newLock: () => ({ lock: async () => {}, unlock: async () => {} }) },
      getFileIdFromRequest: ({ url }) => idOf(url) ?? undefined,
      onResponseError: (_, error) => this.#tusError(error),
    });
  }

  /** Uploads whose bytes are coming in. */
  get underWay(): number {
    return this.#bodies.size;
  }

  /** Refuses requests from now on, and waits for those whose bytes have come. */
  async close(): Promise<void> {
    this.#isStopping = true;
    await Promise.allSettled(this.#working);
  }

  async fetch(request: Request): Promise<Response> {
    const response = await this.#answer(request).catch((error: unknown) => this.#failure(error));
    const { headers } = response;
    const origin = request.headers.get('Origin');
    headers.append('Vary', 'Origin');
    if (origin !== null && this.#options.mayConnect(origin)) {
      headers.set('Access-Control-Allow-Origin', origin);
      headers.set('Access-Control-Expose-Headers', EXPOSED_HEADERS);
    }
    return response;
  }

  async #answer(request: Request): Promise<Response> {
    const { method, url, headers } = request;
    if (method === 'OPTIONS') return preflight();
    if (method === 'POST' && ALL_UPLOADS.test(new URL(url).pathname)) return this.#begin(request);
    if (!METHODS.split(', ').includes(method)) {
      return refusal(405, 'An upload takes HEAD and PATCH, and GET for those who may download it.', { Allow: METHODS });
    }
    const id = idOf(url);
    if (id === null) return refusal(404, NO_SUCH);
    if (method === 'GET') return this.#download(request, id);
    const wrong = this.#whatIsWrong(headers.get('Authorization'), id);
    if (wrong) return wrong;
    const part = await this.#options.recordings.part(id);
    const gone = whyGone(part);
    if (gone || !part) return gone ?? refusal(404, NO_SUCH);
    if (method === 'HEAD') return this.#locked(part, request, null);
    if (Number(headers.get('Content-Length') ?? 0) > LARGEST_PATCH) return tooLarge();
    const body = await this.#counted(id, () => bodyOf(request, LARGEST_PATCH));
    if (body instanceof Response) return body;
    return body === 'too large' ? tooLarge() : this.#locked(part, request, body);
  }

  /** Begins a part, for pages without a connection. */
  async #begin(request: Request): Promise<Response> {
    if (this.#isStopping) return refusal(503, STOPPING, RETRY);
    const body = await bodyOf(request, LARGEST_BEGINNING);
    if (body === 'too large') return refusal(413, `Send at most ${LARGEST_BEGINNING} bytes to begin a part.`);
    const begun = await this.#options.begin(jsonOf(body));
    if (!isRefusal(begun))
      return Response.json(begun, { status: 201, headers: { 'Cache-Control': 'no-store', ...TUS } });
    const { message } = toWire(begun);
    switch (begun.refused) {
      case 'INVALID_PAYLOAD':
        return refusal(400, message);
      case 'INVALID_TOKEN':
      case 'TOKEN_EXPIRED':
        return refusal(401, message, BEARER);
      case 'NOT_ALLOWED':
        return refusal(403, message);
      case 'NO_RECORDING':
        return refusal(410, message);
      default:
        return refusal(503, message, RETRY);
    }
  }

  /** The bytes of a part or of a film, for the owner of its workspace. */
  async #download(request: Request, id: string): Promise<Response> {
    const { recordings } = this.#options;
    const token = tokenOf(request.headers.get('Authorization'));
    const workspace = token === undefined ? null : this.#options.readDownload(token);
    if (typeof workspace !== 'string') {
      return refusal(401, 'The token for downloads is missing, wrong or expired. List the recordings again.', BEARER);
    }
    const file = await recordings.fileIn(workspace, id);
    if (!file) return refusal(404, 'There is no such part or film of a recording.');
    const response = fileResponse(file, request);
    if (!response)
      return refusal(416, 'The file has none of the bytes that the header Range asks for.', unsatisfied(file));
    response.headers.set('Cache-Control', 'no-store');
    return response;
  }

  /** A token that is missing or over, or the token of another upload. */
  #whatIsWrong(authorization: string | null, id: string): Response | null {
    const token = tokenOf(authorization);
    const opened = token === undefined ? null : this.#options.readToken(token);
    if (typeof opened === 'string') return opened === id ? null : refusal(403, 'The token is that of another upload.');
    const sentence =
      opened?.refused === 'TOKEN_EXPIRED'
        ? 'The token of the upload has expired. Ask for a fresh one.'
        : 'The token of the upload is missing or not right. Ask for a fresh one.';
    return refusal(401, sentence, BEARER);
  }

  async #locked(part: PartRecord, request: Request, body: Uint8Array | null): Promise<Response> {
    if (this.#isStopping) return refusal(503, STOPPING, RETRY);
    const { recordings } = this.#options;
    const working = recordings.locks.run(recordings.store.fileOf(part.id), () =>
      body === null ? this.#tus.handleWeb(withoutBody(request)) : this.#patch(part.id, request, body),
    );
    this.#working.add(working);
    const response = await working.finally(() => this.#working.delete(working));
    return response === 'busy' ? refusal(423, 'The upload is busy. Try again in a moment.', RETRY) : response;
  }

  /** Adds bytes to an upload which nobody else works on. */
  async #patch(id: string, request: Request, body: Uint8Array): Promise<Response> {
    const { recordings } = this.#options;
    // Read again: another request may have ended it meanwhile.
    const part = await recordings.part(id);
    const gone = whyGone(part);
    if (gone || !part) return gone ?? refusal(404, NO_SUCH);
    const refused = (await this.#whyNot(part, request, body)) ?? null;
    if (refused) return refused;
    const response = await this.#tus.handleWeb(asPatch(request, part, body));
    if (response.status !== 204) return response;
    recordings.added(part, body.length);
    this.storedBytes += body.length;
    await this.#afterBytes(part, request);
    return response;
  }

  /** What the server of tus does not look at. */
  async #whyNot(part: PartRecord, { headers }: Request, body: Uint8Array): Promise<Response | null> {
    const { recordings } = this.#options;
    const offset = wholeNumber(headers.get('Upload-Offset'));
    const length = wholeNumber(headers.get('Upload-Length'));
    // The server of tus says what is wrong with them.
    if (offset === null) return null;
    if (length !== null && part.declaredBytes !== null && length !== part.declaredBytes) {
      return refusal(409, `The length of the upload was declared as ${part.declaredBytes} bytes before.`);
    }
    const total = length ?? part.declaredBytes;
    const present = await recordings.store.sizeOf(part.id);
    if (present !== offset) return null;
    if (total !== null && offset + body.length > total) {
      return refusal(400, `The upload has more bytes than its length of ${total}.`);
    }
    if (body.length === 0) return null;
    if (!(await this.#isOfItsType(part, offset, body))) {
      return refusal(415, `These bytes are not of the type ${part.mimeType}, with which the part was begun.`);
    }
    const limit = await recordings.fullLimit(part, body.length);
    if (limit === null) return null;
    this.#options.onRefused(limit);
    return refusal(507, noRoom[limit], { 'Retry-After': '60' });
  }

  async #isOfItsType({ id, mimeType }: PartRecord, offset: number, body: Uint8Array): Promise<boolean> {
    if (offset >= SIGNATURE_BYTES) return true;
    const { store } = this.#options.recordings;
    const before = offset === 0 ? [] : await store.firstBytes(id, offset);
    return mayBegin(mimeType, Uint8Array.from([...before, ...body.subarray(0, SIGNATURE_BYTES)]));
  }

  /** Notes what follows from the bytes, which are safe already: a failure here is put right later. */
  async #afterBytes(part: PartRecord, { headers }: Request): Promise<void> {
    const { recordings, log } = this.#options;
    try {
      const endedAt = wholeNumber(headers.get('Part-Ended-At'));
      if (endedAt !== null) await recordings.noteEnd(part, endedAt);
      const total = wholeNumber(headers.get('Upload-Length')) ?? part.declaredBytes;
      const isWhole = total !== null && (await recordings.store.sizeOf(part.id)) === total;
      if (isWhole && part.state === 'uploading') await recordings.finish(part);
    } catch (error) {
      log[error instanceof StoreAway ? 'debug' : 'error']({ err: error }, 'the end of an upload was not noted');
    }
  }

  /** Reads a body, unless too many are read already. */
  async #counted<Body>(id: string, read: () => Promise<Body>): Promise<Body | Response> {
    const own = this.#bodies.get(id) ?? 0;
    if (own >= MOST_BODIES_OF_UPLOAD) return refusal(429, 'Send one piece of an upload after the other.', RETRY);
    if (this.#bodiesInAll >= MOST_BODIES) return refusal(503, 'The server is busy. Try again in a moment.', RETRY);
    this.#bodies.set(id, own + 1);
    this.#bodiesInAll += 1;
    try {
      return await read();
    } finally {
      this.#bodiesInAll -= 1;
      const left = (this.#bodies.get(id) ?? 1) - 1;
      if (left === 0) this.#bodies.delete(id);
      else this.#bodies.set(id, left);
    }
  }

  /** The answer to an error within the server of tus, which would tell paths. */
  #tusError(error: Error | { status_code: number; body: string }) {
    if (!(error instanceof Error)) return undefined;
    this.#note(error);
    return { status_code: 503, body: `${NOT_STORED}\n` };
  }

  #failure(error: unknown): Response {
    this.#note(error);
    return refusal(503, NOT_STORED, RETRY);
  }

  #note(error: unknown): void {
    this.#options.log[error instanceof StoreAway ? 'debug' : 'error']({ err: error }, 'an upload failed');
  }
}

const noRoom: Readonly<Record<RoomLimit, string>> = {
  recording_free_megabytes: 'The disk of the server is nearly full. Try again later, and tell whoever runs the server.',
  max_recording_megabytes: 'The recording has all the room that it may take.',
};

const NOT_STORED = 'The server cannot save that right now. Try again in a moment.';
const STOPPING = 'The server is stopping. Try again in a moment.';
const NO_SUCH = 'There is no such upload.';
const BEARER = { 'WWW-Authenticate': 'Bearer' };
const RETRY = { 'Retry-After': '1' };

function tokenOf(authorization: string | null): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}

function idOf(url: string): string | null {
  return UPLOAD_ID.exec(new URL(url).pathname)?.[1] ?? null;
}

function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...TUS,
      'Tus-Version': '1.0.0',
      'Access-Control-Allow-Methods': `${METHODS}, POST`,
      'Access-Control-Allow-Headers': ALLOWED_HEADERS,
      'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
    },
  });
}

function whyGone(part: PartRecord | null): Response | null {
  switch (part?.state) {
    case 'uploading':
    case 'complete':
      return null;
    case 'partial':
    case 'lost':
      return refusal(410, 'The time for this upload is over.');
    default:
      return refusal(404, NO_SUCH);
  }
}

function tooLarge(): Response {
  return refusal(413, `Send at most ${LARGEST_PATCH} bytes at once.`);
}

function refusal(status: number, sentence: string, headers: Record<string, string> = {}): Response {
  return new Response(`${sentence}\n`, {
    status,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', ...TUS, ...headers },
  });
}

/** The body of a request; of one that breaks off, the bytes that have come. */
async function bodyOf({ body }: Request, most: number): Promise<Uint8Array | 'too large'> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body ?? []) {
      length += chunk.length;
      if (length > most) return 'too large';
      chunks.push(chunk);
    }
  } catch {
    // Nobody reads the answer, but these bytes need not come again.
  }
  return Buffer.concat(chunks);
}

/** @returns undefined where it is none */
function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}

function withoutBody({ url, headers }: Request): Request {
  return new Request(url, { method: 'HEAD', headers });
}

/** The request with the bytes that have come, and without a length that is declared already. */
function asPatch({ url, headers: given }: Request, { declaredBytes }: PartRecord, body: Uint8Array): Request {
  const headers = new Headers(given);
  headers.delete('Transfer-Encoding');
  headers.set('Content-Length', String(body.length));
  if (declaredBytes !== null) headers.delete('Upload-Length');
  return new Request(url, { method: 'PATCH', headers, body: Uint8Array.from(body) });
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : null;
}
