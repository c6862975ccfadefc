import { Worker } from 'node:worker_threads';

/** The task of a thread: to hash a text at a cost, or to check whether a text has a hash. */
export type Task = { text: string; cost: number } | { text: string; hash: string };

/**
 * Runs bcrypt in threads of its own, which give way to the event loop where the system can do that (`pin-thread.js`).
 * On libuv's threads bcrypt would compete with the event loop for the processor, and hold calls up for as long as a
 * turn of the scheduler. There are as many threads as tasks at once, each started when it is first needed. Idle threads
 * keep no process alive.
 */
export class PinThreads {
  readonly #all = new Set<PinThread>();
  readonly #idle = new Set<PinThread>();

  hash(text: string, cost: number): Promise<string> {
    return this.#compute({ text, cost });
  }

  compare(text: string, hash: string): Promise<boolean> {
    return this.#compute({ text, hash });
  }

  /** Ends the threads, and their tasks. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map((thread) => thread.close()));
  }

  /** @throws when the thread ends meanwhile; the next task gets another one */
  async #compute<Result>(task: Task): Promise<Result> {
    const [thread = this.#start()] = this.#idle;
    this.#idle.delete(thread);
    const result = await thread.compute(task);
    this.#idle.add(thread);
    return result as Result;
  }

  #start(): PinThread {
    const thread = new PinThread(() => {
      this.#all.delete(thread);
      this.#idle.delete(thread);
    });
    this.#all.add(thread);
    return thread;
  }
}

/** One thread, which computes one task at a time. */
class PinThread {
  readonly #worker: Worker;
  #failure = new Error('A thread that computes PINs has ended.');
  #task: { resolve(result: unknown): void; reject(error: Error): void } | null = null;

  constructor(onEnd: () => void) {
    // The Node options of the server are for the server alone.
    this.#worker = new Worker(new URL('pin-thread.js', import.meta.url), { execArgv: [], resourceLimits });
    this.#worker.on('message', (result) => {
      this.#worker.unref();
      this.#task?.resolve(result);
      this.#task = null;
    });
    this.#worker.on('error', (error) => {
      this.#failure = error;
    });
    this.#worker.on('exit', () => {
      onEnd();
      this.#task?.reject(this.#failure);
      this.#task = null;
    });
  }

  compute(task: Task): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#task = { resolve, reject };
      this.#worker.ref();
      this.#worker.postMessage(task);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

/**
 * A thread takes about 9 MB, nearly all of it Node itself. These keep V8 from taking more than that over the years; it
 * starts with half of them.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 };
