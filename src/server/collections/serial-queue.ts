/** More than this of one connection are not taken up at a time; what it sends besides waits where it costs least. */
const ROOM = 16;

const nothing = Promise.resolve();

/**
 * Does one thing after the other, in the order in which they came. Each connection has one, so that what a client
 * sends takes effect in its order although some of it waits for bcrypt or the disk.
 */
export class SerialQueue {
  #last: Promise<void> = nothing;
  #waiting = 0;
  /** Called when it was full and is so no longer. */
  onRoom: (() => void) | null = null;

  /** How many are under way or waiting. */
  get waiting(): number {
    return this.#waiting;
  }

  get isFull(): boolean {
    return this.#waiting >= ROOM;
  }

  /** @param task must not reject */
  run(task: () => Promise<void>): Promise<void> {
    this.#waiting += 1;
    this.#last = this.#last.then(task).finally(() => {
      this.#waiting -= 1;
      if (this.#waiting === ROOM - 1) this.onRoom?.();
    });
    return this.#last;
  }
}
