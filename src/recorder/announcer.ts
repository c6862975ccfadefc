import type { Part, PartStore } from './part-store.ts';
import { askUpload, type Fetch } from './tus.ts';

/** The first pause after a failure, in ms; it doubles with every further one. */
const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 30_000;

/** Tells the server of parts, and keeps where they go. */
export class Announcer {
  readonly #fetch: Fetch;
  readonly #store: Promise<PartStore>;
  readonly #onChange: () => void;
  readonly #dueAt = new Map<string, number>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #closing = new AbortController();
  /** The parts that it asks about, each with the question. */
  readonly #asking = new Map<string, Promise<void>>();
  /** The parts that the server does not believe are this browser's. */
  readonly #unproven = new Set<string>();
  #failures = 0;
  /** Whether the server will never have a part. */
  hasUnsent = false;

  /** @param onChange is called when a part may be looked at anew */
  constructor(fetch: Fetch, store: Promise<PartStore>, onChange: () => void) {
    this.#fetch = fetch;
    this.#store = store;
    this.#onChange = onChange;
  }

  /** Whether it can tell the server of a part. */
  canAsk({ id, proof }: Part): boolean {
    return proof !== null && !this.#unproven.has(id);
  }

  /** Asks about every part that goes nowhere yet. */
  announce(parts: readonly Part[]): void {
    for (const part of parts) {
      if (part.upload || part.isWhole || !this.canAsk(part) || this.#asking.has(part.id)) continue;
      if ((this.#dueAt.get(part.id) ?? 0) > performance.now()) continue;
      const question = this.#ask(part).finally(() => {
        if (this.#asking.get(part.id) === question) this.#asking.delete(part.id);
        if (!this.#closing.signal.aborted) this.#onChange();
      });
      this.#asking.set(part.id, question);
    }
  }

  /** The network is new: answers to earlier questions may not come any more, and the same question again does no harm. */
  askAnew(): void {
    this.#asking.clear();
    this.#dueAt.clear();
    this.#failures = 0;
  }

  close(): void {
    this.#closing.abort();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #ask(part: Part): Promise<void> {
    const { id } = part;
    const store = await this.#store;
    const answer = await askUpload(this.#fetch, part, this.#closing.signal);
    if (this.#closing.signal.aborted) return;
    if (answer.is === 'away') {
      this.#wait(id, answer.pause ?? Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures));
      this.#failures += 1;
      return;
    }
    this.#failures = 0;
    if (answer.is === 'there') {
      await store.update(id, (each) => ({ ...each, upload: answer.upload })).catch(() => this.#wait(id, FIRST_PAUSE));
    } else if (answer.is === 'unproven') {
      // It stays: another visit may find the server as it was.
      this.#unproven.add(id);
    } else {
      this.hasUnsent = true;
      await store.remove(id).catch(() => this.#wait(id, FIRST_PAUSE));
    }
  }

  #wait(id: string, ms: number): void {
    this.#dueAt.set(id, performance.now() + ms);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#onChange();
    }, ms);
    this.#timers.add(timer);
  }
}
