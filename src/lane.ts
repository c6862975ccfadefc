/**
 * Does one thing after the other, in the order in which they came. Each connection has one, so that what a client
 * sends takes effect in its order although some of it waits for bcrypt or the disk.
 */
export class Lane {
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** How many are under way or waiting. */
  get waiting(): number {
    return this.#waiting;
  }

  /** @param task must not reject */
  run(task: () => Promise<void>): Promise<void> {
    this.#waiting += 1;
    this.#last = this.#last.then(task).finally(() => {
      this.#waiting -= 1;
    });
    return this.#last;
  }
}
