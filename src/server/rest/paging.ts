import { z } from 'zod';
import { type Problem, problem } from './problem.ts';

const DEFAULT_LIMIT = 50;
const LARGEST_LIMIT = 200;

/** The query of every list. */
export const paging = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .default(DEFAULT_LIMIT)
    .meta({ description: `How many items at the most. More than ${LARGEST_LIMIT} count as ${LARGEST_LIMIT}.` }),
  cursor: z
    .string()
    .max(500)
    .optional()
    .meta({ description: 'The nextCursor of the page before. It goes with the same filters alone.' }),
};

/** A list as it is answered. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** The number of items of a page. */
export const pageSize = (limit: number) => Math.min(limit, LARGEST_LIMIT);

/**
 * The place that a cursor means: the values by which the list is ordered, of the last item before.
 * @returns null for the beginning of the list
 */
export function placeOf<Place>(cursor: string | undefined, schema: z.ZodType<Place>): Place | null | Problem {
  if (cursor === undefined || cursor === '') return null;
  const place = schema.safeParse(decoded(cursor));
  if (place.success) return place.data;
  return problem('INVALID_PAYLOAD', { field: 'cursor' }, 'This cursor is none of this list. Begin without one.');
}

function decoded(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return null;
  }
}

/** Takes a page off the beginning of a list. @param found one item more than the page holds, if there is one */
export function pageOf<Item>(
  found: readonly Item[],
  size: number,
  place: (last: Item) => readonly (string | number)[],
): { items: Item[]; nextCursor: string | null } {
  const items = found.slice(0, size);
  const last = items.at(-1);
  const hasMore = found.length > size && last !== undefined;
  return {
    items,
    nextCursor: hasMore ? Buffer.from(JSON.stringify(place(last))).toString('base64url') : null,
  };
}
