import { setImmediate, setTimeout } from 'node:timers/promises';
import { StoreAway, StoreError } from '../storage/store.ts';
import type { RedisClient } from './connect.ts';

/** How often it is tried whether Redis is there again, ms. */
const TRY_MS = 100;

/** So many times the limit a command waits as long as others are answered. */
const ROUNDS = 2;

/** Why a command has no answer: it was not sent, or it was and nobody knows. */
export class RedisAway extends StoreAway {
  override name = 'RedisAway';
  readonly wasSent: boolean;

  constructor(message: string, wasSent: boolean) {
    super(message);
    this.wasSent = wasSent;
  }
}

/**
 * Redis, as somebody sees it who cannot wait: every command is answered or refused within a time limit. Once it has
 * answered nothing for so long, further ones are refused at once, until it answers again, which is tried all the time.
 */
export class RedisLink {
  readonly client: RedisClient;
  readonly #timeoutMs: number;
  #isAway = false;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #upSince = Date.now();

  constructor(client: RedisClient, timeoutMs: number) {
    this.client = client;
    this.#timeoutMs = timeoutMs;
    client.on('ready', () => {
      this.#upSince = Date.now();
    });
  }

  /** How long a command is waited for at the most, ms. */
  get patienceMs(): number {
    return ROUNDS * this.#timeoutMs;
  }

  /** Whether it is worth asking. */
  get isUp(): boolean {
    return this.client.status === 'ready' && !this.#isAway;
  }

  /** Since when it was worth asking, should it be so now: ms since the epoch, by the clock of this machine. */
  get upSince(): number {
    return this.#upSince;
  }

  /** @throws RedisAway, StoreError where Redis refuses */
  async ask<Answer>(command: (client: RedisClient) => Promise<Answer>): Promise<Answer> {
    if (!this.isUp) throw new RedisAway('Redis cannot be reached', false);
    return this.try(command);
  }

  /** As `ask`, even if Redis was away last: whoever asks this way finds out that it is there again. */
  async try<Answer>(command: (client: RedisClient) => Promise<Answer>): Promise<Answer> {
    if (this.client.status !== 'ready') throw new RedisAway('Redis cannot be reached', false);
    return this.within(command(this.client));
  }

  /** Waits for something that depends on Redis, but not for long. @throws RedisAway, StoreError as `ask` */
  async within<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const lateness = new AbortController();
    const late = this.#late(lateness.signal);
    try {
      const given = await Promise.race([answer, late]);
      if (this.#isAway) this.#upSince = Date.now();
      this.#isAway = false;
      this.#answeredAt = performance.now();
      return given;
    } catch (error) {
      answer.catch(() => {});
      throw this.#explained(error);
    } finally {
      lateness.abort();
    }
  }

  async #late(signal: AbortSignal): Promise<never> {
    for (let round = 1; round <= ROUNDS; round += 1) {
      await setTimeout(this.#timeoutMs, null, { signal, ref: false });
      // When it was this process that was late, answers have been here for a while, and are read first.
      await setImmediate();
      await setImmediate();
      if (this.#isSilent) break;
    }
    throw new RedisAway('Redis did not answer in time', true);
  }

  /** Redis answers in order: one that has answered others is only busy. */
  get #isSilent(): boolean {
    return performance.now() - this.#answeredAt >= this.#timeoutMs;
  }

  async #findAgain(): Promise<void> {
    this.#isAway = true;
    while (this.#isAway && this.client.status !== 'end') {
      await setTimeout(TRY_MS, null, { ref: false });
      await this.try((client) => client.ping()).catch(() => {});
    }
  }

  /** Errors of the client hold the command with all its arguments, and those are for nobody to read. */
  #explained(error: unknown): StoreError {
    if (error instanceof RedisAway) {
      if (!this.#isAway && this.#isSilent) void this.#findAgain();
      return error;
    }
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    if (name !== 'ReplyError') return new RedisAway(`The connection with Redis broke (${name})`, true);
    // A server that is loading, or was told to be a replica, is as good as away, and has done nothing.
    return new StoreError(`Redis refuses: ${message}`);
  }
}
