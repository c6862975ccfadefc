import { onTestFinished } from 'vitest';

/** Takes what is to be done at the end, the last one first. */
export type AtEnd = (cleanUp: () => unknown) => void;

/** The end of the test that is running: what whatever is started for a test ends with, unless it is told otherwise. */
export const ofTest: AtEnd = (cleanUp) =>
  onTestFinished(async () => {
    await cleanUp();
  });

/** The end of what several tests share: whoever began it calls it. */
export class Lifetime {
  readonly #cleanUps: (() => unknown)[] = [];

  readonly atEnd: AtEnd = (cleanUp) => {
    this.#cleanUps.push(cleanUp);
  };

  async end(): Promise<void> {
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) await cleanUp();
  }
}
