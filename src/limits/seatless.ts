/** Counts the connections without a seat of each address, because anybody can open those. */
export class SeatlessConnections {
  readonly #limit: number;
  readonly #counts = new Map<string, number>();

  constructor(limitPerAddress: number) {
    this.#limit = limitPerAddress;
  }

  /** Whether an address may open another one. */
  admits(address: string): boolean {
    return (this.#counts.get(address) ?? 0) < this.#limit;
  }

  /** @returns what to call once, when the connection has a seat or is gone; more calls do nothing */
  enter(address: string): () => void {
    this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1);
    let counted = true;
    return () => {
      if (!counted) return;
      counted = false;
      const left = (this.#counts.get(address) ?? 0) - 1;
      if (left > 0) this.#counts.set(address, left);
      else this.#counts.delete(address);
    };
  }
}
