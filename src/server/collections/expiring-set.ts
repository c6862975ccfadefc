import { ExpiringMap } from './expiring-map.ts';

/** Entries expire after this time, ms, or up to twice as late. */
const LASTS_MS = 10_000;

/** A set whose entries expire after 10 to 20 s. */
export class ExpiringSet {
  readonly #entries = new ExpiringMap<true>({ lastsMs: LASTS_MS });

  get isEmpty(): boolean {
    return this.#entries.isEmpty;
  }

  has(entry: string): boolean {
    return this.#entries.get(entry) ?? false;
  }

  add(entry: string): void {
    this.#entries.set(entry, true);
  }

  /** Removes an entry before it expires. */
  forget(entry: string): void {
    this.#entries.delete(entry);
  }
}
