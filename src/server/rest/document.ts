import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { version } from '../../version.ts';
import { type ApiEnv, isRead, type Operation } from './operation.ts';
import { type ProblemCode, problemSchema, statusesOf } from './problem.ts';

type App = OpenAPIHono<ApiEnv>;

const SCHEME = 'key';

/** What every operation can answer, and what each with a body can. */
const common: readonly ProblemCode[] = ['INVALID_TOKEN', 'NOT_ALLOWED', 'RATE_LIMITED', 'INTERNAL', 'BUSY_TRY_AGAIN'];
const withBody: readonly ProblemCode[] = ['INVALID_JSON', 'INVALID_PAYLOAD', 'TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];
const ofPosts: readonly ProblemCode[] = ['IDEMPOTENCY_KEY_IN_USE', 'IDEMPOTENCY_KEY_REUSED'];

const idempotencyKey = z.string().min(1).max(255).optional().meta({
  description: 'The same one again, within 24 hours and with the same body, is answered with the first answer.',
});
const range = z.string().optional().meta({ description: 'Some bytes alone: `bytes=0-1023`.' });
const ifMatch = z.string().optional().meta({ description: 'Change it only if it still has this ETag.' });

/** The codes of all problems that an operation can answer with. */
export function codesOf({ method, body, query, isConditional, problems }: Operation): ProblemCode[] {
  return [
    ...common,
    ...(body || query ? withBody : []),
    ...(method === 'post' ? ofPosts : []),
    ...(isConditional ? (['PRECONDITION_FAILED'] as const) : []),
    ...problems,
  ];
}

/** Adds an operation to openapi.json. */
export function describe(app: App, operation: Operation): void {
  const { id, method, path, about, params, query, body, scope, isConditional, mediaTypes } = operation;
  const isPost = method === 'post';
  const headers = {
    ...(isPost ? { 'Idempotency-Key': idempotencyKey } : {}),
    ...(isConditional ? { 'If-Match': ifMatch } : {}),
    ...(mediaTypes ? { Range: range } : {}),
  };
  app.openAPIRegistry.registerPath({
    method,
    path: `/${path}`,
    operationId: id,
    summary: about,
    description: `Needs a key with the scope \`${scope}\`.`,
    tags: [path.split('/')[0] ?? ''],
    security: [{ [SCHEME]: [] }],
    request: {
      ...(params ? { params } : {}),
      ...(query ? { query } : {}),
      ...(Object.keys(headers).length > 0 ? { headers: z.object(headers) } : {}),
      ...(body ? { body: { required: true, content: { 'application/json': { schema: body } } } } : {}),
    },
    responses: {
      ...successOf(operation),
      ...Object.fromEntries(
        statusesOf(codesOf(operation)).map((each) => [
          each,
          { description: 'A problem.', content: { 'application/problem+json': { schema: problemSchema } } },
        ]),
      ),
    },
  });
}

/** The description of its success. */
function successOf(operation: Operation) {
  const { status, answer, mediaTypes } = operation;
  if (status === 204) return { [status]: { description: 'Done.' } };
  if (!mediaTypes) {
    const description = isRead(operation) ? 'It.' : 'Done.';
    return { [status]: { description, content: { 'application/json': { schema: answer } } } };
  }
  const bytes = { schema: { type: 'string', format: 'binary' } } as const;
  const content = Object.fromEntries(mediaTypes.map((each) => [each, bytes]));
  return { 200: { description: 'It.', content }, 206: { description: 'The bytes that Range asks for.', content } };
}

/** Says in openapi.json how a request proves its key. */
export function describeKeys(app: App): void {
  app.openAPIRegistry.registerComponent('securitySchemes', SCHEME, {
    type: 'http',
    scheme: 'bearer',
    description: 'The secret of a key in API_KEYS.',
  });
}

/** The text of openapi.json, with all that was described (OpenAPI 3.1). @param url the URL of the API */
export function documentOf(app: App, url: string): string {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'mesh-workspaces',
      version,
      description:
        'Times are in ms since the epoch. Errors are problems (RFC 9457) with a `code`. See docs/rest.md of the server.',
    },
    servers: [{ url }],
  });
  return JSON.stringify(document);
}
