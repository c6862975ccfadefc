import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeyedSerialQueue } from '../collections/keyed-serial-queue.ts';

/** The longest wait for another node to let go of an upload, ms: it holds it for one write. */
const PATIENCE_MS = 5000;

/** The pause between two tries, ms. */
const PAUSE_MS = 20;

/** Lets one request at a time work on an upload: within this process, and of all nodes where they share the folder. */
export class UploadLocks {
  readonly #queues = new KeyedSerialQueue();
  readonly #isShared: boolean;

  constructor(isShared: boolean) {
    this.#isShared = isShared;
  }

  /**
   * @param file the file of the upload
   * @returns what the work returns; `busy`: another node works on it for too long
   */
  run<Result>(file: string, work: () => Promise<Result>): Promise<Result | 'busy'> {
    return this.#queues.run(file, () => (this.#isShared ? locked(file, work) : work()));
  }
}

/** The kernel gives a lock up when its process dies, however it dies. On NFS that takes version 4. */
async function locked<Result>(file: string, work: () => Promise<Result>): Promise<Result | 'busy'> {
  const { tryLock } = await import('fs-native-extensions');
  const handle = await opened(file);
  // The work says what is wrong where there is no file.
  if (!handle) return work();
  try {
    const until = performance.now() + PATIENCE_MS;
    while (!tryLock(handle.fd)) {
      if (performance.now() > until) return 'busy';
      await sleep(PAUSE_MS);
    }
    return await work();
  } finally {
    await handle.close();
  }
}

async function opened(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, 'r+');
  } catch {
    return null;
  }
}
