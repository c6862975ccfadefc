import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bodies that are read at a time, on this node and of one upload. */
const MOST_BODIES = 256;
const MOST_BODIES_OF_UPLOAD = 4;

/** Buffers that are kept for the next bodies: new ones for each would have the garbage collector stop the server. */
const MOST_SPARE = 8;

/** So long it may take to see that a connection has ended, ms. */
const BREAK_MS = 500;

/** A request; or what comes from its connection, which costs a third of that. */
export type Body = Request | Readable;

/** Why a body is not read. */
type Refused = 'too large' | 'too many of it' | 'too many';

/** The bodies of uploads that are read at present, which is a limited number. */
export class UploadBodies {
  readonly #longest: number;
  readonly #reading = new Map<string, Set<Promise<unknown>>>();
  readonly #spare: Buffer[] = [];
  #inAll = 0;

  /** @param longest the longest body, in bytes */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** The uploads of which bodies are read. */
  get uploads(): number {
    return this.#reading.size;
  }

  /**
   * Reads a body, unless too many are read already.
   * @param id that of the upload
   * @param work gets the bytes, which are its own until it ends
   */
  async use<Result>(id: string, body: Body, work: (bytes: Buffer) => Promise<Result>): Promise<Result | Refused> {
    if ((this.#reading.get(id)?.size ?? 0) >= MOST_BODIES_OF_UPLOAD) return 'too many of it';
    if (this.#inAll >= MOST_BODIES) return 'too many';
    const buffer = this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#longest);
    try {
      const bytes = await this.#counted(id, readInto(buffer, body));
      return bytes === 'too large' ? bytes : await work(bytes);
    } finally {
      if (this.#spare.length < MOST_SPARE) this.#spare.push(buffer);
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

  async #counted<Result>(id: string, reading: Promise<Result>): Promise<Result> {
    const own = this.#reading.get(id) ?? new Set();
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
}

/** The body of a request, at the beginning of a buffer; of one that breaks off, the bytes that have come. */
export async function readInto(buffer: Buffer, body: Body): Promise<Buffer | 'too large'> {
  let length = 0;
  try {
    for await (const chunk of chunksOf(body)) {
      if (length + chunk.length > buffer.length) return 'too large';
      buffer.set(chunk, length);
      length += chunk.length;
    }
  } catch {
    // Nobody reads the answer, but these bytes need not come again.
  }
  return buffer.subarray(0, length);
}

/** An answer can still be sent where the reader leaves before the end. */
function chunksOf(body: Body): AsyncIterable<Uint8Array> {
  if (body instanceof Readable) return body.iterator({ destroyOnReturn: false });
  return body.body ?? Readable.from([]);
}
