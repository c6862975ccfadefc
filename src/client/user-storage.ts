import { readStored, type StoragePlace, writeStored } from './storage.ts';

const NAME = 'mesh-workspaces.user';
const REGISTRATIONS = 'mesh-workspaces.registrations';
/** A browser remembers the registrations of this many names. */
const MAX_NAMES = 10;

interface Registered {
  name: string;
  registration: string;
}

/** Remembers the name with which a page signed in, for a reload, and the registrations by which this browser holds names. */
export class UserStorage {
  readonly #place: StoragePlace | null;
  readonly #lastingPlace: StoragePlace | null;

  /** @param place storage of this page, @param lastingPlace storage that all pages of this browser share */
  constructor(place: StoragePlace | null, lastingPlace: StoragePlace | null) {
    this.#place = place;
    this.#lastingPlace = lastingPlace;
  }

  /** The name with which this page signed in; null where it did not. */
  get name(): string | null {
    const { name }: { name?: unknown } = Object(readStored(this.#place, NAME));
    return typeof name === 'string' ? name : null;
  }

  set name(name: string | null) {
    writeStored(this.#place, NAME, name === null ? null : { name });
  }

  registrationOf(name: string): string | undefined {
    return this.#all().find((each) => isSameName(each.name, name))?.registration;
  }

  remember(name: string, registration: string): void {
    const others = this.#all().filter((each) => !isSameName(each.name, name));
    writeStored(this.#lastingPlace, REGISTRATIONS, [...others, { name, registration }].slice(-MAX_NAMES));
  }

  #all(): Registered[] {
    const stored = readStored(this.#lastingPlace, REGISTRATIONS);
    return Array.isArray(stored) ? stored.filter(isRegistered) : [];
  }
}

function isRegistered(stored: unknown): stored is Registered {
  const { name, registration }: { name?: unknown; registration?: unknown } = Object(stored);
  return typeof name === 'string' && typeof registration === 'string';
}

/** Whether the open directory takes two names for one, as far as a client can tell. */
export function isSameName(one: string, other: string): boolean {
  return folded(one) === folded(other);
}

function folded(name: string): string {
  return name.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ');
}
