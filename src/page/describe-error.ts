import { CommandError } from '../client/errors.ts';
import { strings } from './strings.ts';

/** The sentence for the person when a command failed: by its code, or else as the server, which speaks English, says it. */
export function describeError(error: unknown): string {
  if (!(error instanceof CommandError)) return strings.unexpected;
  if (error.code === 'LOCKED_OUT' && error.retryAfter !== null) return strings.lockedOut(error.retryAfter);
  return strings.errors[error.code] ?? error.message;
}
