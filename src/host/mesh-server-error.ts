import type { ProblemCode } from './operations.ts';

/**
 * Why a request of the REST API failed: a code of the server (docs/rest.md lists them), or one of this library.
 * NO_ANSWER: the server could not be reached, or did not answer in time. UNEXPECTED_ANSWER: somebody else answered, such as a
 * proxy, or the address is that of another system.
 */
export type MeshServerErrorCode = ProblemCode | 'NO_ANSWER' | 'UNEXPECTED_ANSWER';

/** The members of a problem (RFC 9457) as the server sends it. */
interface ProblemBody {
  readonly code: string;
  readonly detail: string;
  readonly field?: string;
  readonly retryAfter?: number;
  readonly workspace?: { readonly id: string };
}

/** A request that failed: `code` is for programs, `message` is a sentence for the one who wrote them. */
export class MeshServerError extends Error {
  override name = 'MeshServerError';
  readonly code: MeshServerErrorCode;
  /** The status of the answer; null where there was none. */
  readonly status: number | null;
  /** Seconds until another try can succeed; null if the server named no time. */
  readonly retryAfter: number | null;
  /** The path of the wrong field, such as `clients.0.name`; null where no field is wrong. */
  readonly field: string | null;
  /** The workspace that stands in the way, of EXTERNAL_ID_TAKEN alone. */
  readonly workspace: { readonly id: string } | null;

  constructor(
    code: MeshServerErrorCode,
    message: string,
    status: number | null,
    { field = null, retryAfter = null, workspace = null }: Partial<Nullable<ProblemBody>> = {},
  ) {
    super(message);
    this.code = code;
    this.status = status;
    this.field = field;
    this.retryAfter = retryAfter;
    this.workspace = workspace;
  }
}

type Nullable<Type> = { [Key in keyof Type]: Type[Key] | null };

/** The error that an answer tells. @param body what it holds; anything where it is no problem of the server */
export function errorOf(status: number, body: unknown): MeshServerError {
  const { code, detail, ...rest }: Partial<ProblemBody> = Object(body);
  if (typeof code === 'string' && typeof detail === 'string') {
    return new MeshServerError(code as ProblemCode, detail, status, rest);
  }
  const message = `The answer with the status ${status} is none of a mesh-workspaces server. Check the url.`;
  return new MeshServerError('UNEXPECTED_ANSWER', message, status);
}
