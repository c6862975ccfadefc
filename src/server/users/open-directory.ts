import { createHash, randomBytes } from 'node:crypto';
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import { isRefusal, refuse } from '../../protocol/errors.ts';
import type { MinuteLimit } from '../auth/minute-limit.ts';
import type { Registrations } from '../records/registrations.ts';
import { StoreAway } from '../storage/store.ts';
import { foldedName } from './names.ts';
import type { SignedInUser } from './user.ts';
import type { Credentials, Identity, Unidentified, Users } from './users.ts';

/** Changes wait so long for others, ms, so that one statement makes those of many users. */
const GATHER_MS = 100;

/** The pause before changes are tried again that the records could not take, ms. */
const TRY_AGAIN_MS = 1000;

/** The longest pause between two times that the names of connected users are held on, ms. */
const LONGEST_PAUSE_MS = 60_000;

/** So many sign-ins ask the database at the same time. The others of a crowd wait here and not there. */
const AT_ONCE = 16;

/** The longest id, in UTF-16 code units: NFKC makes some names longer. */
const LONGEST_ID = 255;

const NO_TOKENS = 'Nobody needs a user token here. Sign in with a name.';
const NO_NAME = 'That name has nothing in it that people could see. Take another one.';
const LONG_NAME = 'That name is too long. Take a shorter one.';

interface DirectoryOptions {
  readonly registrations: Registrations;
  /** How long a name stays with its holder when the holder's last connection is gone, ms. */
  readonly heldMs: number;
  /** Counts one more new name of an address. */
  readonly limitNames: MinuteLimit;
  /** ms since the epoch */
  readonly now: () => number;
  readonly log: Logger;
}

/**
 * A directory of names that everybody may take. A user who takes a name gets a registration, a secret that holds the name: over
 * reloads, on further devices, and for a while after the last connection has gone.
 *
 * Until when a name is held stands in the records, and moves on while its holder is connected to any node. So a killed
 * server neither frees a name at once nor holds it for ever.
 */
export class OpenDirectory implements Users {
  readonly #registrations: Registrations;
  readonly #heldMs: number;
  /** The names of connected users are held until so long after each time that they are held on, ms. */
  readonly #connectedMs: number;
  readonly #limitNames: MinuteLimit;
  readonly #now: () => number;
  readonly #log: Logger;
  readonly #limit = pLimit(AT_ONCE);
  readonly #connected = new Set<string>();
  /** Names to be held on with the next statement: their holders have just come. */
  #arrived = new Set<string>();
  /** Names that are free a while after now: their holders have gone. */
  #gone = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #changing: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor({ registrations, heldMs, limitNames, now, log }: DirectoryOptions) {
    this.#registrations = registrations;
    this.#heldMs = heldMs;
    const pauseMs = Math.max(GATHER_MS, Math.min(heldMs / 4, LONGEST_PAUSE_MS));
    this.#connectedMs = heldMs + pauseMs + TRY_AGAIN_MS;
    this.#limitNames = limitNames;
    this.#now = now;
    this.#log = log;
    this.#timer = setInterval(() => this.#holdAll(), pauseMs).unref();
  }

  async identify(
    { userToken, name = '', registration }: Credentials,
    address: string,
  ): Promise<Identity | Unidentified> {
    if (userToken !== undefined) return refuse('NOT_ALLOWED', {}, NO_TOKENS);
    const nameKey = foldedName(name);
    if (nameKey === '') return refuse('INVALID_PAYLOAD', { field: 'name' }, NO_NAME);
    if (nameKey.length > LONGEST_ID) return refuse('INVALID_PAYLOAD', { field: 'name' }, LONG_NAME);
    const held = await this.#limit(() => this.#claim(nameKey, name, registration, address));
    if (typeof held !== 'string') return held;
    return { user: userOf(nameKey, name), expiresAt: null, registration: held };
  }

  idOf(text: string): string {
    return foldedName(text);
  }

  async exists(id: string): Promise<boolean> {
    const known = await this.#registrations.find(id);
    return known !== null && known.heldUntil > this.#now();
  }

  onHere(id: string): void {
    this.#connected.add(id);
    this.#gone.delete(id);
  }

  onGone(id: string): void {
    this.#connected.delete(id);
    this.#arrived.delete(id);
    this.#gone.add(id);
    this.#changeSoon();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    if (this.#changing) clearTimeout(this.#changing);
  }

  /** Gives a name to somebody. @returns the registration that holds it */
  async #claim(
    nameKey: string,
    name: string,
    registration: string | undefined,
    address: string,
  ): Promise<string | Unidentified> {
    const now = this.#now();
    const known = await this.#registrations.find(nameKey);
    const isHolder = registration !== undefined && known?.hash === hashOf(registration);
    if (!isHolder && known && known.heldUntil > now) return refuse('NAME_TAKEN');
    if (isHolder && known.name === name && known.heldUntil > now) {
      this.#arrived.add(nameKey);
      this.#changeSoon();
      return registration;
    }
    const limited = isHolder ? null : await this.#limitNames(address);
    if (limited && isRefusal(limited)) return limited;
    const given = isHolder ? registration : randomBytes(32).toString('base64url');
    const claim = { nameKey, name, hash: hashOf(given), heldUntil: now + this.#connectedMs };
    return (await this.#registrations.claim(claim, now)) === 'taken' ? refuse('NAME_TAKEN') : given;
  }

  #holdAll(): void {
    for (const id of this.#connected) this.#arrived.add(id);
    if (this.#arrived.size > 0) this.#changeSoon();
  }

  #changeSoon(afterMs = GATHER_MS): void {
    if (!this.#isClosed) this.#changing ??= setTimeout(() => void this.#change(), afterMs).unref();
  }

  /** Holds the names of those who have come or stay, and lets those of the others go in time. */
  async #change(): Promise<void> {
    const [arrived, gone] = [this.#arrived, this.#gone];
    this.#arrived = new Set();
    this.#gone = new Set();
    const now = this.#now();
    let pauseMs = GATHER_MS;
    try {
      await this.#registrations.hold([...gone], now + this.#heldMs);
      await this.#registrations.hold([...arrived], now + this.#connectedMs);
    } catch (error) {
      pauseMs = TRY_AGAIN_MS;
      for (const id of arrived) if (!this.#gone.has(id)) this.#arrived.add(id);
      for (const id of gone) if (!this.#connected.has(id)) this.#gone.add(id);
      // The records say themselves when they are away.
      if (!(error instanceof StoreAway)) this.#log.error({ err: error }, 'Names could not be held.');
    }
    this.#changing = null;
    if (this.#arrived.size + this.#gone.size > 0) this.#changeSoon(pauseMs);
  }
}

function hashOf(registration: string): string {
  return createHash('sha256').update(registration).digest('base64url');
}

/** Nothing is known of a user of the directory but the name. */
function userOf(id: string, name: string): SignedInUser {
  return {
    id,
    name,
    avatar: null,
    workspace: null,
    role: 'owner',
    consultation: null,
    skipsWaiting: false,
    record: null,
  };
}
