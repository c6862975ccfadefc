/** The part of Web Storage (WHATWG HTML) that the client uses. */
export type StoragePlace = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** A storage of the browser; null where the browser forbids it: then the mere access throws (WHATWG HTML). */
export function browserStorage(name: 'sessionStorage' | 'localStorage'): StoragePlace | null {
  try {
    return globalThis[name] ?? null;
  } catch {
    return null;
  }
}

/** The value under a key; null where there is none, or none that can be read. */
export function readStored(place: StoragePlace | null, key: string): unknown {
  try {
    return JSON.parse(place?.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

/** Keeps a value under a key, as far as the storage takes it; null removes it. */
export function writeStored(place: StoragePlace | null, key: string, value: object | null): void {
  try {
    if (value) place?.setItem(key, JSON.stringify(value));
    else place?.removeItem(key);
  } catch {
    // Without storage a reload has to join again, and to look for its way to the server.
  }
}
