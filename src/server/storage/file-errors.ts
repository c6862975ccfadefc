import { StoreError } from './store.ts';

/** A kind of file that one server at a time has, in the words of the sentences about it. */
export interface LastingFile {
  readonly name: string;
  /** The setting that names the file. */
  readonly setting: string;
  /** What an operator does who can do without. */
  readonly inMemory: string;
}

export const JSON_STORE: LastingFile = {
  name: 'JSON store',
  setting: 'json_storage_file',
  inMemory: 'leave json_storage_file empty to keep workspaces in memory only',
};

export const asSentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

const hintOf = ({ inMemory }: LastingFile) => `Check the folder and its permissions, or ${inMemory}.`;

/** Says what an operator can do about a file that the store cannot use. */
export const HINT = hintOf(JSON_STORE);

export function unwritable(file: string, error: unknown, kind = JSON_STORE): StoreError {
  return new StoreError(`The ${kind.name} ${file} cannot be written (${codeOf(error)}). ${hintOf(kind)}`, {
    cause: error,
  });
}

export function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code ?? String(error);
}
