import type { Asked } from './asked.ts';
import { errorOf, MeshServerError } from './mesh-server-error.ts';

/** Where requests go, and how. */
export interface Route {
  /** The URL of the API, with a slash at its end. */
  readonly url: string;
  readonly apiKey: string;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly fetch: typeof fetch;
}

/** No request waits longer than this for its next try, in seconds. */
const LONGEST_PAUSE = 10;
const FIRST_PAUSE = 0.25;

/** These say that nothing was done yet, and that the same request can succeed soon. */
const passing = ['BUSY_TRY_AGAIN', 'RATE_LIMITED', 'IDEMPOTENCY_KEY_IN_USE', 'ICE_UNAVAILABLE'];

/**
 * Sends a request, again where that does no harm: after a code that passes, and after a lost answer if the request only reads or
 * has an Idempotency-Key.
 * @throws MeshServerError, or the reason of the signal
 */
export async function send(route: Route, asked: Asked): Promise<unknown> {
  const request = requestOf(route, asked);
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt(route, request, asked);
    } catch (error) {
      const pause = tries < route.retries ? pauseAfter(error, asked, tries) : null;
      if (pause === null) throw error;
      await sleep(pause, asked.options?.signal);
    }
  }
}

interface Prepared {
  readonly url: string;
  readonly init: RequestInit;
}

/** @throws TypeError where a part of the path would lead elsewhere */
function requestOf({ url, apiKey }: Route, { method, path, query = {}, body, options = {} }: Asked): Prepared {
  for (const part of path) {
    if (!['string', 'number'].includes(typeof part) || /^\.{0,2}$/.test(String(part)))
      throw new TypeError('MeshServer: an id is missing or wrong.');
  }
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const { idempotencyKey = crypto.randomUUID(), ifRev, range } = options;
  return {
    url: `${url}${path.map(encodeURIComponent).join('/')}${search.size > 0 ? `?${search}` : ''}`,
    init: {
      method,
      // A key must not follow to another place.
      redirect: 'manual',
      headers: {
        Authorization: `Bearer ${apiKey}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(method === 'POST' ? { 'Idempotency-Key': idempotencyKey } : {}),
        ...(range === undefined ? {} : { Range: range }),
        ...(ifRev === undefined ? {} : { 'If-Match': `"${ifRev}"` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
  };
}

/** @returns the JSON of the answer; undefined where it has none; the response itself where it is a file */
async function attempt(route: Route, { url, init }: Prepared, { options, isFile = false }: Asked): Promise<unknown> {
  const signal = options?.signal;
  signal?.throwIfAborted();
  const late = new AbortController();
  // Long files may take longer: the time is for their beginning.
  const timer = setTimeout(() => late.abort(), route.timeoutMs);
  let status: number;
  let text: string;
  try {
    const either = signal ? AbortSignal.any([signal, late.signal]) : late.signal;
    const response = await route.fetch(url, { ...init, signal: either });
    if (isFile && response.ok) return response;
    status = response.status;
    text = await response.text();
  } catch {
    signal?.throwIfAborted();
    const message = 'The server could not be reached, or did not answer in time. Check the url, and that it runs.';
    throw new MeshServerError('NO_ANSWER', message, null);
  } finally {
    clearTimeout(timer);
  }
  const body = parsed(text);
  if (status < 200 || status > 299 || (body === undefined && status !== 204)) throw errorOf(status, body);
  return body;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Seconds until the next try; null: there is none. */
function pauseAfter(error: unknown, { method }: Asked, tries: number): number | null {
  if (!(error instanceof MeshServerError)) return null;
  const { code, status, retryAfter } = error;
  // A proxy says so while the server starts.
  const isLost = code === 'NO_ANSWER' || (code === 'UNEXPECTED_ANSWER' && [502, 503, 504].includes(status ?? 0));
  const isSafe = method === 'GET' || method === 'POST';
  if (!passing.includes(code) && !(isLost && isSafe)) return null;
  // Many that were refused at once shall not come back at once.
  const pause = (retryAfter ?? FIRST_PAUSE * 2 ** tries) * (1 + Math.random() / 4);
  return pause <= LONGEST_PAUSE * 1.25 ? pause : null;
}

function sleep(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', giveUp);
      resolve();
    }, seconds * 1000);
    const giveUp = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', giveUp, { once: true });
    if (signal?.aborted) giveUp();
  });
}
