import type { Readable } from 'node:stream';
import { Server } from '@tus/server';
import type { Logger } from 'pino';
import { isRefusal, type Refusal } from '../../protocol/errors.ts';
import type { PartRecord } from '../records/recording-parts.ts';
import { StoreAway } from '../storage/store.ts';
import { mayBegin, SIGNATURE_BYTES } from './media-types.ts';
import type { Recordings, RoomLimit } from './recordings.ts';
import { fileResponse, unsatisfied } from './served-file.ts';
import {
  BEARER,
  BUSY,
  EXPOSED_HEADERS,
  givenUp,
  LARGEST_PATCH,
  METHODS,
  NO_SUCH,
  NO_SUCH_PART,
  NOT_STORED,
  noRoom,
  notBegun,
  preflight,
  RETRY,
  refusal,
  STOPPING,
  TUS,
  tooLarge,
  tooLong,
  whyGone,
} from './upload-answers.ts';
import { type Body, readInto, UploadBodies } from './upload-bodies.ts';

/** The longest request that begins a part, in bytes. */
const LARGEST_BEGINNING = 16_384;

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
  readonly #bodies = new UploadBodies(LARGEST_PATCH);
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
    return this.#bodies.uploads;
  }

  /** Refuses requests from now on, and waits for those whose bytes have come. */
  async close(): Promise<void> {
    this.#isStopping = true;
    await Promise.allSettled(this.#working);
  }

  /** @param incoming the request as Node has it, whose body costs less to read */
  async fetch(request: Request, incoming?: Readable): Promise<Response> {
    const response = await this.#answer(request, incoming ?? request).catch((error: unknown) => this.#failure(error));
    const { headers } = response;
    const origin = request.headers.get('Origin');
    headers.append('Vary', 'Origin');
    if (origin !== null && this.#options.mayConnect(origin)) {
      headers.set('Access-Control-Allow-Origin', origin);
      headers.set('Access-Control-Expose-Headers', EXPOSED_HEADERS);
    }
    return response;
  }

  async #answer(request: Request, received: Body): Promise<Response> {
    const { method, url, headers } = request;
    if (method === 'OPTIONS') return preflight();
    if (method === 'POST' && ALL_UPLOADS.test(new URL(url).pathname)) return this.#begin(received);
    if (!METHODS.split(', ').includes(method)) {
      return refusal(405, 'An upload takes HEAD and PATCH, and GET and DELETE from the owner of its recording.', {
        Allow: METHODS,
      });
    }
    const id = idOf(url);
    if (id === null) return refusal(404, NO_SUCH);
    if (method === 'GET' || method === 'DELETE') return this.#forOwner(request, id);
    const wrong = this.#whatIsWrong(headers.get('Authorization'), id);
    if (wrong) return wrong;
    const part = await this.#options.recordings.part(id);
    const gone = whyGone(part);
    if (gone || !part) return gone ?? refusal(404, NO_SUCH);
    if (method === 'HEAD') {
      await this.#bodies.past(id);
      return this.#locked(part, request, null);
    }
    if (Number(headers.get('Content-Length') ?? 0) > LARGEST_PATCH) return tooLarge();
    const answer = await this.#bodies.use(id, received, (body) => this.#locked(part, request, body));
    switch (answer) {
      case 'too large':
        return tooLarge();
      case 'too many of it':
        return refusal(429, 'Send one piece of an upload after the other.', RETRY);
      case 'too many':
        return refusal(503, 'The server is busy. Try again in a moment.', RETRY);
      default:
        return answer;
    }
  }

  /** Begins a part, for pages without a connection. */
  async #begin(received: Body): Promise<Response> {
    if (this.#isStopping) return refusal(503, STOPPING, RETRY);
    const body = await readInto(Buffer.allocUnsafe(LARGEST_BEGINNING), received);
    if (body === 'too large') return refusal(413, `Send at most ${LARGEST_BEGINNING} bytes to begin a part.`);
    const begun = await this.#options.begin(jsonOf(body));
    if (!isRefusal(begun))
      return Response.json(begun, { status: 201, headers: { 'Cache-Control': 'no-store', ...TUS } });
    return notBegun(begun);
  }

  /** The bytes of a part or of a film, and the end of an upload that may never come, for the owner of its workspace. */
  async #forOwner(request: Request, id: string): Promise<Response> {
    const token = tokenOf(request.headers.get('Authorization'));
    const workspace = token === undefined ? null : this.#options.readDownload(token);
    if (typeof workspace !== 'string') {
      return refusal(401, 'The token for downloads is missing, wrong or expired. List the recordings again.', BEARER);
    }
    return request.method === 'GET' ? this.#download(request, workspace, id) : this.#giveUp(workspace, id);
  }

  async #giveUp(workspace: string, id: string): Promise<Response> {
    const { recordings } = this.#options;
    const part = await recordings.partIn(workspace, id);
    return part ? givenUp(await recordings.giveUp(part)) : refusal(404, NO_SUCH_PART);
  }

  async #download(request: Request, workspace: string, id: string): Promise<Response> {
    const file = await this.#options.recordings.fileIn(workspace, id);
    if (!file) return refusal(404, NO_SUCH_PART);
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

  async #locked(part: PartRecord, request: Request, body: Buffer | null): Promise<Response> {
    if (this.#isStopping) return refusal(503, STOPPING, RETRY);
    const { recordings } = this.#options;
    const working = recordings.locks.run(recordings.store.fileOf(part.id), () =>
      body === null ? this.#tus.handleWeb(withoutBody(request)) : this.#patch(part.id, request, body),
    );
    this.#working.add(working);
    const response = await working.finally(() => this.#working.delete(working));
    return response === 'busy' ? refusal(423, BUSY, RETRY) : response;
  }

  /** Adds bytes to an upload which nobody else works on. */
  async #patch(id: string, request: Request, body: Buffer): Promise<Response> {
    const { recordings } = this.#options;
    // Read again: another request may have ended it meanwhile.
    const part = await recordings.part(id);
    const gone = whyGone(part);
    if (gone || !part) return gone ?? refusal(404, NO_SUCH);
    const refused = (await this.#whyNot(part, request, body)) ?? null;
    if (refused) return refused;
    const response = await this.#store(part, request, body);
    if (response.status !== 204) return response;
    this.storedBytes += body.length;
    await this.#afterBytes(part, request);
    return response;
  }

  async #store(part: PartRecord, request: Request, body: Buffer): Promise<Response> {
    const { recordings } = this.#options;
    const store = () => recordings.store.giving(part.id, body, () => this.#tus.handleWeb(asPatch(request, part)));
    const present = await recordings.store.sizeOf(part.id);
    // The server of tus takes nothing with another offset.
    if (body.length === 0 || present !== wholeNumber(request.headers.get('Upload-Offset'))) return store();
    const room = await recordings.reserve(part, body.length);
    if (typeof room === 'string') {
      this.#options.onRefused(room);
      return refusal(507, noRoom[room], { 'Retry-After': '60' });
    }
    let stored = 0;
    try {
      const response = await store();
      if (response.status === 204) stored = body.length;
      return response;
    } finally {
      room.end(stored);
    }
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
    // A client that has sent all of it hears below that there is no room now.
    if (length !== null && length > offset + body.length && recordings.isBeyondRoom(length)) return tooLong();
    const present = await recordings.store.sizeOf(part.id);
    if (present !== offset) return null;
    if (total !== null && offset + body.length > total) {
      return refusal(400, `The upload has more bytes than its length of ${total}.`);
    }
    if (body.length === 0) return null;
    if (!(await this.#isOfItsType(part, offset, body))) {
      await recordings.drop(part);
      return refusal(415, `These bytes are not of the type ${part.mimeType}, with which the part was begun.`);
    }
    return null;
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

function tokenOf(authorization: string | null): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}

function idOf(url: string): string | null {
  return UPLOAD_ID.exec(new URL(url).pathname)?.[1] ?? null;
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

/** The request without its body, which the store has, and without a length that is declared already. */
function asPatch({ url, headers: given }: Request, { declaredBytes }: PartRecord): Request {
  const headers = new Headers(given);
  headers.delete('Transfer-Encoding');
  headers.delete('Content-Length');
  if (declaredBytes !== null) headers.delete('Upload-Length');
  return new Request(url, { method: 'PATCH', headers });
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : null;
}
