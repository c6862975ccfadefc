import { setImmediate, setTimeout } from 'node:timers/promises';
import { StoreAway, StoreError } from '../storage/store.ts';
import type { RedisClient } from './connect.ts';

/** The pause between two attempts to find Redis again, ms. */
const TRY_MS = 100;

/** A command waits for so many time limits while Redis answers others. */
const ROUNDS = 2;

/** A command has no answer: it was not sent, or it was and nobody knows what became of it. */
export class RedisAway extends StoreAway {
  override name = 'RedisAway';
  readonly wasSent: boolean;

  constructor(message: string, wasSent: boolean) {
    super(message);
    this.wasSent = wasSent;
  }
}

/**
 * Redis for callers that cannot wait: every command is answered or refused within a time limit. When Redis has answered
 * nothing for so long, the link refuses further commands at once, and tries all the time whether Redis answers again.
 */
export class RedisLink {
  readonly client: RedisClient;
  readonly #timeoutMs: number;
  #isAway = false;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #upSince = performance.now();

  constructor(client: RedisClient, timeoutMs: number) {
    this.client = client;
    this.#timeoutMs = timeoutMs;
    client.on('ready', () => {
      this.#upSince = performance.now();
    });
  }

  /** The longest that a caller waits for a command, ms. */
  get patienceMs(): number {
    return ROUNDS * this.#timeoutMs;
  }

  /** Whether Redis answers, as far as is known. */
  get isUp(): boolean {
    return this.client.status === 'ready' && !this.#isAway;
  }

  /** Since when Redis answers, should it do so now, by `performance.now()`, ms. */
  get upSince(): number {
    return this.#upSince;
  }

  /** @throws RedisAway, StoreError where Redis refuses */
  async ask<Answer>(command: (client: RedisClient) => Promise<Answer>): Promise<Answer> {
    if (!this.isUp) throw new RedisAway('Redis cannot be reached', false);
    return this.try(command);
  }

  /** As `ask`, but asks even if Redis was away last, and so finds out that it is there again. */
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
      if (this.#isAway) this.#upSince = performance.now();
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
      // If this process was late itself, answers have come long ago. They are read first.
      await setImmediate();
      await setImmediate();
      if (this.#isSilent) break;
    }
    throw new RedisAway('Redis did not answer in time', true);
  }

  /** Redis answers in order: if it has answered other commands, it is only busy. */
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

  /** Errors of ioredis hold the command with all its arguments, which nobody may read. */
  #explained(error: unknown): StoreError {
    if (error instanceof RedisAway) {
      if (!this.#isAway && this.#isSilent) void this.#findAgain();
      return error;
    }
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    if (name !== 'ReplyError') return new RedisAway(`The connection with Redis broke (${name})`, true);
    // A Redis that is loading, or has become a replica, refuses too. It has done nothing.
    return new StoreError(`Redis refuses: ${message}`);
  }
}
