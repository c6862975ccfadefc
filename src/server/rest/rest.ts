import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { StoreAway, StoreError } from '../storage/store.ts';
import { logAccess } from './access-log.ts';
import { authenticate } from './authentication.ts';
import { describe, describeKeys, documentOf } from './document.ts';
import { Idempotency } from './idempotency.ts';
import { LARGEST_BODY } from './input.ts';
import { type Api, type ApiEnv, isRead, type Operation } from './operation.ts';
import { operationsOf } from './operations.ts';
import { type Problem, problem, problemResponse } from './problem.ts';
import { limitRate } from './rate-limit.ts';
import { serve } from './serve.ts';

const STOPPING = 'The server is stopping. Try again in a moment.';
const NOT_STORED = 'The server cannot save or read that right now. Try again in a moment.';

/** The REST API: an application of Hono, mounted below the base path. */
export class Rest {
  readonly #api: Api;
  readonly #app = new OpenAPIHono<ApiEnv>();
  readonly #underWay = new Set<Promise<Response>>();
  #document: string | null = null;
  #isStopping = false;

  constructor(api: Api) {
    this.#api = api;
    const { config, log } = api.services;
    const app = this.#app;
    app.use(logAccess(log));
    app.onError((error) => problemResponse(this.#failure(error)));
    // It holds nothing that is secret, and programs that read it have no key.
    app.get('/openapi.json', (context) => {
      context.set('operation', 'GET openapi.json');
      this.#document ??= documentOf(app, api.url());
      return context.body(this.#document, 200, { 'Content-Type': 'application/json' });
    });
    app.use(authenticate(config.apiKeys), limitRate(api.services));
    app.use(bodyLimit({ maxSize: LARGEST_BODY, onError: () => problemResponse(problem('TOO_LARGE')) }));
    describeKeys(app);
    const operations = operationsOf(config.settings);
    const idempotency = new Idempotency(api.services, api.records.idempotencyKeys);
    for (const operation of operations) {
      describe(app, operation);
      app.on(operation.method.toUpperCase(), routeOf(operation), serve(operation, api, idempotency));
    }
    for (const [route, methods] of methodsByRoute(operations)) {
      app.all(route, ({ req }) => otherMethod(req.method, methods));
    }
    app.all('*', () => problemResponse(problem('NOT_FOUND')));
  }

  /** Answers a request whose path begins below that of the API. */
  async fetch(request: Request): Promise<Response> {
    if (this.#isStopping) return problemResponse(problem('BUSY_TRY_AGAIN', {}, STOPPING));
    const answering = Promise.resolve(this.#app.fetch(request));
    this.#underWay.add(answering);
    try {
      const response = await answering;
      // Answers hold tokens.
      response.headers.set('Cache-Control', 'no-store');
      return response;
    } finally {
      this.#underWay.delete(answering);
    }
  }

  /** Refuses requests from now on, and waits for those under way. */
  async close(): Promise<void> {
    this.#isStopping = true;
    await Promise.allSettled(this.#underWay);
  }

  #failure(error: unknown): Problem {
    const { log } = this.#api.services;
    log[error instanceof StoreAway ? 'debug' : 'error']({ err: error }, 'a request of the API failed');
    return error instanceof StoreError ? problem('BUSY_TRY_AGAIN', {}, NOT_STORED) : problem('INTERNAL');
  }
}

/** The path of an operation, as Hono writes it. */
const routeOf = ({ path }: Operation) => `/${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;

/** The methods that each path takes. */
function methodsByRoute(operations: readonly Operation[]): Map<string, string[]> {
  const routes = new Map<string, string[]>();
  for (const operation of operations) {
    const methods = routes.get(routeOf(operation)) ?? ['OPTIONS'];
    methods.push(...(isRead(operation) ? ['GET', 'HEAD'] : [operation.method.toUpperCase()]));
    routes.set(routeOf(operation), methods);
  }
  return routes;
}

/** The answer to a method that a path does not take, and to OPTIONS (RFC 9110, 9.3.7 and 15.5.6). */
function otherMethod(method: string, methods: readonly string[]): Response {
  const headers = { Allow: [...methods].sort().join(', ') };
  if (method === 'OPTIONS') return new Response(null, { status: 204, headers });
  return problemResponse(problem('METHOD_NOT_ALLOWED'), headers);
}
