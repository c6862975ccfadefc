import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { throttle } from '../collections/throttle.ts';
import { RecordsAway } from './errors.ts';

/** The pause between two attempts to find the database again, ms. */
const TRY_MS = 250;

/** So often the database is asked for a sign of life, ms. */
const PING_MS = 1000;

const AWAY = 'The records cannot be reached or written. It is tried again until they can.';

/** What SQLite and PostgreSQL (Appendix A, class XX) say of damaged pages. */
const DAMAGE = /^(?:SQLITE_CORRUPT|SQLITE_NOTADB|XX00[12])/;

const DAMAGED = 'The database of the records is damaged. Stop the server, and restore a backup (docs/records.md).';

interface ReachOptions {
  /** The longest that a caller waits, ms. */
  readonly patienceMs: number;
  /** Writes something: a database that only reads is away too. */
  probe(): Promise<void>;
  /** Asks for a sign of life; null where none is needed. */
  readonly ping: (() => Promise<void>) | null;
  readonly log: Logger;
}

/**
 * The database for callers that cannot wait: everything is answered or refused within a time limit. When the database
 * is away, it refuses further work at once, and tries all the time whether it is there again.
 */
export class Reach {
  readonly #options: ReachOptions;
  readonly #pings: NodeJS.Timeout | null;
  readonly #closing = new AbortController();
  readonly #onDamage: (reason: string) => void;
  #isAway = false;
  #probing: Promise<void> | null = null;

  constructor(options: ReachOptions) {
    this.#options = options;
    const { ping, log } = options;
    this.#onDamage = throttle((reason: string) => log.error({ reason }, DAMAGED));
    this.#pings = ping ? setInterval(() => void this.ask(ping).catch(() => {}), PING_MS).unref() : null;
  }

  /** Whether the database answers and can be written, as far as is known. */
  get isUp(): boolean {
    return !this.#isAway;
  }

  /** @throws RecordsAway where there is no answer in time; then nobody knows whether the work was done */
  async ask<Result>(work: () => Promise<Result>, patienceMs = this.#options.patienceMs): Promise<Result> {
    if (this.#isAway) throw new RecordsAway('still');
    try {
      return await this.#inTime(work(), patienceMs);
    } catch (error) {
      if (error instanceof RecordsAway) this.#suspect(error);
      throw error;
    }
  }

  /** Stops asking and trying. */
  async close(): Promise<void> {
    if (this.#pings) clearInterval(this.#pings);
    this.#closing.abort();
    await this.#probing;
  }

  async #inTime<Result>(answer: Promise<Result>, patienceMs: number): Promise<Result> {
    const lateness = new AbortController();
    try {
      return await Promise.race([answer, this.#late(patienceMs, lateness.signal)]);
    } finally {
      answer.catch(() => {});
      lateness.abort();
    }
  }

  async #late(patienceMs: number, signal: AbortSignal): Promise<never> {
    await setTimeout(patienceMs, null, { signal, ref: false });
    // If this process was late itself, answers have come long ago. They are read first.
    await setImmediate();
    await setImmediate();
    throw new RecordsAway('no answer in time');
  }

  /** One caller had no answer: is it the database, or only its statement? */
  #suspect(reason: RecordsAway): void {
    if (DAMAGE.test(reason.reason)) this.#onDamage(reason.reason);
    this.#probing ??= this.#probe(reason).finally(() => {
      this.#probing = null;
    });
  }

  async #probe({ reason: first }: RecordsAway): Promise<void> {
    const { probe, patienceMs, log } = this.#options;
    while (!this.#closing.signal.aborted) {
      try {
        await this.#inTime(probe(), patienceMs);
        if (this.#isAway) log.info('The records are there again.');
        this.#isAway = false;
        return;
      } catch (error) {
        const reason = error instanceof RecordsAway ? error.reason : first;
        if (!this.#isAway) log.error({ reason }, AWAY);
        this.#isAway = true;
      }
      await setTimeout(TRY_MS, null, { signal: this.#closing.signal, ref: false }).catch(() => {});
    }
  }
}
