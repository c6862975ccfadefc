import type { Failure } from './messages.ts';

/** Why a method of `<mesh-call>` failed: `code` is for programs, `message` is a sentence for people. */
export class MeshCallError extends Error {
  override name = 'MeshCallError';
  readonly code: string;

  constructor({ code, message }: Failure) {
    super(message);
    this.code = code;
  }
}
