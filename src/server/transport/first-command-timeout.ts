import type { Socket } from 'socket.io';

/**
 * Closes connections that take too long until their first command. Time in which the server could not hear them does not
 * count. All have equally long, so their time ends in the order in which they came, and one timer serves all of them: a
 * timer each would be a fiftieth of their memory.
 */
export class FirstCommandTimeout {
  readonly #patienceMs: number;
  readonly #unheardMs: (within: number) => number;
  readonly #onLate: () => void;
  /** When the time of each connection ends, in ms of performance.now(). */
  readonly #ends = new Map<Socket, number>();
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param patienceMs how long each may take
   * @param unheardMs how much of the last so many ms nobody could be heard
   * @param onLate called for each connection that is closed
   */
  constructor(patienceMs: number, unheardMs: (within: number) => number, onLate = () => {}) {
    this.#patienceMs = patienceMs;
    this.#unheardMs = unheardMs;
    this.#onLate = onLate;
  }

  add(socket: Socket): void {
    this.#ends.set(socket, performance.now() + this.#patienceMs);
    this.#arm();
  }

  /** Forgets a connection that has sent a command, or is gone. */
  delete(socket: Socket): void {
    this.#ends.delete(socket);
  }

  #arm(unheard = 0): void {
    const [next] = this.#ends.values();
    if (this.#timer || next === undefined) return;
    this.#timer = setTimeout(() => this.#onTime(), next + unheard - performance.now()).unref();
  }

  #onTime(): void {
    this.#timer = null;
    const now = performance.now();
    for (const [socket, end] of this.#ends) {
      const unheard = this.#unheardMs(now - end + this.#patienceMs);
      if (end + unheard > now) {
        this.#arm(unheard);
        return;
      }
      this.#ends.delete(socket);
      this.#onLate();
      socket.disconnect(true);
    }
  }
}
