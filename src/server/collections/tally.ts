/** The count of one combination of labels. Code that counts millions of events keeps it and adds to it by itself. */
export interface Entry<Labels extends readonly string[]> {
  readonly labels: Labels;
  count: number;
}

/**
 * Counts events by their labels. Each combination of labels takes memory for good, so no label may be a text that clients
 * choose.
 */
export class Tally<Labels extends readonly string[]> {
  readonly #entries = new Map<string, Entry<Labels>>();

  /** @param known combinations that are there from the start, with a count of 0 */
  constructor(known: readonly Labels[] = []) {
    for (const labels of known) this.entry(...labels);
  }

  add(...labels: Labels): void {
    this.entry(...labels).count += 1;
  }

  entry(...labels: Labels): Entry<Labels> {
    const key = labels.join(' ');
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = { labels, count: 0 };
      this.#entries.set(key, entry);
    }
    return entry;
  }

  get entries(): Iterable<Readonly<Entry<Labels>>> {
    return this.#entries.values();
  }
}
