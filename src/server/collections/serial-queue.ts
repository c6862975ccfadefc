/** A queue takes up no more than this many tasks. The fair queue keeps further commands, where they cost less. */
const ROOM = 16;

const nothing: Promise<unknown> = Promise.resolve();

/**
 * Runs one task after the other, in the order in which they came. Each connection has such a queue, so that what a client
 * sends takes effect in its order although some of it waits for bcrypt or the disk.
 */
export class SerialQueue {
  #last = nothing;
  #waiting = 0;
  /** Called when the queue was full and is so no longer. */
  onRoom: (() => void) | null = null;

  /** How many tasks are under way or waiting. */
  get waiting(): number {
    return this.#waiting;
  }

  get isFull(): boolean {
    return this.#waiting >= ROOM;
  }

  /** @returns what the task returns; where it rejects, the next task runs nevertheless */
  run<Result>(task: () => Promise<Result>): Promise<Result> {
    this.#waiting += 1;
    const result = this.#last.then(task, task).finally(() => {
      this.#waiting -= 1;
      if (this.#waiting === ROOM - 1) this.onRoom?.();
    });
    this.#last = result;
    return result;
  }
}
