import { setTimeout as sleep } from 'node:timers/promises';

/** Bodies that are read at a time, on this node and of one upload. */
const MOST_BODIES = 256;
const MOST_BODIES_OF_UPLOAD = 4;

/** So long it may take to see that a connection has ended, ms. */
const BREAK_MS = 500;

/** The bodies of uploads that are read at present, which is a limited number. */
export class UploadBodies {
  readonly #reading = new Map<string, Set<Promise<unknown>>>();
  #inAll = 0;

  /** The uploads of which bodies are read. */
  get uploads(): number {
    return this.#reading.size;
  }

  /** As `bodyOf`, unless too many are read already. @param id that of the upload */
  async read(
    id: string,
    request: Request,
    most: number,
  ): Promise<Uint8Array | 'too large' | 'too many of it' | 'too many'> {
    const own = this.#reading.get(id) ?? new Set();
    if (own.size >= MOST_BODIES_OF_UPLOAD) return 'too many of it';
    if (this.#inAll >= MOST_BODIES) return 'too many';
    const reading = bodyOf(request, most);
    this.#reading.set(id, own.add(reading));
    this.#inAll += 1;
    try {
      return await reading;
    } finally {
      this.#inAll -= 1;
      own.delete(reading);
      if (own.size === 0) this.#reading.delete(id);
    }
  }

  /**
   * Waits a moment for the bodies of an upload to end. A client whose PATCH broke off asks at once how far it came, and that may be
   * before this server has seen the break: what came would have to come again.
   */
  async past(id: string): Promise<void> {
    const bodies = this.#reading.get(id);
    if (!bodies) return;
    const patience = new AbortController();
    const elapsed = sleep(BREAK_MS, undefined, { signal: patience.signal, ref: false }).catch(() => {});
    await Promise.race([Promise.allSettled(bodies), elapsed]);
    patience.abort();
  }
}

/** The body of a request; of one that breaks off, the bytes that have come. @param most in bytes */
export async function bodyOf({ body }: Request, most: number): Promise<Uint8Array | 'too large'> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body ?? []) {
      length += chunk.length;
      if (length > most) return 'too large';
      chunks.push(chunk);
    }
  } catch {
    // Nobody reads the answer, but these bytes need not come again.
  }
  return Buffer.concat(chunks);
}
