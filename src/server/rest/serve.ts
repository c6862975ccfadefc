import type { Context, Handler } from 'hono';
import { newId } from '../commands/arrival.ts';
import { fileResponse, unsatisfied } from '../recordings/served-file.ts';
import type { Services } from '../services.ts';
import { beyondScope, scopeChallenge } from './authentication.ts';
import type { Idempotency } from './idempotency.ts';
import { fitted, parseBody } from './input.ts';
import { type Api, type ApiEnv, nameOf, type Operation, type Success } from './operation.ts';
import { etagOf, meetsIfNoneMatch } from './preconditions.ts';
import { isProblem, type Problem, problem, problemReply, problemResponse } from './problem.ts';
import { type Reply, toResponse } from './reply.ts';

type ApiContext = Context<ApiEnv>;

/** Answers requests of an operation: checks the scope of the key and the input, then lets its handler work. */
export function serve(operation: Operation, api: Api, idempotency: Idempotency): Handler<ApiEnv> {
  return async (context) => {
    context.set('operation', nameOf(operation));
    const { req } = context;
    const key = context.get('key');
    if (!key) throw new Error('a request without a key has come to an operation');
    const refusal = beyondScope(key, operation.scope);
    if (refusal) return problemResponse(refusal, scopeChallenge(operation.scope));
    const input = await inputOf(operation, context);
    if (isProblem(input)) return problemResponse(input);
    const requestOf = (seed: string | null) => ({
      key,
      ifMatch: req.header('If-Match'),
      isRepeatable: seed !== null,
      newId: idsOf(api.services, seed),
    });
    if (operation.mediaTypes) return sent(context, await operation.handle(api, input, requestOf(null)));
    const answer = async (seed: string | null) => {
      return replyTo(operation, api, await operation.handle(api, input, requestOf(seed)));
    };
    const idempotencyKey = operation.method === 'post' ? req.header('Idempotency-Key') : undefined;
    const reply =
      idempotencyKey === undefined
        ? await answer(null)
        : await idempotency.once(
            { keyId: key.id, idempotencyKey, target: `${req.method} ${req.path}`, body: await req.text() },
            answer,
          );
    return hasAlready(context, reply) ? new Response(null, { status: 304, headers: reply.headers }) : toResponse(reply);
  };
}

/** Makes ids, which follow from the seed where there is one. */
function idsOf({ config, sealing }: Services, seed: string | null): () => string {
  const { settings } = config;
  let made = 0;
  return () => {
    made += 1;
    return seed === null ? newId(settings) : `_${sealing.digest(seed, made).slice(0, settings.WORKSPACE_ID_LEN)}`;
  };
}

interface Parts {
  params: unknown;
  query: unknown;
  body: unknown;
}

async function inputOf({ params, query, body }: Operation, { req }: ApiContext): Promise<Parts | Problem> {
  const parts: Parts = { params: {}, query: {}, body: undefined };
  if (params) {
    const checked = fitted(params, req.param());
    if (isProblem(checked)) return checked;
    parts.params = checked.value;
  }
  if (query) {
    const checked = fitted(query, req.query());
    if (isProblem(checked)) return checked;
    parts.query = checked.value;
  }
  if (body) {
    const parsed = parseBody(await req.text(), req.header('Content-Type'));
    if (isProblem(parsed)) return parsed;
    const checked = fitted(body, parsed.value ?? {});
    if (isProblem(checked)) return checked;
    parts.body = checked.value;
  }
  return parts;
}

/** Answers go through the schema of the operation, which drops every member that it does not know. */
function replyTo({ status, answer }: Operation, { url }: Api, done: Success<unknown> | Problem): Reply {
  if (isProblem(done)) return problemReply(done);
  const { body, rev, location } = done;
  const headers = {
    ...(rev === undefined ? {} : { ETag: etagOf(rev) }),
    ...(location === undefined ? {} : { Location: `${url()}/${location}` }),
  };
  if (status === 204) return { status, headers, body: null };
  return {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(answer.parse(body)),
  };
}

/** The file that an operation hands out. */
function sent({ req }: ApiContext, done: Success<unknown> | Problem): Response {
  if (isProblem(done)) return problemResponse(done);
  if (!done.file) throw new Error('an operation that hands out a file has none');
  const sent = fileResponse(done.file, req.raw);
  return sent ?? problemResponse(problem('RANGE_NOT_SATISFIABLE'), unsatisfied(done.file));
}

function hasAlready({ req }: ApiContext, { status, headers }: Reply): boolean {
  const { ETag } = headers;
  return (
    req.method === 'GET' && status === 200 && ETag !== undefined && meetsIfNoneMatch(req.header('If-None-Match'), ETag)
  );
}
