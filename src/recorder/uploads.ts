import { Observable } from '../client/observable.ts';
import { Announcer } from './announcer.ts';
import { IndexedDbPartStore } from './indexed-db-part-store.ts';
import { MemoryPartStore } from './memory-part-store.ts';
import { Pages } from './pages.ts';
import type { Part, PartStore } from './part-store.ts';
import type { RecordingProblemCode } from './problems.ts';
import { nothingKnown, type RecorderState, stateOf } from './recorder-state.ts';
import type { Fetch } from './tus.ts';
import { Uploader } from './uploader.ts';

const DAY = 24 * 60 * 60_000;
/** The server takes a part for so long. */
const KEPT = 7 * DAY;
/** What the server has is only counted, for pages that show it. */
const COUNTED = DAY;
/** How often a page looks whether another page that recorded is still there, in ms. */
const LOOK_EVERY = 3_000;
/** What another page said of its call counts for this many ms. */
const HEARD = 10_000;

/** What `Uploads` asks a recorder, and tells it. */
export interface Recording {
  isRecording(): boolean;
  unsaved(): number;
  /** The share of the time that the call leaves to the upload. */
  share(): number;
  problems(): readonly RecordingProblemCode[];
}

const noRecording: Recording = {
  isRecording: () => false,
  unsaved: () => 0,
  share: () => 1,
  problems: () => [],
};

/** Everything that this browser has recorded, and its way to the server. */
export class Uploads {
  readonly state = new Observable<RecorderState>(nothingKnown);
  readonly pages = new Pages();
  /** Resolves when parts can be added. */
  readonly store: Promise<PartStore>;
  readonly #recording: Recording;
  readonly #announcer: Announcer;
  readonly #openedAt = Date.now();
  #uploader: Uploader | null = null;
  #hasStorage = true;
  #heard = { share: 1, until: 0 };
  #isLooking = false;
  #isStale = false;
  #isClosed = false;
  #lookTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #onOnline = () => this.wake();

  constructor(fetch: Fetch, recording: Recording = noRecording) {
    this.#recording = recording;
    this.store = this.#open();
    this.#announcer = new Announcer(fetch, this.store, () => this.changed());
    this.pages.onTold(({ share }) => {
      this.#heard = { share, until: performance.now() + HEARD };
      this.#look();
    });
    globalThis.addEventListener?.('online', this.#onOnline);
    void this.#upload(fetch);
  }

  /** Something changed, here or in the store. */
  changed(): void {
    this.pages.tell({ share: this.#recording.share() });
    this.#look();
  }

  /** The server may be back. */
  wake(): void {
    this.#announcer.askAnew();
    this.#look();
    this.#uploader?.wake({ isServerBack: true });
  }

  /** Ends the uploads of this page; another page goes on, now or at the next visit. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#lookTimer);
    globalThis.removeEventListener?.('online', this.#onOnline);
    this.#announcer.close();
    this.#uploader?.close();
    this.pages.close();
    void this.store.then((store) => store.close());
  }

  async #open(): Promise<PartStore> {
    const store = await openStore();
    this.#hasStorage = !(store instanceof MemoryPartStore);
    await this.pages.isThere;
    const now = Date.now();
    for (const { id, touchedAt, isWhole } of await store.parts()) {
      if (now - touchedAt > (isWhole ? COUNTED : KEPT)) await store.remove(id);
    }
    return store;
  }

  async #upload(fetch: Fetch): Promise<void> {
    const store = await this.store;
    this.#look();
    // What is in memory is known to this page alone.
    if (this.#hasStorage) await this.pages.mayUpload();
    if (this.#isClosed) return;
    this.#uploader = new Uploader({
      store,
      fetch,
      share: () => this.#share,
      now: () => performance.now(),
      onChange: () => this.changed(),
    });
    this.#look();
    await this.#uploader.run();
  }

  /** The least share that this page's call and those of other pages leave. */
  get #share(): number {
    const { share, until } = this.#heard;
    return Math.min(this.#recording.share(), performance.now() < until ? share : 1);
  }

  /** Reads the store, ends the parts of pages that are gone, and publishes the state. Several wishes become one. */
  #look(): void {
    this.#isStale = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#lookOften().finally(() => {
      this.#isLooking = false;
    });
  }

  async #lookOften(): Promise<void> {
    while (this.#isStale && !this.#isClosed) {
      this.#isStale = false;
      await this.#lookOnce().catch(() => {});
    }
  }

  async #lookOnce(): Promise<void> {
    const store = await this.store;
    const parts = await store.parts();
    const foreign = parts.filter(({ end, page }) => end === null && page !== this.pages.self);
    clearTimeout(this.#lookTimer);
    if (foreign.length > 0) {
      const lives = await this.pages.living();
      const gone = foreign.filter(({ page, touchedAt }) => !lives(page, touchedAt));
      for (const { id } of gone) await store.update(id, (part) => ({ ...part, end: part.end ?? { at: null } }));
      if (gone.length > 0) this.#isStale = true;
      this.#lookTimer = setTimeout(() => this.#look(), LOOK_EVERY);
    }
    if (this.#isClosed) return;
    this.#uploader?.wake();
    // The page that sends does it for pages that are gone; without storage, a page does it for itself.
    this.#announcer.announce(parts.filter(({ page }) => page === this.pages.self || this.#uploader !== null));
    const state = stateOf(this.#facts(parts));
    if (JSON.stringify(state) !== JSON.stringify(this.state.value)) this.state.set(state);
  }

  #facts(parts: readonly Part[]) {
    const own: RecordingProblemCode[] = [
      ...(this.#hasStorage ? [] : ['no-storage' as const]),
      ...(this.#uploader?.hasLost ? ['refused' as const] : []),
      ...(this.#announcer.hasUnsent ? ['unsent' as const] : []),
    ];
    return {
      parts,
      openedAt: this.#openedAt,
      unsaved: this.#recording.unsaved(),
      isRecording: this.#recording.isRecording(),
      isUploader: this.#uploader !== null,
      hindrance: this.#uploader?.problem ?? null,
      share: this.#share,
      problems: [...this.#recording.problems(), ...own],
      canAsk: (part: Part) => this.#announcer.canAsk(part),
    };
  }
}

async function openStore(): Promise<PartStore> {
  try {
    return (await IndexedDbPartStore.open()) ?? new MemoryPartStore();
  } catch {
    return new MemoryPartStore();
  }
}
