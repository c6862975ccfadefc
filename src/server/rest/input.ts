import { z } from 'zod';
import { refuse } from '../../protocol/errors.ts';
import { whatIsWrong } from '../../protocol/validation.ts';
import { type Problem, problem, problemOf } from './problem.ts';

/** The largest body, bytes. */
export const LARGEST_BODY = 65_536;

const isJson = (contentType: string | undefined) =>
  /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(contentType ?? '');

/** The JSON of a body; undefined where there is none. */
export function parseBody(text: string, contentType: string | undefined): { value: unknown } | Problem {
  if (text.trim() === '') return { value: undefined };
  if (contentType !== undefined && !isJson(contentType)) return problem('UNSUPPORTED_MEDIA_TYPE');
  try {
    return { value: JSON.parse(text) };
  } catch {
    return problem('INVALID_JSON');
  }
}

/** Checks a part of a request. @returns its value, or the problem, which names the first field that does not fit */
export function fitted<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): { value: z.output<Schema> } | Problem {
  const parsed = schema.safeParse(value);
  if (!parsed.success) return problemOf(whatIsWrong(parsed.error));
  const lost = lostMember(value);
  if (lost !== null) return problemOf(refuse('INVALID_PAYLOAD', { field: lost }, cannotKeep(lost)));
  return { value: parsed.data };
}

const cannotKeep = (field: string) => `The field ${field} cannot be kept under this name. Give it another one.`;

/** The path of a member that a schema leaves out without a word: it would be the prototype. What fits is never deep. */
function lostMember(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null;
  if (Object.hasOwn(value, '__proto__')) return '__proto__';
  for (const [name, member] of Object.entries(value)) {
    const lost = lostMember(member);
    if (lost !== null) return `${name}.${lost}`;
  }
  return null;
}

/** A lone half of a surrogate pair, which no database keeps, and control characters. */
const UNFIT = /[\p{Cc}\p{Surrogate}]/u;

/** Text that the server hands on as it came: an id of somebody else's. */
export function foreignId(maxLength = 255) {
  return z
    .string()
    .min(1)
    .max(maxLength)
    .refine((value) => !UNFIT.test(value), 'must hold no control characters');
}

/** The largest metadata, bytes of its JSON. */
const LARGEST_METADATA = 4_096;

const key = z.string().regex(/^[\w.:-]{1,64}$/);
const NUL_OR_SURROGATE = /[\0\p{Surrogate}]/u;

/** What a host system attaches: texts by names. */
export const metadata = z
  .record(
    key,
    z.string().refine((value) => !NUL_OR_SURROGATE.test(value), 'must be text that every system can keep'),
  )
  .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= LARGEST_METADATA, {
    message: `must have ${LARGEST_METADATA} bytes of JSON at the most`,
  })
  .meta({
    description: `Texts by names of letters, digits and . : _ -, ${LARGEST_METADATA} bytes of JSON at the most.`,
  });
