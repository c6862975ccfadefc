import { onTestFinished } from 'vitest';

/** Registers a clean-up for the end; the last one runs first. */
export type AtEnd = (cleanUp: () => unknown) => void;

/** Registers a clean-up for the end of the running test: the default of all helpers that start something. */
export const ofTest: AtEnd = (cleanUp) =>
  onTestFinished(async () => {
    await cleanUp();
  });

/** The clean-ups of something that several tests share. The code that started it calls `end`. */
export class Lifetime {
  readonly #cleanUps: (() => unknown)[] = [];

  readonly atEnd: AtEnd = (cleanUp) => {
    this.#cleanUps.push(cleanUp);
  };

  async end(): Promise<void> {
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) await cleanUp();
  }
}
