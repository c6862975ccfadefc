import { CommandError } from '../client/errors.ts';
import { words } from './strings.ts';

const better: Partial<Record<string, string>> = words.errors;

/** What somebody reads when a command failed. */
export function describeError(error: unknown): string {
  if (!(error instanceof CommandError)) return words.unexpected;
  if (error.code === 'LOCKED_OUT' && error.retryAfter !== null) return words.lockedOut(error.retryAfter);
  return better[error.code] ?? error.message;
}
