import { mkdir, open, readdir, readlink, realpath, rm, unlink } from 'node:fs/promises';

/** A folder for the making of one film, which nobody else has. */
export interface WorkFolder {
  readonly path: string;
  /** Deletes it with what is in it, and lets somebody else have it. @param isOver whether nobody will need it again */
  release(isOver: boolean): Promise<void>;
}

/**
 * Takes a folder, and empties it of what a death has left: also of a program that goes on working there.
 * @param path absolute @returns null where another node, or another process, has it
 */
export async function takeFolder(path: string): Promise<WorkFolder | null> {
  const lock = `${path}.lock`;
  const handle = await open(lock, 'a', 0o600);
  try {
    // The kernel gives it up when this process dies, however it dies.
    const { tryLock } = await locks();
    if (!tryLock(handle.fd)) {
      await handle.close();
      return null;
    }
    await endProgramsIn(path);
    await rm(path, { recursive: true, force: true });
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    path,
    async release(isOver) {
      await rm(path, { recursive: true, force: true });
      if (isOver) await unlink(lock).catch(() => {});
      await handle.close();
    },
  };
}

/** Platforms without locks on files have one node, which takes each folder once. */
async function locks(): Promise<{ tryLock(fd: number): boolean }> {
  return import('fs-native-extensions').catch(() => ({ tryLock: () => true }));
}

/** Deletes a folder that nobody needs any more. Whoever works there fails. */
export async function deleteFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await rm(`${path}.lock`, { force: true });
}

/** Ends what a process that was killed has started there. Systems without /proc let it end by itself. */
async function endProgramsIn(path: string): Promise<void> {
  const folder = await realpath(path).catch(() => null);
  if (folder === null) return;
  const names = await readdir('/proc').catch(() => []);
  for (const pid of names.filter((name) => /^\d+$/.test(name)).map(Number)) {
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => null);
    if (cwd !== folder || pid === process.pid) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}
