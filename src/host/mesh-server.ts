import type { Asked } from './asked.ts';
import { Operations } from './operations.ts';
import { type Page, Pages } from './pages.ts';
import { type Route, send } from './request.ts';

export type { ConditionalOptions, FileOptions, PostOptions, RequestOptions } from './asked.ts';
export { MeshServerError, type MeshServerErrorCode } from './mesh-server-error.ts';
export type * from './operations.ts';
export type { Page, Pages } from './pages.ts';
export { type UserTokenClaims, type UserTokenKey, userToken } from './user-token.ts';
export { InvalidWebhook, verifyWebhook, type WebhookEvent, type WebhookHeaders } from './webhook.ts';

export interface MeshServerOptions {
  /** The URL of the server, with its path if a proxy serves it under one (https://example.com/calls/). */
  url: string | URL;
  /** The secret of a key in API_KEYS of the server. Keep it out of browsers. */
  apiKey: string;
  /** An answer that takes longer than this many ms counts as lost; default 30,000. */
  timeoutMs?: number;
  /** So many times a request is sent again that failed for a moment; default 2. */
  retries?: number;
  /** Sends the requests, for tests and proxies; default: the `fetch` of the platform. */
  fetch?: typeof fetch;
}

/**
 * The REST API of a mesh-workspaces server, for the system that hosts it. It needs nothing but `fetch` and WebCrypto, and runs on
 * Node, Deno, Bun and workers.
 *
 * Each operation is a method: the ids of its path, then its body or query, then options. It rejects with a MeshServerError. A
 * request that failed for a moment is sent again by itself, each one that creates something with an Idempotency-Key of its own, so
 * that it is done once. Lists are read page by page while you iterate.
 *
 * @example
 * const mesh = new MeshServer({ url: 'https://calls.example.com', apiKey: process.env.MESH_API_KEY });
 * const { consultation, owner, invitation } = await mesh.openConsultation({ provider: { id: 'ada', name: 'Dr. Ada' } });
 */
export class MeshServer extends Operations {
  readonly #route: Route;

  /** @throws TypeError if `url` or `apiKey` cannot lead to a server; its sentence repeats neither */
  constructor({ url, apiKey, timeoutMs = 30_000, retries = 2, fetch: own }: MeshServerOptions) {
    super();
    if (typeof apiKey !== 'string' || !/^[\x21-\x7e]+$/.test(apiKey)) {
      throw new TypeError('MeshServer: `apiKey` must be the secret of a key in API_KEYS of the server.');
    }
    // Some platforms refuse a fetch that is called as a method.
    const fetchIt: typeof fetch = own ?? ((input, init) => fetch(input, init));
    this.#route = { url: apiOf(url), apiKey, timeoutMs, retries, fetch: fetchIt };
  }

  protected override async ask<Answer>(asked: Asked): Promise<Answer> {
    return (await send(this.#route, asked)) as Answer;
  }

  protected override list<Item>(asked: Omit<Asked, 'method'>): Pages<Item> {
    return new Pages((cursor) => {
      const query = cursor === undefined ? asked.query : { ...asked.query, cursor };
      return this.ask<Page<Item>>({ ...asked, method: 'GET', query });
    });
  }
}

/** The URL of the API of a server. @throws TypeError */
function apiOf(url: string | URL): string {
  const text = String(url);
  if (!URL.canParse(text)) throw new TypeError('MeshServer: `url` must be a URL, such as https://calls.example.com.');
  const { protocol, host, pathname, search, username, password } = new URL(text);
  if (!['http:', 'https:'].includes(protocol)) throw new TypeError('MeshServer: `url` must begin with https://.');
  if (username !== '' || password !== '' || search !== '') {
    throw new TypeError('MeshServer: `url` must hold no user name, no password and no query.');
  }
  return `${protocol}//${host}${pathname.replace(/\/*$/, '')}/api/v1/`;
}
