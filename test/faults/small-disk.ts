import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type BuiltServer, emptyFolder } from '../support/built-server.ts';

/** A folder on a disk that can be full at will. */
interface SmallDisk {
  readonly folder: string;
  /** Whether a server that is started while it is full finds it full. */
  readonly isFullForAll: boolean;
  /** Leaves that many bytes, in whole pages. */
  fill(server: BuiltServer, bytes?: number): void;
  free(server: BuiltServer): void;
}

/** A disk of 2 MB in memory where this machine lets us mount one, and a limit to the files of a server elsewhere. */
export async function smallDisk(): Promise<SmallDisk> {
  const folder = await emptyFolder();
  return does('mount', '-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder) ? mounted(folder) : limited(folder);
}

function mounted(folder: string): SmallDisk {
  const filler = join(folder, 'filler');
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder]);
  });
  return {
    folder,
    isFullForAll: true,
    fill(_, bytes = 0) {
      const reserve = `${filler}-reserve`;
      if (bytes > 0) writeUntilFull(reserve, bytes);
      writeUntilFull(filler, Number.POSITIVE_INFINITY);
      rmSync(reserve, { force: true });
    },
    free: () => rmSync(filler),
  };
}

function writeUntilFull(path: string, bytes: number): void {
  const file = openSync(path, 'w');
  try {
    for (let written = 0; written < bytes; )
      written += writeSync(file, Buffer.alloc(Math.min(65_536, bytes - written)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}

function limited(folder: string): SmallDisk {
  const limit = ({ pid }: BuiltServer, size: number | 'unlimited') =>
    execFileSync('prlimit', [`--pid=${pid}`, `--fsize=${size}:`]);
  return {
    folder,
    isFullForAll: false,
    fill: (server, bytes = 0) => limit(server, bytes),
    free: (server) => limit(server, 'unlimited'),
  };
}

/** Makes a file or a folder read-only for a server of this user, and returns how to undo that; null where nothing does. */
export function makeReadOnly(path: string): (() => void) | null {
  if (process.getuid?.() !== 0) {
    chmodSync(path, 0o500);
    return () => chmodSync(path, 0o700);
  }
  // Permissions do not bind root; this attribute does, on most file systems.
  if (!does('chattr', '+i', path)) return null;
  const undo = () => void execFileSync('chattr', ['-i', path]);
  onTestFinished(undo);
  return undo;
}

function does(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
