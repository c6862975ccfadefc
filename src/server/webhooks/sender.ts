import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { version } from '../../version.ts';
import { hostOf, type Internet, isPublicAddress, NotPublic, publicLookup } from './public-address.ts';
import { readRetryAfter } from './schedule.ts';

/** Where a delivery goes. */
interface Destination {
  /** The id of the endpoint. */
  readonly id: string;
  readonly url: string;
  /** Whether it must have public addresses alone. */
  readonly mustBePublic: boolean;
}

/** How an attempt ended. */
export interface AttemptResult {
  /** The status of the answer; null where none came. */
  readonly status: number | null;
  /** Why it failed, as a sentence; null where the receiver has taken it (2xx). */
  readonly error: string | null;
  /** When the receiver wants to be asked again, in ms from now; null where it did not say. */
  readonly retryAfter: number | null;
}

export interface SenderOptions {
  /** Where the endpoints are that must be public. */
  readonly internet: Internet;
  /** The clock on the wall, in ms since the epoch. */
  readonly wallClock: () => number;
  /** ms that an attempt has, from the look-up of the name to the head of the answer. */
  readonly timeoutMs: number;
  /** Connections to one endpoint. */
  readonly connections: number;
}

/** Nobody needs the text of an answer. Reading a short one to its end lets the connection serve the next delivery. */
const LONGEST_ANSWER = 16_384;

const IDLE_MS = 10_000;

/**
 * Sends deliveries over HTTP. Each endpoint has connections of its own, so none waits for another; they stay open for the
 * deliveries that follow. Redirects are not followed, and no cookie is kept.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #lookup: LookupFunction;
  readonly #agents = new Map<string, http.Agent>();
  readonly #underWay = new Set<http.ClientRequest>();
  #isClosed = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#lookup = publicLookup(options.internet);
  }

  /**
   * Makes one attempt.
   * @param headers the signature
   * @param body JSON
   * @returns null where `close` came before the end, so that nobody knows how it ended
   */
  async send(to: Destination, headers: Readonly<Record<string, string>>, body: string): Promise<AttemptResult | null> {
    const url = new URL(to.url);
    const host = hostOf(url);
    if (to.mustBePublic && isIP(host) !== 0 && !isPublicAddress(host)) return failure(new NotPublic().message);
    const until = performance.now() + this.#options.timeoutMs;
    const result = await this.#attempt(url, to, headers, body, until);
    // The receiver closed an idle connection just when this request took it, and has not seen the request.
    const isRepeated = result === 'not seen' && !this.#isClosed;
    const last = isRepeated ? await this.#attempt(url, to, headers, body, until) : result;
    return last === 'not seen' ? failure(CLOSED) : last;
  }

  #attempt(
    url: URL,
    to: Destination,
    headers: Readonly<Record<string, string>>,
    body: string,
    until: number,
  ): Promise<AttemptResult | 'not seen' | null> {
    const { timeoutMs, wallClock } = this.#options;
    return new Promise((resolve) => {
      if (this.#isClosed) return resolve(null);
      const request = (url.protocol === 'https:' ? https : http).request(url, {
        method: 'POST',
        agent: this.#agentOf(to, url),
        headers: {
          ...headers,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': `mesh-workspaces/${version}`,
        },
        ...(to.mustBePublic ? { lookup: this.#lookup } : {}),
      });
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        request.destroy();
      }, until - performance.now());
      this.#underWay.add(request);
      request.on('response', (response) => {
        resolve(resultOf(response, wallClock()));
        readToItsEnd(response);
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (this.#isClosed) resolve(null);
        else if (isLate) resolve(failure(`No answer came within ${timeoutMs / 1000} seconds.`));
        else if (request.reusedSocket && error.code === 'ECONNRESET') resolve('not seen');
        else resolve(failure(sentenceOf(error)));
      });
      request.on('close', () => {
        clearTimeout(timer);
        this.#underWay.delete(request);
        resolve(this.#isClosed ? null : failure(CLOSED));
      });
      request.end(body);
    });
  }

  #agentOf({ id, mustBePublic }: Destination, { protocol }: URL): http.Agent {
    const key = `${protocol}${id}`;
    const known = this.#agents.get(key);
    if (known) return known;
    const { connections, internet } = this.#options;
    const options = { keepAlive: true, maxSockets: connections, timeout: IDLE_MS };
    const authorities = mustBePublic && internet.ca ? { ca: internet.ca } : {};
    const agent = protocol === 'https:' ? new https.Agent({ ...options, ...authorities }) : new http.Agent(options);
    this.#agents.set(key, agent);
    return agent;
  }

  /** Closes the idle connections of an endpoint that is no more. An attempt that is under way goes on to its end. */
  forget(id: string): void {
    for (const protocol of ['http:', 'https:']) {
      const agent = this.#agents.get(`${protocol}${id}`);
      for (const socket of Object.values(agent?.freeSockets ?? {}).flat()) socket?.destroy();
      this.#agents.delete(`${protocol}${id}`);
    }
  }

  /** Cuts off what is under way, and closes all connections. */
  close(): void {
    this.#isClosed = true;
    for (const request of this.#underWay) request.destroy();
    for (const agent of this.#agents.values()) agent.destroy();
  }
}

const CLOSED = 'The endpoint closed the connection without an answer.';

/** Lets go of a connection whose answer is long. */
function readToItsEnd(response: http.IncomingMessage): void {
  let length = 0;
  response.on('data', (bytes: Buffer) => {
    length += bytes.length;
    if (length > LONGEST_ANSWER) response.destroy();
  });
  response.on('error', () => {});
}

function failure(error: string, status: number | null = null, retryAfter: number | null = null): AttemptResult {
  return { status, error, retryAfter };
}

function resultOf({ statusCode: status = 0, headers }: http.IncomingMessage, now: number): AttemptResult {
  if (status >= 200 && status < 300) return { status, error: null, retryAfter: null };
  if (status === 410) return failure('The endpoint answered 410: it wants no deliveries any more.', status);
  const sentence =
    status >= 300 && status < 400
      ? `The endpoint answered with a redirect (${status}), which is not followed.`
      : `The endpoint answered ${status}.`;
  return failure(sentence, status, readRetryAfter(headers['retry-after'], now));
}

/** What went wrong, without addresses and names: an endpoint must not explore this network by its errors. */
function sentenceOf(error: NodeJS.ErrnoException): string {
  if (error instanceof NotPublic) return error.message;
  const code = error.code ?? error.name;
  const isOfNames = error.syscall?.startsWith('query') || error.syscall === 'getaddrinfo';
  if (isOfNames || code === 'ENOTFOUND') {
    return code === 'ENOTFOUND' || code === 'ENODATA'
      ? 'The name of the endpoint has no address.'
      : `The name servers did not answer (${code}).`;
  }
  if (code === 'ECONNREFUSED') return 'The endpoint refused the connection.';
  if (code === 'ECONNRESET' || code === 'EPIPE') return CLOSED;
  if (code.startsWith('HPE_')) return `The endpoint did not answer in HTTP (${code}).`;
  if (/CERT|SIGNED|ALTNAME|VERIFY/.test(code)) return `The certificate of the endpoint is not valid (${code}).`;
  return `The connection to the endpoint failed (${code}).`;
}
