import type { RecordingClient } from './client.ts';
import type { Part, PartStore } from './part-store.ts';

/** The pause between two questions about one part, in ms. */
const AGAIN = 5_000;
/** The pause where the server names none, in ms. */
const PAUSE = 2_000;

/** The server will never take the part: it was over before the server heard of it, or the person has not agreed. */
const final: readonly string[] = ['NO_RECORDING', 'NOT_ALLOWED', 'INVALID_PAYLOAD'];

/** Tells the server of parts, and keeps where they go. */
export class Announcer {
  readonly #client: RecordingClient;
  readonly #store: Promise<PartStore>;
  readonly #onChange: () => void;
  readonly #dueAt = new Map<string, number>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  /** The parts that it asks about, each with the question. */
  readonly #asking = new Map<string, Promise<void>>();
  /** Whether the server will never have a part. */
  hasUnsent = false;

  /** @param onChange is called when a part may be looked at anew */
  constructor(client: RecordingClient, store: Promise<PartStore>, onChange: () => void) {
    this.#client = client;
    this.#store = store;
    this.#onChange = onChange;
  }

  /** Whether the seat of this client can tell the server of a part. */
  canAsk({ workspace, attendee }: Part): boolean {
    const { seat } = this.#client.state.value;
    return seat !== null && seat.workspace.id === workspace && seat.self === attendee;
  }

  /** Asks about every part that goes nowhere yet. */
  announce(parts: readonly Part[]): void {
    for (const part of parts) {
      if (part.upload || part.isWhole || !this.canAsk(part) || this.#asking.has(part.id)) continue;
      if (this.#client.state.value.connection !== 'connected') continue;
      if ((this.#dueAt.get(part.id) ?? 0) > performance.now()) continue;
      const question = this.#ask(part).finally(() => {
        if (this.#asking.get(part.id) === question) this.#asking.delete(part.id);
        this.#onChange();
      });
      this.#asking.set(part.id, question);
    }
  }

  /** The connection is new: answers to earlier questions do not come any more, and the same question again does no harm. */
  askAnew(): void {
    this.#asking.clear();
    this.#dueAt.clear();
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #ask(part: Part): Promise<void> {
    const { id, recording, mimeType, startedAt, source } = part;
    const store = await this.#store;
    this.#wait(id, AGAIN);
    try {
      const upload = await this.#client.recordingPart({
        recording: { id: recording },
        part: id,
        mimeType,
        startedAt,
        source,
      });
      await store.update(id, (each) => ({ ...each, upload }));
    } catch (error) {
      // The error is of the client's module, which has its classes for itself.
      const { code, retryAfter }: { code?: unknown; retryAfter?: unknown } = Object(error);
      if (final.includes(String(code))) {
        this.hasUnsent = true;
        await store.remove(id).catch(() => {});
      } else this.#wait(id, typeof retryAfter === 'number' ? retryAfter * 1000 : PAUSE);
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
