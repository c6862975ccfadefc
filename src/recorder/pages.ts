import { randomId } from '../client/random-id.ts';

const PAGE = 'mesh-workspaces.recorder.';
const UPLOADS = 'mesh-workspaces.uploads';
const CHANNEL = 'mesh-workspaces.recordings';

/** Without Web Locks, a page that has added nothing to its part for this many ms counts as gone. */
const SILENCE = 60_000;

/** What pages of one origin tell each other. `share`: what the call of the page leaves to the upload. */
interface Message {
  readonly share: number;
}

/** This page among the pages of its origin: which of them live, which one uploads, and news between them. */
export class Pages {
  readonly self = randomId();
  readonly #closing = new AbortController();
  readonly #channel = globalThis.BroadcastChannel ? new BroadcastChannel(CHANNEL) : null;
  /** Resolves when the others know that this page lives. */
  readonly isThere: Promise<void> = this.#hold(PAGE + this.self);

  /** Resolves when this page is the one that uploads: once all earlier ones are gone. Without Web Locks every page is. */
  mayUpload(): Promise<void> {
    return this.#hold(UPLOADS);
  }

  /** Tells the other pages that there is something new in the store. */
  tell(message: Message): void {
    if (!this.#closing.signal.aborted) this.#channel?.postMessage(message);
  }

  onTold(listener: (message: Message) => void): void {
    this.#channel?.addEventListener('message', ({ data }) => listener(data));
  }

  /** Tells of a page whether it lives, from when it was last heard of. */
  async living(): Promise<(page: string, touchedAt: number) => boolean> {
    const names = await heldLocks().catch(() => null);
    if (!names) return (page, touchedAt) => page === this.self || Date.now() - touchedAt < SILENCE;
    return (page) => page === this.self || names.includes(PAGE + page);
  }

  close(): void {
    this.#closing.abort();
    this.#channel?.close();
  }

  /** Holds a lock until `close`, or the end of the page. @returns when it is held; never, if `close` comes first */
  #hold(name: string): Promise<void> {
    if (!navigator.locks) return Promise.resolve();
    const { signal } = this.#closing;
    return new Promise((resolve) => {
      const closed = new Promise<void>((end) => signal.addEventListener('abort', () => end()));
      const held = navigator.locks.request(name, { signal }, () => {
        resolve();
        return closed;
      });
      held.catch(() => {
        // The browser forbids locks to this page.
        if (!signal.aborted) resolve();
      });
    });
  }
}

/** The names of all locks that pages of this origin hold; null without Web Locks. */
async function heldLocks(): Promise<(string | undefined)[] | null> {
  if (!navigator.locks) return null;
  const { held = [] } = await navigator.locks.query();
  return held.map(({ name }) => name);
}
