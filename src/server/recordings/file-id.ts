import { nanoid } from 'nanoid';

/** The name of a new upload, or of a film, and of its file: nobody guesses it. */
export function newFileId(): string {
  return `_${nanoid(21)}`;
}
