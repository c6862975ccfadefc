import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { candidate, type Seat } from '../support/fixtures.ts';

/** The pause between two relays, ms. */
const PACE_MS = 20;

/** Relays numbered candidates from one seat to another without end, so that any gap shows. */
export class ContinuousRelay {
  readonly #from: Seat;
  readonly #to: Seat;
  #sent = 0;
  #isOver = false;
  readonly #refused: unknown[] = [];
  readonly #running: Promise<void>;

  constructor(from: Seat, to: Seat) {
    this.#from = from;
    this.#to = to;
    this.#running = this.#run();
  }

  /** Ends it, and checks that every candidate arrived, in order. @returns their number */
  async arrived(): Promise<number> {
    this.#isOver = true;
    await this.#running;
    // Both are at one node, so that the answer to a question comes after everything.
    await this.#to.client.askRaw('iceservers', {});
    const heard = this.#to.client.everything
      .filter(({ notice }) => notice === 'icecandidate')
      .map(({ payload }) => (payload as { candidate: { candidate: string } }).candidate.candidate)
      .filter((text) => text.startsWith('steady '));
    expect(this.#refused).toEqual([]);
    expect(heard).toEqual(Array.from({ length: this.#sent }, (_, at) => `steady ${at}`));
    return this.#sent;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const numbered = { ...candidate, candidate: `steady ${this.#sent}` };
      this.#sent += 1;
      const reply = await this.#from.client.ask('icecandidate', {
        ...this.#from.to(this.#to),
        candidate: numbered,
      });
      if (!reply.ok) this.#refused.push(reply.error);
      await sleep(PACE_MS);
    }
  }
}
