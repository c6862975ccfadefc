import { CommandError } from '../../client/errors.ts';
import { Observable } from '../../client/observable.ts';
import { describeError } from '../describe-error.ts';
import { strings } from '../strings.ts';

/** Why a link did not sign the person in, or why the server signed the person out later; null where nothing is wrong. */
export const signInProblem = new Observable<unknown>(null);

/** The sentence for the person. A sign-in knows other links than workspaces do. */
export function describeSignInProblem(error: unknown): string {
  const code = error instanceof CommandError ? error.code : null;
  if (code === 'INVALID_TOKEN') return strings.signIn.invalid;
  if (code === 'TOKEN_EXPIRED') return strings.signIn.expired;
  return describeError(error);
}
