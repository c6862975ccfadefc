import { StoreError } from './store.ts';

/** Says what an operator can do about a file that the store cannot use. */
export const HINT =
  'Check the folder and its permissions, or leave json_storage_file empty to keep workspaces in memory only.';

export function unwritable(file: string, error: unknown): StoreError {
  return new StoreError(`The JSON store ${file} cannot be written (${codeOf(error)}). ${HINT}`, { cause: error });
}

export function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code ?? String(error);
}
