import { CommandError } from '../client/errors.ts';
import { strings } from './strings.ts';

const better: Partial<Record<string, string>> = strings.errors;

/** The sentence for the person when a command failed. */
export function describeError(error: unknown): string {
  if (!(error instanceof CommandError)) return strings.unexpected;
  if (error.code === 'LOCKED_OUT' && error.retryAfter !== null) return strings.lockedOut(error.retryAfter);
  return better[error.code] ?? error.message;
}
