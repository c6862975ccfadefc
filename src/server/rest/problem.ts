import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { type ErrorCode, type ErrorDetails, errors, type Refusal } from '../../protocol/errors.ts';
import { type Reply, toResponse } from './reply.ts';

/** The sentences of codes that only the REST API has, or for which those of the protocol speak to somebody else. */
const ownErrors = {
  INVALID_TOKEN: 'A key is missing, or it is not known here. Send it in the header Authorization: Bearer <secret>.',
  NOT_ALLOWED: 'The key has not the scope that this needs.',
  WORKSPACE_GONE: 'There is no workspace with this id (any more).',
  NO_CALL: 'There is no call with this id.',
  NO_SUCH_CONSULTATION: 'There is no consultation with this id.',
  NO_RECORDING: 'There is no recording with this id.',
  RANGE_NOT_SATISFIABLE: 'It has none of the bytes that the header Range asks for.',
  NOT_FOUND: 'There is nothing at this path. The operations are in openapi.json.',
  METHOD_NOT_ALLOWED: 'This path does not take that method. See the header Allow.',
  INVALID_JSON: 'The body is no JSON (RFC 8259). Correct it and send it again.',
  UNSUPPORTED_MEDIA_TYPE: 'The body must be application/json. Set the header Content-Type.',
  PRECONDITION_FAILED: 'It has changed since you read it. Read it again, and send your change with its new ETag.',
  IDEMPOTENCY_KEY_IN_USE: 'A request with this Idempotency-Key is under way. Send this one again in a moment.',
  IDEMPOTENCY_KEY_REUSED: 'This Idempotency-Key belongs to another request. Take a new one for each request.',
  EXTERNAL_ID_TAKEN: 'Another workspace has this externalId. Use that one, or close it first.',
  CONFLICT: 'That cannot be done while things are as they are.',
} as const;

export type ProblemCode = ErrorCode | keyof typeof ownErrors;

/** The status of each code (RFC 9110, 15; RFC 6585). */
const statuses: Record<ProblemCode, number> = {
  INVALID_PAYLOAD: 422,
  INVALID_JSON: 400,
  INVALID_TOKEN: 401,
  TOKEN_EXPIRED: 401,
  WRONG_PIN: 403,
  OWNER_ONLY: 403,
  NOT_ALLOWED: 403,
  NOT_SIGNED_IN: 403,
  KICKED: 403,
  NOT_FOUND: 404,
  UNKNOWN_COMMAND: 404,
  WORKSPACE_GONE: 404,
  NO_SUCH_ATTENDEE: 404,
  NOT_SEATED: 404,
  NO_CALL: 404,
  NOT_ON_CALL: 404,
  NO_SUCH_USER: 404,
  NO_SUCH_CONSULTATION: 404,
  NO_RECORDING: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  FULL: 409,
  EXTERNAL_ID_TAKEN: 409,
  NAME_TAKEN: 409,
  INVITE_OVER: 409,
  CONSULTATION_CLOSED: 409,
  TIME_OVER: 409,
  IDEMPOTENCY_KEY_IN_USE: 409,
  PRECONDITION_FAILED: 412,
  TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RANGE_NOT_SATISFIABLE: 416,
  IDEMPOTENCY_KEY_REUSED: 422,
  LOCKED_OUT: 429,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  ICE_UNAVAILABLE: 503,
  BUSY_TRY_AGAIN: 503,
};

/** After so many seconds a client may try again where nothing more exact is known. */
const RETRY_AFTER = 1;

/** An answer that is no success, as a value. */
export interface Problem {
  readonly problem: ProblemCode;
  /** Replaces the sentence of the code by a more exact one. */
  readonly detail?: string;
  readonly details: ProblemDetails;
}

interface ProblemDetails extends ErrorDetails {
  /** The workspace that stands in the way. */
  readonly workspace?: { readonly id: string };
}

export function problem(code: ProblemCode, details: ProblemDetails = {}, detail?: string): Problem {
  return detail === undefined ? { problem: code, details } : { problem: code, details, detail };
}

/** The refusal of a command, as the REST API says it. */
export function problemOf({ refused, details, message }: Refusal): Problem {
  return problem(refused, details, message);
}

export function isProblem(value: object): value is Problem {
  return 'problem' in value;
}

/** The body of a problem (RFC 9457). Its `type` is about:blank, so that `title` is the phrase of its status. */
export const problemSchema = z
  .object({
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    field: z.string().optional(),
    retryAfter: z.number().optional(),
    capacity: z.number().optional(),
    workspace: z.object({ id: z.string() }).optional(),
  })
  .meta({ id: 'Problem' });

/** A problem as a reply. @param headers further ones, such as Allow */
export function problemReply(
  { problem: code, detail, details }: Problem,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const status = statuses[code];
  const retryAfter = details.retryAfter ?? (status === 503 || code === 'IDEMPOTENCY_KEY_IN_USE' ? RETRY_AFTER : null);
  const body: z.input<typeof problemSchema> = {
    title: STATUS_CODES[status] ?? '',
    status,
    detail: detail ?? { ...errors, ...ownErrors }[code],
    code,
    ...details,
    ...(retryAfter === null ? {} : { retryAfter }),
  };
  return {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      ...(retryAfter === null ? {} : { 'Retry-After': String(retryAfter) }),
      ...headers,
    },
    body: JSON.stringify(body),
  };
}

/** A problem as a response. */
export function problemResponse(found: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  return toResponse(problemReply(found, headers));
}

/** The status of a code, and its sentence where there is none more exact. */
export function aboutCode(code: ProblemCode): { status: number; sentence: string } {
  return { status: statuses[code], sentence: { ...errors, ...ownErrors }[code] };
}

/** The statuses that these codes have, for the description of an operation. */
export function statusesOf(codes: readonly ProblemCode[]): number[] {
  return [...new Set(codes.map((code) => statuses[code]))].sort((a, b) => a - b);
}
