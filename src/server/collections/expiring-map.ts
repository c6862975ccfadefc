interface ExpiringMapOptions {
  /** Each entry lasts at least so long, and less than twice as long, ms. */
  readonly lastsMs: number;
  /** The map holds no more entries than this. Beyond it, the older half expires early. */
  readonly most?: number;
}

/**
 * A map whose entries expire. It has two generations: new entries go to the young one; when that is old enough, or full,
 * it becomes the old one, and the former old one is dropped as a whole. A timer for each entry would take more memory than
 * the entry.
 */
export class ExpiringMap<Value> {
  readonly #lastsMs: number;
  readonly #most: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  /** When the young generation began, by `performance.now()`, ms: that clock never steps. */
  #youngSince = performance.now();

  constructor({ lastsMs, most = Number.POSITIVE_INFINITY }: ExpiringMapOptions) {
    this.#lastsMs = lastsMs;
    this.#most = most;
  }

  get isEmpty(): boolean {
    this.#age();
    return this.#young.size + this.#old.size === 0;
  }

  get(key: string): Value | undefined {
    this.#age();
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: string, value: Value): void {
    this.#age();
    if (this.#young.size >= this.#most / 2) this.#turn(this.#young, performance.now());
    this.#young.set(key, value);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  #age(): void {
    const ageMs = performance.now() - this.#youngSince;
    if (ageMs < this.#lastsMs) return;
    // Somebody may look late. The generations begin as if it had been in time, or else the old one would last too long.
    if (ageMs < 2 * this.#lastsMs) this.#turn(this.#young, this.#youngSince + this.#lastsMs);
    else this.#turn(new Map(), performance.now());
  }

  #turn(old: Map<string, Value>, since: number): void {
    this.#old = old;
    this.#young = new Map();
    this.#youngSince = since;
  }
}
