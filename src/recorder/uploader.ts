import type { Part, PartStore, Upload } from './part-store.ts';
import type { RecordingProblemCode } from './problems.ts';
import { askOffset, type Fetch, type Outcome, sendBytes } from './tus.ts';

/** The largest body, in bytes: proxies cut bodies of 1 MB and more. */
const LARGEST = 512 * 1024;
/** Of smaller bodies the headers cost too much. */
const SMALLEST = 16 * 1024;
/** The first pause after a failure, in ms; it doubles with every further one. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
/** A part that the server should have taken is tried again after this many ms. */
const REFUSED_PAUSE = 10 * 60_000;
/** A server that names another offset so many times in a row keeps no account of the part. */
const MOST_CONFLICTS = 5;
/** After so many bodies in a row of which nothing arrived, smaller ones go: pages of other origins cannot read a proxy's 413. */
const MOST_FAILURES = 2;

type UploadingPart = Part & { readonly upload: Upload };

export interface UploaderOptions {
  readonly store: PartStore;
  readonly fetch: Fetch;
  /** The share of the time that the upload may use, from 0 to 1. */
  readonly share: () => number;
  /** A clock that does not step, in ms. */
  readonly now: () => number;
  /** Is called when bytes went, and when there is another problem. */
  readonly onChange: () => void;
}

/** What this page knows of a part on the server. */
interface Account {
  /** The bytes that the server has; null: in doubt. */
  offset: number | null;
  /** The bytes of the whole part, once the server was told; null before. */
  length: number | null;
  conflicts: number;
  /** The bodies that failed since the last one that arrived. */
  failures: number;
  /** When the part may be tried again. */
  dueAt: number;
}

/** Sends the parts in a store to the server, one body at a time and the earliest part first, until it is closed. */
export class Uploader {
  readonly #options: UploaderOptions;
  readonly #closing = new AbortController();
  readonly #accounts = new Map<string, Account>();
  /** When the next body may go. */
  #dueAt = 0;
  #failures = 0;
  /** The largest body that goes, and the largest one that was not too large for a proxy. */
  #largest = LARGEST;
  #ceiling = LARGEST;
  #isWoken = false;
  #wake: () => void = () => {};
  /** Why nothing goes at present. */
  problem: RecordingProblemCode | null = null;
  /** Whether the server will never have a part, or the end of one. */
  hasLost = false;

  constructor(options: UploaderOptions) {
    this.#options = options;
  }

