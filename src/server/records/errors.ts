import { StoreAway, StoreError } from '../storage/store.ts';

/**
 * The database of the records cannot be reached, or cannot be written at present. Nobody knows what became of a change
 * that was under way.
 */
export class RecordsAway extends StoreAway {
  override name = 'RecordsAway';
  /** A code or a short text. */
  readonly reason: string;

  /** @param reason without anything that a record holds */
  constructor(reason: string, cause?: unknown) {
    super(`The records cannot be reached (${reason}).`, { cause });
    this.reason = reason;
  }
}

/** A database that refuses something, and would refuse it again. */
export const refused = (reason: string) => new StoreError(`The database of the records refuses: ${reason}`);
