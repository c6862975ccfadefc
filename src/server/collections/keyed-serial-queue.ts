/** Does one task after the other for each key, and those of different keys at once. */
export class KeyedSerialQueue {
  readonly #last = new Map<string, Promise<unknown>>();

  run<Result>(key: string, task: () => Promise<Result>): Promise<Result> {
    const former = this.#last.get(key);
    const result = former ? former.then(task, task) : task();
    this.#last.set(key, result);
    const forget = () => {
      if (this.#last.get(key) === result) this.#last.delete(key);
    };
    result.then(forget, forget);
    return result;
  }
}
