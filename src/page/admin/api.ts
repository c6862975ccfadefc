import { strings } from './strings.ts';

/** A request that failed. Its message is a sentence for the person. */
export class ApiError extends Error {
  override name = 'ApiError';
  /** The status of HTTP; null where the server did not answer. */
  readonly status: number | null;

  constructor(message: string, status: number | null) {
    super(message);
    this.status = status;
  }
}

/** The sentence for the person when a request failed. */
export function sentenceOf(failure: unknown): string {
  return failure instanceof ApiError ? failure.message : strings.failed;
}

/** The page stands at admin/, beside the API. */
const ROOT = new URL('../api/v1/', document.baseURI);

/** The REST API with one key, which is nowhere but here. */
export class Api {
  readonly #secret: string;
  /** From the clock of this machine to that of the server, ms. */
  #offset = 0;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** The time of the server, in ms since the epoch, to the second. */
  now(): number {
    return Date.now() + this.#offset;
  }

  /** @throws ApiError */
  get<Body>(path: string): Promise<Body> {
    return this.#ask<Body>('GET', path);
  }

  /** @throws ApiError */
  async post(path: string): Promise<void> {
    await this.#ask('POST', path);
  }

  /** @throws ApiError */
  async delete(path: string): Promise<void> {
    await this.#ask('DELETE', path);
  }

  async #ask<Body>(method: string, path: string): Promise<Body> {
    const response = await fetch(new URL(path, ROOT), {
      method,
      headers: { Authorization: `Bearer ${this.#secret}` },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
    }).catch(() => {
      throw new ApiError(strings.unreachable, null);
    });
    const date = Date.parse(response.headers.get('Date') ?? '');
    if (Number.isFinite(date)) this.#offset = date - Date.now();
    const body = response.status === 204 ? null : await response.json().catch(() => null);
    if (response.ok) return body as Body;
    throw new ApiError(typeof body?.detail === 'string' ? body.detail : strings.failed, response.status);
  }
}
