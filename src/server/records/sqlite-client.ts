import { Worker } from 'node:worker_threads';
import { RecordsAway } from './errors.ts';

/** A statement for the thread. */
export interface Query {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** The rows that a statement returned and how many it changed; or why it failed. */
export type Answer =
  | { readonly rows: unknown[]; readonly changes: number }
  | { readonly code: string; readonly message: string };

interface Waiter {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/**
 * A database of SQLite in a thread of its own (`sqlite-thread.js`), so that no statement and no wait for the disk holds
 * the event loop up. It answers the statements in their order. An idle thread keeps no process alive.
 */
export class SqliteClient {
  readonly #worker: Worker;
  readonly #waiting: Waiter[] = [];
  readonly #ended: Promise<void>;
  #failure: Error | null = null;

  /** @param file a path, or ':memory:' */
  constructor(file: string) {
    // The Node options of the server are for the server alone.
    this.#worker = new Worker(new URL('sqlite-thread.js', import.meta.url), {
      execArgv: [],
      workerData: file,
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 },
    });
    this.#worker.on('message', (answer: Answer) => {
      this.#waiting.shift()?.resolve(answer);
      if (this.#waiting.length === 0) this.#worker.unref();
    });
    this.#worker.on('error', (error) => {
      this.#failure = new RecordsAway('its thread failed', error);
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#failure ??= new RecordsAway('its thread has ended');
        for (const one of this.#waiting.splice(0)) one.reject(this.#failure);
        resolve();
      });
    });
  }

  get hasEnded(): boolean {
    return this.#failure !== null;
  }

  /** Waits until the database is open. @returns why it is not, where it is not */
  opened(): Promise<Answer> {
    return this.#answer();
  }

  /** @throws RecordsAway when the thread has ended */
  execute(query: Query): Promise<Answer> {
    if (!this.#failure) this.#worker.postMessage(query);
    return this.#answer();
  }

  /** Closes the database after the statements under way. */
  async close(): Promise<void> {
    this.#worker.ref();
    this.#worker.postMessage(null);
    await this.#ended;
  }

  #answer(): Promise<Answer> {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#worker.ref();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
}
