import { type FileHandle, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file as a whole: after a crash, and after a power cut too, there is the old content or the new
 * one, never a part. Once this resolves it is the new one. The file is readable by its owner only (0600).
 *
 * The chunks are asked for and written one by one, so that the event loop goes on in between.
 *
 * @throws the error of the file system; the file is then as it was. (Only a disk that fails between the
 *   rename and the very last sync can leave the new content there.)
 */
export async function replaceFile(file: string, chunks: Iterable<string>): Promise<void> {
  const temporary = `${file}.tmp`;
  // Opened first: once the rename is done nothing but the disk itself can fail any more.
  const folder = await openFolder(dirname(file));
  try {
    await rm(temporary, { force: true });
    await writeNewFile(temporary, chunks);
    await rename(temporary, file);
    // The rename is an entry of the folder, and lasts only once the folder is on the disk.
    await folder?.sync();
  } catch (error) {
    // A full disk should not stay full of our half-written file.
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  } finally {
    await folder?.close();
  }
}

async function writeNewFile(path: string, chunks: Iterable<string>): Promise<void> {
  // 'wx' creates the file, hence with our mode, whatever was left there by a crash.
  const handle = await open(path, 'wx', 0o600);
  try {
    await writeFile(handle, chunks);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The folder, for syncing it. Windows can neither open folders nor needs to. */
async function openFolder(path: string): Promise<FileHandle | null> {
  return process.platform === 'win32' ? null : open(path, 'r');
}
