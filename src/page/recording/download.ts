/** Bytes that are kept apart from the memory of the page together. */
const PIECE = 8 * 1024 * 1024;
/** The pauses after the first failure in a row, the second and so on, in ms; then it gives up. */
const PAUSES = [1_000, 2_000, 4_000, 8_000, 15_000];

/** The server does not hand out the file, or cannot be reached. */
export class DownloadFailed extends Error {
  override name = 'DownloadFailed';
}

export interface DownloadOptions {
  readonly url: string;
  /** The bytes of the whole file. */
  readonly bytes: number;
  /** The token for it. @param isOver whether the server took the last one no more */
  readonly token: (isOver: boolean) => Promise<string>;
  /** Called with the bytes that have come. */
  readonly onProgress: (received: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Downloads a file with a token in its header, where no link can have one. After a lost connection it goes on where it was.
 * @throws DownloadFailed, what `token` throws, and AbortError
 */
export async function download({ url, bytes, token, onProgress, signal }: DownloadOptions): Promise<Blob> {
  const file = new Received(onProgress);
  let secret = await token(false);
  for (let failures = 0; failures < PAUSES.length; ) {
    const before = file.size;
    try {
      const headers = { Authorization: `Bearer ${secret}`, ...file.rest };
      const response = await fetch(url, { headers, signal, cache: 'no-store' });
      if (response.status === 401 && failures === 0) secret = await token(true);
      else if (response.ok) await file.take(response);
      else if (response.status < 500) throw new DownloadFailed();
    } catch (error) {
      // Whatever else it was, the connection broke off.
      if (signal.aborted || error instanceof DownloadFailed) throw error;
    }
    if (file.size >= bytes) return file.blob;
    failures = file.size > before ? 0 : failures + 1;
    await new Promise((resolve) => setTimeout(resolve, PAUSES[failures] ?? 0));
  }
  throw new DownloadFailed();
}

/** What has come of a file. */
class Received {
  readonly #onProgress: (received: number) => void;
  #blobs: Blob[] = [];
  #chunks: BlobPart[] = [];
  #chunked = 0;
  #version: string | null = null;
  #type = '';
  size = 0;

  constructor(onProgress: (received: number) => void) {
    this.#onProgress = onProgress;
  }

  get blob(): Blob {
    return new Blob([...this.#blobs, ...this.#chunks], { type: this.#type });
  }

  /** The headers that ask for what is missing, as long as the file is the same. */
  get rest(): Record<string, string> {
    return this.size > 0 && this.#version ? { Range: `bytes=${this.size}-`, 'If-Range': this.#version } : {};
  }

  /** @throws what breaks the connection off; then what has come is kept */
  async take({ headers, status, body }: Response): Promise<void> {
    if (status !== 206) this.#beginAnew();
    this.#version = headers.get('ETag');
    this.#type = headers.get('Content-Type') ?? '';
    const reader = body?.getReader();
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) this.#add(next.value);
  }

  #beginAnew(): void {
    this.#blobs = [];
    this.#chunks = [];
    this.#chunked = 0;
    this.size = 0;
  }

  #add(bytes: Uint8Array<ArrayBuffer>): void {
    this.#chunks.push(bytes);
    this.#chunked += bytes.byteLength;
    this.size += bytes.byteLength;
    this.#onProgress(this.size);
    if (this.#chunked < PIECE) return;
    // Browsers put large blobs onto the disk.
    this.#blobs.push(new Blob(this.#chunks));
    this.#chunks = [];
    this.#chunked = 0;
  }
}
