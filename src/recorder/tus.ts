import type { Bytes, Part, Upload } from './part-store.ts';

/** A request that has no answer after this many ms is given up: the network went without a word. */
const ANSWER_TIMEOUT = 60_000;

/**
 * What came of a request (tus 1.0.0). 'offset': the server has that many bytes for certain; `length`: of how many, null until
 * it was told. 'conflict': it has another
 * number of bytes. 'too-large': it, or a proxy before it, takes no body of this size. 'unauthorized': it wants another token.
 * 'gone': it knows the upload no more, or does not take what is in it. 'refused': it should have taken that. 'full': it has
 * no room. 'away': it cannot now, or there is no way to it. `pause`: the time that it named, in ms; null: none.
 */
export type Outcome =
  | { readonly is: 'offset'; readonly offset: number; readonly length: number | null }
  | { readonly is: 'conflict' | 'too-large' | 'unauthorized' | 'gone' | 'refused' }
  | { readonly is: 'full' | 'away'; readonly pause: number | null };

/**
 * What came of the question where a part goes. 'never': the server does not take it, now or later. 'unproven': it does not believe whose
 * it is. 'away': as above.
 */
export type Destination =
  | { readonly is: 'there'; readonly upload: Upload }
  | { readonly is: 'never' | 'unproven' }
  | { readonly is: 'away'; readonly pause: number | null };

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Asks where a part goes: the server makes its upload, or finds it. */
export async function askUpload(fetch: Fetch, part: Part, signal: AbortSignal): Promise<Destination> {
  const { id, workspace, attendee, recording, mimeType, startedAt, source, proof } = part;
  if (!proof) return { is: 'unproven' };
  const { url, accessToken } = proof;
  const payload = {
    workspace: { id: workspace },
    attendee: { id: attendee },
    accessToken,
    recording: { id: recording },
    part: id,
    mimeType,
    startedAt,
    source,
  };
  const headers = { 'Content-Type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify(payload), signal };
  const response = await answerOf(fetch, `${url}uploads`, init);
  const { uploadUrl, uploadToken }: { uploadUrl?: unknown; uploadToken?: unknown } = Object(await json(response));
  if (typeof uploadUrl === 'string' && typeof uploadToken === 'string') {
    return { is: 'there', upload: { url: new URL(uploadUrl, url).href, token: uploadToken } };
  }
  // A proxy may refuse too; it does so for now.
  const status = response?.headers.has('Tus-Resumable') ? response.status : 0;
  if (status === 401) return { is: 'unproven' };
  if ([400, 403, 410].includes(status)) return { is: 'never' };
  return { is: 'away', pause: response && pauseOf(response.headers) };
}

/** Asks how many bytes of an upload the server has. */
export function askOffset(fetch: Fetch, upload: Upload, signal: AbortSignal): Promise<Outcome> {
  return send(fetch, upload, { method: 'HEAD', signal });
}

/** Sends bytes. `length`: of the whole upload, null: not known yet. `endedAt`: when it ended, by the clock of the server. */
export function sendBytes(
  fetch: Fetch,
  upload: Upload,
  { bytes, offset, length, endedAt }: { bytes: Bytes; offset: number; length: number | null; endedAt: number | null },
  signal: AbortSignal,
): Promise<Outcome> {
  const headers = {
    'Content-Type': 'application/offset+octet-stream',
    'Upload-Offset': String(offset),
    ...(length === null ? {} : { 'Upload-Length': String(length) }),
    ...(endedAt === null ? {} : { 'Part-Ended-At': String(endedAt) }),
  };
  return send(fetch, upload, { method: 'PATCH', headers, body: bytes, signal });
}

async function send(
  fetch: Fetch,
  { url, token }: Upload,
  init: RequestInit & { signal: AbortSignal },
): Promise<Outcome> {
  const headers = { ...init.headers, Authorization: `Bearer ${token}` };
  const response = await answerOf(fetch, url, { ...init, headers });
  if (!response) return { is: 'away', pause: null };
  // Nobody reads it, and until it is gone it holds the connection.
  void response.body?.cancel();
  return outcome(response);
}

/** @returns null where there is no way to the server, or no answer in time */
async function answerOf(
  fetch: Fetch,
  url: string,
  init: RequestInit & { signal: AbortSignal },
): Promise<Response | null> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), ANSWER_TIMEOUT);
  const pass = () => stop.abort();
  init.signal.addEventListener('abort', pass);
  try {
    return await fetch(url, {
      ...init,
      headers: { ...init.headers, 'Tus-Resumable': '1.0.0' },
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      signal: stop.signal,
    });
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    init.signal.removeEventListener('abort', pass);
  }
}

function outcome({ ok, status, headers }: Response): Outcome {
  const offset = numberIn(headers, 'Upload-Offset');
  if (ok && offset !== null) return { is: 'offset', offset, length: numberIn(headers, 'Upload-Length') };
  if (status === 401) return { is: 'unauthorized' };
  // A proxy that has lost its server says 404 too.
  if (status === 410 || ((status === 404 || status === 415) && headers.has('Tus-Resumable'))) return { is: 'gone' };
  if (status === 409) return { is: 'conflict' };
  if (status === 413) return { is: 'too-large' };
  if (status === 507) return { is: 'full', pause: pauseOf(headers) };
  if (status === 404 || status === 408 || status === 423 || status === 425 || status === 429 || status >= 500) {
    return { is: 'away', pause: pauseOf(headers) };
  }
  return { is: 'refused' };
}

/** The content of a good answer; null without one. */
async function json(response: Response | null): Promise<unknown> {
  if (!response?.ok) void response?.body?.cancel();
  return response?.ok ? response.json().catch(() => null) : null;
}

/** `Retry-After` in ms (RFC 9110); the form with a date counts as none. */
function pauseOf(headers: Headers): number | null {
  const seconds = numberIn(headers, 'Retry-After');
  return seconds === null ? null : seconds * 1000;
}

function numberIn(headers: Headers, name: string): number | null {
  const text = headers.get(name) ?? '';
  return /^\d+$/.test(text) ? Number(text) : null;
}
