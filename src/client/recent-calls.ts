import type { ClientStore } from './client-store.ts';
import type { RecentCall } from './state.ts';
import { readStored, type StoragePlace, writeStored } from './storage.ts';

const RECENT = 'mesh-workspaces.recent';
/** A browser remembers this many calls. */
const MOST = 50;

/** The calls that the user made and got, which this browser remembers until the user signs out. */
export class RecentCalls {
  readonly #store: ClientStore;
  readonly #place: StoragePlace | null;
  #user: string | null = null;

  /** @param place storage that all pages of this browser share */
  constructor(store: ClientStore, place: StoragePlace | null) {
    this.#store = store;
    this.#place = place;
  }

  /** Reads what this browser remembers of a user. */
  open(user: string): void {
    this.#user = user;
    this.#store.patch({ recent: this.#read() });
  }

  /** Remembers calls, or how they ended. */
  note(calls: readonly RecentCall[]): void {
    if (this.#user === null || calls.length === 0) return;
    const ids = new Set(calls.map(({ id }) => id));
    // Another page of the user may have written meanwhile.
    const others = this.#read().filter(({ id }) => !ids.has(id));
    const recent = [...calls, ...others].sort((one, other) => other.at - one.at).slice(0, MOST);
    writeStored(this.#place, RECENT, { user: this.#user, recent });
    this.#store.patch({ recent });
  }

  forget(): void {
    if (this.#user === null) return;
    this.#user = null;
    writeStored(this.#place, RECENT, null);
    this.#store.patch({ recent: [] });
  }

  #read(): readonly RecentCall[] {
    const { user, recent }: { user?: unknown; recent?: unknown } = Object(readStored(this.#place, RECENT));
    // Without a storage the state is all there is.
    if (this.#place === null) return this.#store.state.value.recent;
    return user === this.#user && Array.isArray(recent) ? recent.filter(isCall) : [];
  }
}

function isCall(stored: unknown): stored is RecentCall {
  const { id, name, at }: Partial<Record<keyof RecentCall, unknown>> = Object(stored);
  return typeof id === 'string' && typeof name === 'string' && typeof at === 'number';
}
