/** A value that is made when it is first needed. */
export class Lazy<Value> {
  readonly #make: () => Promise<Value>;
  #made: Promise<Value> | null = null;

  constructor(make: () => Promise<Value>) {
    this.#make = make;
  }

  /** Makes the value, or waits for it. Where that fails, the next call makes it anew. @throws what its maker throws */
  get(): Promise<Value> {
    this.#made ??= this.#make().catch((error: unknown) => {
      this.#made = null;
      throw error;
    });
    return this.#made;
  }

  /** The value, if it was made. */
  get made(): Promise<Value> | null {
    return this.#made;
  }
}
