import { z } from 'zod';
import { cursorOf, type Page, type Position, positionOf } from '../records/page.ts';
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

/** The filter of a list by a time in ms since the epoch. @param description which items it lets through */
export function sinceFilter(description: string) {
  return z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional().meta({ description });
}

/** A list as it is answered. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** The part of a list that is asked for. */
interface Part {
  /** The end of the page before; null for the first one. */
  readonly after: Position | null;
  readonly limit: number;
}

export function partOf({ limit, cursor = '' }: { limit: number; cursor?: string | undefined }): Part | Problem {
  const after = cursor === '' ? null : positionOf(cursor);
  if (after === null && cursor !== '') {
    return problem('INVALID_PAYLOAD', { field: 'cursor' }, 'This cursor is none of this list. Begin without one.');
  }
  return { after, limit: Math.min(limit, LARGEST_LIMIT) };
}

/** A page as it is answered. */
export function listed<Item>({ items, next }: Page<Item>): { items: Item[]; nextCursor: string | null } {
  return { items: [...items], nextCursor: next && cursorOf(next) };
}
