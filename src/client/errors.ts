import type { ErrorCode, WireError } from '../protocol/errors.ts';

/** What a client can run into beside what the server refuses. */
export type ClientErrorCode = ErrorCode | 'NO_ANSWER' | 'NO_SEAT' | 'NO_INCOMING_CALL' | 'CALL_OVER';

const sentences: Record<Exclude<ClientErrorCode, ErrorCode>, string> = {
  NO_ANSWER: 'The server did not answer. Check your connection and try again.',
  NO_SEAT: 'You are not in a workspace.',
  NO_INCOMING_CALL: 'Nobody is calling any more.',
  CALL_OVER: 'That call is over, or has begun anew.',
};

/** Why a command failed: a code for programs, a sentence for people. */
export class CommandError extends Error {
  override name = 'CommandError';
  readonly code: ClientErrorCode;
  /** Seconds until it is worth trying again, where the server says so. */
  readonly retryAfter: number | null;
  readonly field: string | null;

  constructor(error: WireError | Exclude<ClientErrorCode, ErrorCode>) {
    super(typeof error === 'string' ? sentences[error] : error.message);
    this.code = typeof error === 'string' ? error : error.code;
    this.retryAfter = typeof error === 'string' ? null : (error.retryAfter ?? null);
    this.field = typeof error === 'string' ? null : (error.field ?? null);
  }
}
