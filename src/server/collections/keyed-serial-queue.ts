import { SerialQueue } from './serial-queue.ts';

/** Runs the tasks of one key one after the other, and those of different keys at once. */
export class KeyedSerialQueue {
  readonly #queues = new Map<string, SerialQueue>();

  /** @returns what the task returns */
  run<Result>(key: string, task: () => Promise<Result>): Promise<Result> {
    const queue = this.#queues.get(key) ?? new SerialQueue();
    this.#queues.set(key, queue);
    return queue.run(task).finally(() => {
      // An idle queue may have been replaced already.
      if (queue.waiting === 0 && this.#queues.get(key) === queue) this.#queues.delete(key);
    });
  }
}
