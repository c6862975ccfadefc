import type { ErrorCode, WireError } from '../protocol/errors.ts';

/**
 * The code of a CommandError: a code of the server (PROTOCOL.md lists them), or one of the client's own.
 * NO_ANSWER: there is no connection with the server, or no ack came within 20 s. NO_SEAT: the command needs a seat, and
 * this client has none. NO_INCOMING_CALL: no call waits for an answer. CALL_OVER: the pair ended or began anew before
 * its description was made. NO_WAY_IN: the consultation is closed, or this client has no invite to it.
 */
export type ClientErrorCode = ErrorCode | 'NO_ANSWER' | 'NO_SEAT' | 'NO_INCOMING_CALL' | 'CALL_OVER' | 'NO_WAY_IN';

const sentences: Record<Exclude<ClientErrorCode, ErrorCode>, string> = {
  NO_ANSWER: 'The server did not answer. Check your connection and try again.',
  NO_SEAT: 'You are not in a workspace.',
  NO_INCOMING_CALL: 'Nobody is calling any more.',
  NO_WAY_IN: 'That consultation is closed, or you are not invited to it any more.',
  CALL_OVER: 'That call is over, or has begun anew.',
};

/** These errors say that the server cannot do it now, and nothing against the command. */
const temporary: readonly ClientErrorCode[] = ['NO_ANSWER', 'BUSY_TRY_AGAIN', 'RATE_LIMITED', 'LOCKED_OUT', 'INTERNAL'];

/** Why a command failed: `code` is for programs, `message` is a sentence for people. */
export class CommandError extends Error {
  override name = 'CommandError';
  readonly code: ClientErrorCode;
  /** Seconds until another try can succeed; null if the server named no time. */
  readonly retryAfter: number | null;
  /** The path of the wrong field (`workspace.pin`), where the server names one: with INVALID_PAYLOAD, and NO_SUCH_USER among many. */
  readonly field: string | null;

  constructor(error: WireError | Exclude<ClientErrorCode, ErrorCode>) {
    super(typeof error === 'string' ? sentences[error] : error.message);
    this.code = typeof error === 'string' ? error : error.code;
    this.retryAfter = typeof error === 'string' ? null : (error.retryAfter ?? null);
    this.field = typeof error === 'string' ? null : (error.field ?? null);
  }
}

/** Whether the same command can succeed later. */
export function isTemporary(error: unknown): boolean {
  return error instanceof CommandError && temporary.includes(error.code);
}

/** The pause before a command is sent again that failed for a while, ms. */
export const TRY_AGAIN = 2_000;

/** The pause before the next try, ms: as long as the server says. */
export function pauseAfter(error: unknown): number {
  const seconds = error instanceof CommandError ? error.retryAfter : null;
  return seconds === null ? TRY_AGAIN : seconds * 1000;
}
