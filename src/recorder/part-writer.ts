import { type Part, PartOver, type PartStore, StorageFull } from './part-store.ts';
import type { RecordingProblemCode } from './problems.ts';

/** The pause before a store is tried again that was full, in ms. Uploads make room meanwhile. */
const AGAIN = 1_000;

export interface PartWriterOptions {
  readonly store: Promise<PartStore>;
  readonly part: Part;
  /** Is called when the store has the part, and after all bytes that it took. */
  readonly onSaved: () => void;
  /** Is called when the store takes nothing, and with null when it does again. */
  readonly onProblem: (code: RecordingProblemCode | null) => void;
  /** Is called when another page has ended the part: the rest of this run is of no use. */
  readonly onOver: () => void;
}

/** Puts what MediaRecorder gives into the store, in its order, and waits while the store is full. */
export class PartWriter {
  readonly #options: PartWriterOptions;
  readonly #waiting: Blob[] = [];
  #end: Part['end'] = null;
  #isEndSaved = false;
  #isOver = false;
  #hasProblem = false;
  #isRunning = false;
  #isAdded = false;

  constructor(options: PartWriterOptions) {
    this.#options = options;
    void this.#run();
  }

  /** The bytes that the store does not have yet. */
  get unsaved(): number {
    return this.#waiting.reduce((sum, { size }) => sum + size, 0);
  }

  /** Whether the store has all of it. */
  get isDone(): boolean {
    return this.#isOver || this.#isEndSaved;
  }

  add(blob: Blob): void {
    if (blob.size === 0 || this.#isOver) return;
    this.#waiting.push(blob);
    void this.#run();
  }

  /** @param at when the part ended, in ms since the epoch, by the clock of the server */
  end(at: number): void {
    this.#end ??= { at };
    void this.#run();
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const store = await this.#options.store;
    while (!this.isDone) {
      const step = this.#next(store);
      if (!step) break;
      await step;
      this.#options.onSaved();
    }
    this.#isRunning = false;
  }

  /** The next thing to save; null: there is none. */
  #next(store: PartStore): Promise<void> | null {
    const { part } = this.#options;
    if (!this.#isAdded) {
      return this.#save(async () => {
        await store.add(part);
        this.#isAdded = true;
      });
    }
    const [blob] = this.#waiting;
    if (blob) {
      return this.#save(async () => {
        await store.append(part.id, new Uint8Array(await blob.arrayBuffer()), Date.now());
        this.#waiting.shift();
      });
    }
    const end = this.#end;
    if (!end) return null;
    return this.#save(async () => {
      await store.update(part.id, (each) => ({ ...each, end: each.end ?? end }));
      this.#isEndSaved = true;
    });
  }

  /** Tries until the store takes it, or the part is over. */
  async #save(step: () => Promise<void>): Promise<void> {
    while (!this.#isOver) {
      try {
        await step();
        this.#say(null);
        return;
      } catch (error) {
        if (error instanceof PartOver) return this.#giveUp();
        this.#say(error instanceof StorageFull ? 'storage-full' : 'no-storage');
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
    }
  }

  #giveUp(): void {
    this.#isOver = true;
    this.#waiting.length = 0;
    this.#options.onOver();
  }

  #say(code: RecordingProblemCode | null): void {
    if (code === null && !this.#hasProblem) return;
    this.#hasProblem = code !== null;
    this.#options.onProblem(code);
  }
}
