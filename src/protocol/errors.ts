/**
 * The codes of all errors, each with a sentence for the person that says the problem and the remedy. The sentences of
 * a wrong link and of a wrong PIN are the same, so that they help nobody who guesses.
 */
export const errors = {
  INVALID_PAYLOAD: 'The request has a wrong form. Check its fields and send it again.',
  TOO_LARGE: 'The request is too large for this server. Send less at once.',
  UNKNOWN_COMMAND: 'This server does not know that command. Check its name, or update the client.',
  INVALID_TOKEN: 'The link or the PIN is not right. Check both, or ask the owner for a new link.',
  TOKEN_EXPIRED: 'The link or the session has expired. Ask the owner for a new link.',
  WRONG_PIN: 'The link or the PIN is not right. Check both, or ask the owner for a new link.',
  LOCKED_OUT: 'There were too many wrong PINs. Wait a while and try again.',
  FULL: 'The workspace is full. Try again when somebody has left.',
  WORKSPACE_GONE: 'The workspace does not exist any more. Ask its owner for a new one.',
  NOT_SEATED: 'You have no seat in this workspace any more. Join it again with its link.',
  OWNER_ONLY: 'Only the owner of the workspace can do that.',
  NO_SUCH_ATTENDEE: 'That attendee is not in the workspace any more.',
  NO_CALL: 'That call is over, or never began.',
  NOT_ON_CALL: 'You are not on the call. Join it first.',
  BUSY_TRY_AGAIN: 'The server is busy. Try again in a moment.',
  RATE_LIMITED: 'Too many requests in a short time. Wait a moment and go on more slowly.',
  ICE_UNAVAILABLE: 'The relay servers for calls cannot be reached right now. Try again in a moment.',
  NOT_SIGNED_IN: 'You are not signed in here. Sign in, then try again.',
  NO_SUCH_USER: 'There is nobody of that name. Check how it is written.',
  NAME_TAKEN: 'Somebody else has that name at present. Take another name, or try again later.',
  INVITE_OVER: 'That invitation is over: it was answered or taken back, or its time has run out.',
  NO_SUCH_CONSULTATION: 'There is no such consultation, or it is not one of yours.',
  CONSULTATION_CLOSED: 'The consultation is closed. You can still read what was written in it.',
  NOT_ALLOWED: 'You are not allowed to do that.',
  KICKED: 'The owner has removed you from this workspace. Ask the owner to invite you again.',
  TIME_OVER: 'The time for calls is used up here. The owner can extend it.',
  NO_RECORDING: 'There is no such recording, or it is over.',
  INTERNAL: 'Something went wrong on the server. Try again; if it stays, tell whoever runs the server.',
} as const;

export type ErrorCode = keyof typeof errors;

/** The details of an error that a client can act on. */
export interface ErrorDetails {
  /** The path of the wrong field in the payload: `workspace.pin`. */
  field?: string;
  /** Seconds until another try can succeed. */
  retryAfter?: number;
  /** The number of seats of the workspace. */
  capacity?: number;
}

/** An error as it crosses the wire in an ack. */
export type WireError = { code: ErrorCode; message: string } & ErrorDetails;

/** The names of the limits that refuse: those of their settings, or of their variables in the environment. */
export const limits = [
  'commands_per_second',
  'max_payload_bytes',
  'max_unread_bytes',
  'first_command_seconds',
  'seatless_connections_per_address',
  'cors_origins',
  'creates_per_minute',
  'max_workspaces',
  'max_capacity_of_workspace',
  'max_waiting',
  'pin_attempts',
  'pin_attempts_per_hour',
  'pin_checks_waiting',
  'broken_links_per_minute',
  'names_per_minute',
  'api_requests_per_minute',
  'max_recording_megabytes',
  'recording_free_megabytes',
] as const;

export type Limit = (typeof limits)[number];

/** A refusal of the server, as a value: handlers and transitions return it, and nothing throws it. */
export interface Refusal<Code extends ErrorCode = ErrorCode> {
  readonly refused: Code;
  /** Replaces the sentence of the code by a more exact one. */
  readonly message?: string;
  readonly details: ErrorDetails;
  /** The limit that was reached. It is for the figures of the operator, and never sent. */
  readonly limit?: Limit;
}

export function refuse<Code extends ErrorCode>(
  code: Code,
  details: ErrorDetails = {},
  message?: string,
): Refusal<Code> {
  return message === undefined ? { refused: code, details } : { refused: code, details, message };
}

/** A refusal because a limit was reached. */
export function refuseBy<Code extends ErrorCode>(
  limit: Limit,
  code: Code,
  details: ErrorDetails = {},
  message?: string,
): Refusal<Code> {
  return { ...refuse(code, details, message), limit };
}

export function isRefusal<T extends object, Code extends ErrorCode>(value: T | Refusal<Code>): value is Refusal<Code> {
  return 'refused' in value;
}

export function toWire(refusal: Refusal): WireError {
  return { code: refusal.refused, message: refusal.message ?? errors[refusal.refused], ...refusal.details };
}
