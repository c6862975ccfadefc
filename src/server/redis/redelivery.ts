import { setTimeout as sleep } from 'node:timers/promises';

/** The fate of a message: nodes received it, none was subscribed, Redis did not take it, or its answer was lost. */
export type Outcome = 'received' | 'unheard' | 'unsent' | 'unknown';

/** Publishes a message on a channel. It must not reject. */
type Publish = (channel: string, message: Buffer) => Promise<Outcome>;

/**
 * The first and the longest pause between two attempts on one channel, ms; in between, half the age of the message. A seat
 * that comes back waits as long for its next relay, where a message to it was unheard before.
 */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 250;

/** A message is given up after so many ms. */
const KEPT_MS = 30_000;

/** Messages take no more memory than this, bytes; further ones are lost. */
const MOST_BYTES = 8 * 1024 * 1024;

interface Kept {
  readonly message: Buffer;
  /** When nobody received it, by `performance.now()`, ms. */
  readonly since: number;
}

interface Queue {
  readonly messages: Kept[];
  /** When the next attempt is due, by `performance.now()`, ms. */
  dueAt: number;
}

/**
 * Publishes messages again that no node received, because the node of the seat was not subscribed at that moment: until
 * a node receives them, in the order of their channel, each once.
 *
 * While a channel has a queue here, further messages of that channel must join the queue, or they would overtake it.
 */
export class Redelivery {
  readonly #publish: Publish;
  readonly #queues = new Map<string, Queue>();
  readonly #closing = new AbortController();
  #bytes = 0;
  #isRunning = false;

  constructor(publish: Publish) {
    this.#publish = publish;
  }

  /** Whether messages of this channel wait. */
  has(channel: string): boolean {
    return this.#queues.has(channel);
  }

  add(channel: string, message: Buffer): void {
    if (this.#bytes + message.length > MOST_BYTES || this.#closing.signal.aborted) return;
    this.#bytes += message.length;
    const since = performance.now();
    const queue = this.#queues.get(channel);
    if (queue) queue.messages.push({ message, since });
    else this.#queues.set(channel, { messages: [{ message, since }], dueAt: since + FIRST_PAUSE_MS });
    if (!this.#isRunning) void this.#run();
  }

  close(): void {
    this.#closing.abort();
    this.#queues.clear();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    const { signal } = this.#closing;
    while (this.#queues.size > 0) {
      await sleep(FIRST_PAUSE_MS, null, { signal, ref: false }).catch(() => null);
      const now = performance.now();
      const due = [...this.#queues].filter(([, { dueAt }]) => dueAt <= now);
      await Promise.all(due.map(([channel, queue]) => this.#deliver(channel, queue)));
    }
    this.#isRunning = false;
  }

  /** Publishes the messages of a channel, one after the other, up to the first that nobody receives. */
  async #deliver(channel: string, queue: Queue): Promise<void> {
    for (let [first] = queue.messages; first && !this.#closing.signal.aborted; [first] = queue.messages) {
      const age = performance.now() - first.since;
      const outcome = age < KEPT_MS ? await this.#publish(channel, first.message) : 'expired';
      if (outcome === 'unheard' || outcome === 'unsent') {
        queue.dueAt = performance.now() + Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, age / 2));
        return;
      }
      queue.messages.shift();
      this.#bytes -= first.message.length;
    }
    this.#queues.delete(channel);
  }
}

// A message that is published again says when it was published first. A seat that was taken after that was taken with
// an answer that holds what the message says, so the message is not for that seat.

const LATE = /^late (\d+) /;

/** The form in which a message is published again. @param at when it was published first, ms since the epoch */
export function lateMessage(message: string | Buffer, at: number): Buffer {
  return Buffer.concat([Buffer.from(`late ${at} `), Buffer.from(message as string)]);
}

/** A message that was published again, as it was at first, and when that was; null where this is the first time. */
export function openLateMessage(message: Buffer): { readonly message: Buffer; readonly at: number } | null {
  // The adapter's messages are JSON objects, or MessagePack maps: neither begins like this.
  const opening = LATE.exec(message.toString('latin1', 0, 32));
  return opening && { message: message.subarray(opening[0].length), at: Number(opening[1]) };
}
