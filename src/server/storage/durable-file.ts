import type { BigIntStats } from 'node:fs';
import { type FileHandle, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Distinguishes a file from others that may come to lie at its path. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  /** Bytes. */
  readonly size: bigint;
  /** When its content changed last, in ns since the epoch. */
  readonly mtimeNs: bigint;
}

/**
 * Replaces a file as a whole: after a crash, and after a power cut too, there is the old content or the new
 * one, never a part. Once this resolves it is the new one. The file is readable by its owner only (0600).
 *
 * @returns the identity of the new file
 * @throws the error of the file system; the file is then as it was. (Only a disk that fails between the
 *   rename and the very last sync can leave the new content there.)
 */
export async function replaceFile(file: string, chunks: Iterable<Uint8Array>): Promise<FileIdentity> {
  const identity = await writeBeside(file, chunks);
  await putInPlace(file);
  return identity;
}

/**
 * The first half of `replaceFile`: writes the new content to `<file>.tmp`, and to the disk. Takes and writes the chunks
 * one by one, so that the event loop goes on in between.
 * @returns the identity of the new file, which it keeps in its place
 */
export async function writeBeside(file: string, chunks: Iterable<Uint8Array>): Promise<FileIdentity> {
  const temporary = besideOf(file);
  try {
    await rm(temporary, { force: true });
    return await writeNewFile(temporary, chunks);
  } catch (error) {
    // A full disk should not stay full of our half-written file.
    await removeBeside(file);
    throw error;
  }
}

/** The second half of `replaceFile`: puts `<file>.tmp` in the place of the file. */
export async function putInPlace(file: string): Promise<void> {
  try {
    await inFolderOf(file, () => rename(besideOf(file), file));
  } catch (error) {
    await removeBeside(file);
    throw error;
  }
}

/** Removes `<file>.tmp`, as far as that can be done. */
export async function removeBeside(file: string): Promise<void> {
  await rm(besideOf(file), { force: true }).catch(() => {});
}

/** Removes a file; once this resolves it does not come back, not after a power cut either. */
export async function removeFile(file: string): Promise<void> {
  await inFolderOf(file, () => rm(file, { force: true }));
}

/** The identity of the file at a path; null where there is none, or the file system does not say. */
export async function identityOf(path: string): Promise<FileIdentity | null> {
  return stat(path, { bigint: true }).catch(() => null);
}

/** Whether both identities are of one file, whose content may have changed. A null is no file. */
export function isSameFile(one: FileIdentity | null, other: FileIdentity | null): boolean {
  return one !== null && other !== null && one.ino === other.ino && one.dev === other.dev;
}

const besideOf = (file: string) => `${file}.tmp`;

/** Renames and removals change entries of the folder, and last only once the folder is on the disk. */
async function inFolderOf(file: string, deed: () => Promise<void>): Promise<void> {
  // Opened first: after the change nothing but the disk itself can fail any more.
  const folder = await openFolder(dirname(file));
  try {
    await deed();
    await folder?.sync();
  } finally {
    await folder?.close();
  }
}

async function writeNewFile(path: string, chunks: Iterable<Uint8Array>): Promise<BigIntStats> {
  // 'wx' creates the file, hence with our mode, whatever a crash has left there.
  const handle = await open(path, 'wx', 0o600);
  try {
    await writeFile(handle, chunks);
    await handle.sync();
    return await handle.stat({ bigint: true });
  } finally {
    await handle.close();
  }
}

/** The folder, for syncing it. Windows can neither open folders nor needs to. */
async function openFolder(path: string): Promise<FileHandle | null> {
  return process.platform === 'win32' ? null : open(path, 'r');
}