  /** Sends until `close`. An error of the store ends nothing: the next try reads it anew. */
  async run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      this.#isWoken = false;
      const wait = await this.#next().catch(() => FIRST_PAUSE);
      if (wait > 0) await this.#sleep(wait);
    }
  }

  /** There may be something to send. @param isServerBack whether a server that was away may be tried at once */
  wake({ isServerBack = false } = {}): void {
    if (isServerBack) {
      this.#dueAt = 0;
      this.#largest = this.#ceiling;
    }
    this.#isWoken = true;
    this.#wake();
  }

  close(): void {
    this.#closing.abort();
    this.#wake();
  }

  /** Sends one body, or waits. @returns the ms until there may be something to do; Infinity: until `wake` */
  async #next(): Promise<number> {
    const { store, now } = this.#options;
    const parts = (await store.parts()).filter(needsUpload).sort((one, other) => one.startedAt - other.startedAt);
    const [first] = parts.sort((one, other) => this.#account(one).dueAt - this.#account(other).dueAt);
    if (!first) return Number.POSITIVE_INFINITY;
    const wait = Math.max(this.#dueAt, this.#account(first).dueAt) - now();
    if (wait > 0) return wait;
    await this.#send(first, this.#account(first));
    return 0;
  }

  #account(part: Part): Account {
    const account = this.#accounts.get(part.id) ?? { offset: null, length: null, conflicts: 0, failures: 0, dueAt: 0 };
    this.#accounts.set(part.id, account);
    return account;
  }

  async #send(part: UploadingPart, account: Account): Promise<void> {
    const { store, fetch, now, share } = this.#options;
    const { offset } = account;
    if (offset === null) {
      const told = await askOffset(fetch, part.upload, this.#closing.signal);
      return this.#take(part, account, told);
    }
    const pace = share();
    const bytes = await store.read(part.id, offset, Math.max(SMALLEST, Math.min(this.#largest, LARGEST * pace)));
    // The server lost bytes that it had for certain, or this browser did: the rest of the part is of no use.
    if (!bytes) return this.#drop(part);
    // After a crash of the machine the server may have more than this browser remembers.
    const total = Math.max(part.recorded, offset);
    const isLast = part.end !== null && offset + bytes.byteLength >= total;
    const length = isLast && account.length === null ? total : null;
    const body = { bytes, offset, length, endedAt: isLast ? (part.end?.at ?? null) : null };
    const began = now();
    const outcome = await sendBytes(fetch, part.upload, body, this.#closing.signal);
    if (outcome.is === 'offset') this.#dueAt = now() + Math.min(LONGEST_PAUSE, (now() - began) * (1 / pace - 1));
    if (outcome.is === 'away' && outcome.pause === null) account.failures += 1;
    if (account.failures >= MOST_FAILURES) {
      account.failures = 0;
      this.#halve();
    }
    return this.#take(part, account, outcome, length);
  }

  #halve(): number {
    this.#largest = Math.max(SMALLEST, this.#largest / 2);
    return this.#largest;
  }

  /** Does what an answer asks for. @param length the bytes of the whole part, where the request told them */
  async #take(part: Part, account: Account, outcome: Outcome, length: number | null = null): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const { store } = this.#options;
    account.offset = null;
    if (outcome.is !== 'away' && outcome.is !== 'full') this.#failures = 0;
    switch (outcome.is) {
      case 'offset':
        account.offset = outcome.offset;
        account.length = outcome.length ?? length ?? account.length;
        if (outcome.offset > part.uploaded) Object.assign(account, { conflicts: 0, failures: 0 });
        await store.acknowledge(part.id, outcome.offset);
        if (account.length === account.offset) {
          await store.update(part.id, whole);
        }
        return this.#say(null);
      case 'conflict':
        account.conflicts += 1;
        if (account.conflicts >= MOST_CONFLICTS) this.#refuse(account);
        return;
      case 'too-large':
        if (this.#largest > SMALLEST) this.#ceiling = this.#halve();
        else this.#refuse(account);
        return;
      case 'unauthorized':
        await store.update(part.id, (each) => ({ ...each, upload: null }));
        return this.#options.onChange();
      case 'gone':
        return this.#drop(part);
      case 'refused':
        return this.#refuse(account);
      case 'away':
      case 'full':
        this.#pause(outcome.pause);
        return this.#say(outcome.is === 'full' ? 'server-full' : 'server-away');
    }
  }

  /** @param named the time that the server named, in ms */
  #pause(named: number | null): void {
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures) * (1 + Math.random() / 4);
    this.#failures += 1;
    this.#dueAt = this.#options.now() + (named ?? pause);
  }

  #refuse(account: Account): void {
    account.conflicts = 0;
    account.dueAt = this.#options.now() + REFUSED_PAUSE;
    this.#say('refused');
  }

  async #drop(part: Part): Promise<void> {
    await this.#options.store.remove(part.id);
    this.#accounts.delete(part.id);
    this.hasLost = true;
    this.#options.onChange();
  }

  #say(code: RecordingProblemCode | null): void {
    this.problem = code;
    this.#options.onChange();
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#isWoken || this.#closing.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Nothing has to be proved of it any more. */
function whole(part: Part): Part {
  return { ...part, isWhole: true, proof: null, touchedAt: Date.now() };
}

/** Whether something of a part can go to the server now: bytes, or how many there are in all. */
function needsUpload(part: Part): part is UploadingPart {
  return part.upload !== null && !part.isWhole && (part.recorded > part.uploaded || part.end !== null);
}
