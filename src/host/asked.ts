/** What every operation takes. */
export interface RequestOptions {
  /** Gives up; the operation rejects with the reason of the signal. */
  signal?: AbortSignal | undefined;
}

/** What operations take that create something. */
export interface PostOptions extends RequestOptions {
  /**
   * The same one again, within 24 hours and with the same body, is answered with the first answer; also after a restart of your
   * system, if it kept the key. Default: a new one for each call.
   */
  idempotencyKey?: string | undefined;
}

/** What operations take that can depend on a revision. */
export interface ConditionalOptions extends RequestOptions {
  /** Changes it only while it has this `rev`; else PRECONDITION_FAILED. */
  ifRev?: number | undefined;
}

/** What operations take whose answer is a file. */
export interface FileOptions extends RequestOptions {
  /** Some bytes alone (RFC 9110, 14.2): `bytes=0-1023`. */
  range?: string | undefined;
}

/** An operation of the REST API, as it goes over the wire. */
export interface Asked {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** The parts of its path below that of the API. */
  readonly path: readonly (string | number)[];
  readonly query?: object | undefined;
  readonly body?: unknown;
  readonly options?: (PostOptions & ConditionalOptions & FileOptions) | undefined;
  /** Whether the answer is the response itself, whose body is a file. */
  readonly isFile?: boolean;
}
