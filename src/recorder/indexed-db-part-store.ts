import { acknowledged, appended, type Bytes, joined, type Part, type PartStore, StorageFull } from './part-store.ts';

const NAME = 'mesh-workspaces.recordings';
const PARTS = 'parts';
/** Bytes of parts; the key is the id of the part and the offset in it. */
const CHUNKS = 'chunks';

/** Parts in IndexedDB, which all pages of this origin share, and which outlives them. */
export class IndexedDbPartStore implements PartStore {
  #database: Promise<IDBDatabase> | null = null;

  /** @throws DOMException where the browser refuses the database; null: it has none */
  static async open(): Promise<IndexedDbPartStore | null> {
    if (!globalThis.indexedDB) return null;
    const store = new IndexedDbPartStore();
    await store.#open();
    return store;
  }

  parts(): Promise<Part[]> {
    return this.#transact('readonly', (parts) => settled(parts.getAll()));
  }

  add(part: Part): Promise<void> {
    return this.#transact('readwrite', async (parts) => void (await settled(parts.put(part))));
  }

  update(id: string, change: (part: Part) => Part): Promise<void> {
    return this.#transact('readwrite', (parts) => changeIn(parts, id, change));
  }

  append(id: string, bytes: Bytes, now: number): Promise<void> {
    return this.#transact('readwrite', async (parts, chunks) => {
      const part: Part | undefined = await settled(parts.get(id));
      const longer = appended(part, bytes.byteLength, now);
      await Promise.all([settled(chunks.add(bytes, [id, part?.recorded ?? 0])), settled(parts.put(longer))]);
    });
  }

  read(id: string, offset: number, size: number): Promise<Bytes | null> {
    const range = IDBKeyRange.bound([id, 0], [id, offset + size], false, true);
    return this.#transact('readonly', async (parts, chunks) => {
      const part: Part | undefined = await settled(parts.get(id));
      const [keys, bytes] = await Promise.all([keysOf(chunks, range), settled(chunks.getAll(range))]);
      return joined(bytes, keys[0]?.[1] ?? part?.recorded ?? 0, offset, size);
    });
  }

  acknowledge(id: string, offset: number): Promise<void> {
    return this.#transact('readwrite', async (parts, chunks) => {
      await changeIn(parts, id, (part) => acknowledged(part, offset));
      const range = IDBKeyRange.bound([id, 0], [id, offset], false, true);
      const keys = await keysOf(chunks, range);
      // The last of these chunks may go on beyond the offset.
      const last = keys.at(-1);
      const bytes: Bytes | undefined = last && (await settled(chunks.get(last)));
      const isOver = last !== undefined && bytes !== undefined && last[1] + bytes.byteLength <= offset;
      const end = isOver ? offset : last?.[1];
      if (end !== undefined && end > 0) {
        await settled(chunks.delete(IDBKeyRange.bound([id, 0], [id, end], false, true)));
      }
    });
  }

  remove(id: string): Promise<void> {
    return this.#transact('readwrite', async (parts, chunks) => {
      const all = IDBKeyRange.bound([id, 0], [id, Number.POSITIVE_INFINITY]);
      await Promise.all([settled(parts.delete(id)), settled(chunks.delete(all))]);
    });
  }

  close(): void {
    void this.#database?.then(
      (database) => database.close(),
      () => {},
    );
    this.#database = null;
  }

  #open(): Promise<IDBDatabase> {
    if (this.#database) return this.#database;
    const request = indexedDB.open(NAME, 1);
    request.addEventListener('upgradeneeded', () => {
      request.result.createObjectStore(PARTS, { keyPath: 'id' });
      request.result.createObjectStore(CHUNKS);
    });
    const database = settled(request);
    this.#database = database;
    const forget = () => {
      if (this.#database === database) this.#database = null;
    };
    database.then((opened) => {
      // The person has the browser clear the data of this site.
      opened.addEventListener('close', forget);
      opened.addEventListener('versionchange', () => {
        forget();
        opened.close();
      });
    }, forget);
    return database;
  }

  /** Does something as a whole, or not at all. @throws StorageFull, and what the browser and `run` throw */
  async #transact<Result>(
    mode: IDBTransactionMode,
    run: (parts: IDBObjectStore, chunks: IDBObjectStore) => Promise<Result>,
  ): Promise<Result> {
    const database = await this.#open();
    const transaction = database.transaction([PARTS, CHUNKS], mode);
    const over = new Promise<void>((resolve, reject) => {
      transaction.addEventListener('complete', () => resolve());
      transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('The transaction was ended.')));
    });
    try {
      const result = await run(transaction.objectStore(PARTS), transaction.objectStore(CHUNKS)).catch((error) => {
        abort(transaction);
        throw error;
      });
      await over;
      return result;
    } catch (error) {
      // Of the two, only one is awaited.
      over.catch(() => {});
      throw error instanceof DOMException && error.name === 'QuotaExceededError' ? new StorageFull() : error;
    }
  }
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It has ended by itself.
  }
}

async function changeIn(parts: IDBObjectStore, id: string, change: (part: Part) => Part): Promise<void> {
  const part: Part | undefined = await settled(parts.get(id));
  if (part) await settled(parts.put(change(part)));
}

/** The part and the offset of each chunk in a range. The types of the browser do not know the form of our keys. */
async function keysOf(chunks: IDBObjectStore, range: IDBKeyRange): Promise<[part: string, offset: number][]> {
  return (await settled(chunks.getAllKeys(range))) as unknown as [string, number][];
}

function settled<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error));
  });
}
