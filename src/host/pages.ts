/** A page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** The cursor of the next page; null: this is the last one. */
  readonly nextCursor: string | null;
}

/**
 * A list of the server. Nothing is asked before somebody reads it, and each page when the one before is used up.
 *
 * @example
 * for await (const call of mesh.listCalls({ status: 'ended' })) bill(call);
 */
export class Pages<Item> implements AsyncIterable<Item> {
  readonly #read: (cursor: string | undefined) => Promise<Page<Item>>;

  /** @param read reads the page that a cursor stands for; undefined: the first one that is asked for */
  constructor(read: (cursor: string | undefined) => Promise<Page<Item>>) {
    this.#read = read;
  }

  /** Reads one page, for a list that a person leafs through. @param cursor `nextCursor` of the page before */
  page(cursor?: string): Promise<Page<Item>> {
    return this.#read(cursor);
  }

  /** Reads all pages. */
  async all(): Promise<Item[]> {
    const items: Item[] = [];
    for await (const item of this) items.push(item);
    return items;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (let cursor: string | undefined; ; ) {
      const { items, nextCursor } = await this.#read(cursor);
      yield* items;
      if (nextCursor === null) return;
      cursor = nextCursor;
    }
  }
}
