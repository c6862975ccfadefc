import type { Socket } from 'socket.io';

/**
 * Closes connections that take too long until their first command. All have equally long, so their time ends in the order
 * in which they came, and one timer serves all of them: a timer each would be a fiftieth of their memory.
 */
export class FirstCommandTimeout {
  readonly #patienceMs: number;
  /** When the time of each connection ends, in ms of performance.now(). */
  readonly #ends = new Map<Socket, number>();
  #timer: NodeJS.Timeout | null = null;

  /** @param patienceMs how long each may take */
  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  add(socket: Socket): void {
    this.#ends.set(socket, performance.now() + this.#patienceMs);
    this.#arm();
  }

  /** Forgets a connection that has sent a command, or is gone. */
  delete(socket: Socket): void {
    this.#ends.delete(socket);
  }

  #arm(): void {
    const [next] = this.#ends.values();
    if (this.#timer || next === undefined) return;
    this.#timer = setTimeout(() => this.#onTime(), next - performance.now()).unref();
  }

  #onTime(): void {
    this.#timer = null;
    const now = performance.now();
    for (const [socket, end] of this.#ends) {
      if (end > now) break;
      this.#ends.delete(socket);
      socket.disconnect(true);
    }
    this.#arm();
  }
}
