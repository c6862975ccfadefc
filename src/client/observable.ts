import { callHost } from './host-callback.ts';

/** A value with subscribers. Nobody changes a value in place, so `===` tells whether something changed. */
export class Observable<Value> {
  #value: Value;
  readonly #listeners = new Set<(value: Value) => void>();

  constructor(initial: Value) {
    this.#value = initial;
  }

  /** The current value. */
  get value(): Value {
    return this.#value;
  }

  /** Replaces the value and calls every subscriber, unless it is the same value. */
  set(value: Value): void {
    if (value === this.#value) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) {
      // A listener before this one may have set another value, or ended this subscription.
      if (this.#listeners.has(listener)) callHost(listener, this.#value);
    }
  }

  /** Calls the listener at every change from now on. @returns a function that ends the subscription */
  subscribe(listener: (value: Value) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
