import { type SqlBool, sql } from 'kysely';

/** A place in a list that is ordered by a time and an id, behind which the next page begins. */
export interface Position {
  /** ms since the epoch. */
  readonly at: number;
  readonly id: string;
}

/** A part of a list, newest first. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Where the next page begins; null at the end. */
  readonly next: Position | null;
}

/** A position as text, which clients hand back unread. */
export function cursorOf({ at, id }: Position): string {
  return Buffer.from(`${at} ${id}`).toString('base64url');
}

/** The position that a cursor means; null where it is none. */
export function positionOf(cursor: string): Position | null {
  const [, at, id] = /^(\d{1,16}) (\S{1,100})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  return at === undefined || id === undefined ? null : { at: Number(at), id };
}

/** Whether a row comes behind a position in a list, newest first. @param time the column by which the list is ordered */
export const isBehind = (time: string, { at, id }: Position) => sql<SqlBool>`(${sql.ref(time)}, id) < (${at}, ${id})`;

/** The page that the rows of a query are, which asked for one row more than the page has. */
export function pageOf<Item>(items: readonly Item[], limit: number, place: (item: Item) => Position): Page<Item> {
  const last = items.length > limit ? items[limit - 1] : undefined;
  return { items: items.slice(0, limit), next: last === undefined ? null : place(last) };
}
