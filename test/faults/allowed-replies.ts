import { commandTable, commonErrors } from '../../src/protocol/commands.ts';
import { errors } from '../../src/protocol/errors.ts';
import { notices } from '../../src/protocol/notices.ts';

// Checks replies and notices to a hostile client. Each function returns the fault that it found, or null.

const commands = commandTable({ name: 100, avatar: 8192, message: 4000 });

/** The error codes that PROTOCOL.md lists for each command, without INTERNAL. */
const codes = new Map<string, Set<string>>(
  Object.entries(commands).map(([name, { access, errors: own }]) => {
    const byAccess: readonly string[] = {
      anyone: [],
      user: commonErrors.user,
      seat: commonErrors.seated,
      returning: commonErrors.seated,
      owner: [...commonErrors.seated, ...commonErrors.owner],
      caller: [...commonErrors.seated, ...commonErrors.caller],
      participant: [...commonErrors.seated, ...commonErrors.participant],
    }[access];
    const every = commonErrors.every.filter((code) => code !== 'INTERNAL');
    return [name, new Set<string>([...every, ...byAccess, ...own])];
  }),
);

/** A short sentence of plain characters, which has no room for a path, a stack trace or the client's input. */
const SENTENCE = /^[A-Z][A-Za-z0-9 .,:;'-]{5,160}[.]$/;
const INSIDES =
  /node_modules|zod|socket\.io|engine\.io|jsonwebtoken|bcrypt|lowdb|undefined|\[object|NaN|Invalid|[Rr]egex|Jwt|Json|Error\b|\bat [A-Z]/;
/** The path of a field; the entries of a list are numbered. */
const FIELD = /^[a-zA-Z]+(\.([a-zA-Z]+|\d+))*$/;

function wrongWithSentence(sentence: unknown): string | null {
  if (typeof sentence !== 'string' || !SENTENCE.test(sentence)) return `no sentence: ${JSON.stringify(sentence)}`;
  if (sentence === errors.INTERNAL) return 'it failed inside';
  return INSIDES.test(sentence) ? `shows its inside: ${sentence}` : null;
}

export function wrongWithReply(command: string, reply: unknown): string | null {
  if (typeof reply !== 'object' || reply === null) return `no reply: ${JSON.stringify(reply)}`;
  const { ok, error } = reply as { ok?: unknown; error?: Record<string, unknown> };
  if (ok === true) return Object.hasOwn(commands, command) ? null : `${command} is no command, and was done`;
  const allowed = codes.get(command) ?? new Set(['UNKNOWN_COMMAND', 'RATE_LIMITED', 'TOO_LARGE']);
  if (ok !== false || !error) return `no reply: ${JSON.stringify(reply)}`;
  if (!allowed.has(String(error.code))) return `${command} was answered ${JSON.stringify(error)}`;
  const unknown = Object.keys(error).find(
    (name) => !['code', 'message', 'field', 'retryAfter', 'capacity'].includes(name),
  );
  if (unknown !== undefined) return `an error with ${unknown}`;
  if (error.field !== undefined && !FIELD.test(String(error.field))) return `the field ${JSON.stringify(error.field)}`;
  return wrongWithSentence(error.message);
}

export function wrongWithNotice(notice: string, payload: unknown): string | null {
  if (notice === 'alert') return wrongWithSentence(payload);
  if (!Object.hasOwn(notices, notice)) return `the notice ${notice}`;
  const schema = notices[notice as keyof typeof notices].payload;
  return schema.safeParse(payload).success ? null : `the notice ${notice} with ${JSON.stringify(payload)}`;
}
