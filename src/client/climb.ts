/** A place on a ladder whose rungs cost more and more, and what is known about the rungs above. */
export interface Climb {
  readonly rung: number;
  /** The time of the last change of `rung`, in ms. */
  readonly since: number;
  /** The time since which nothing spoke against the next rung, in ms. */
  readonly calmSince: number;
  /** The highest rung that did not prove too much; it holds until `ceilingUntil`. */
  readonly ceiling: number;
  readonly ceilingUntil: number;
  /** The ms that the next ceiling holds. */
  readonly patience: number;
}

/** The verdict on the present rung. */
export type Footing =
  /** It is too much: only this share of its cost can be carried, from 0 to 1. */
  | { readonly share: number }
  /** 'firm': a higher rung may be tried. 'unsure': not now. 'unknown': there is no news. */
  | 'firm'
  | 'unsure'
  | 'unknown';

/** The ms without any doubt before a step up. */
const CALM = 2_000;
const FIRST_PATIENCE = 8_000;
const LAST_PATIENCE = 128_000;
/** A rung that carried for so many ms counts as proved. */
const PROVED = 60_000;

export function startAt(rung: number, top: number, now: number): Climb {
  return { rung, since: now, calmSince: now, ceiling: top, ceilingUntil: now, patience: FIRST_PATIENCE };
}

/**
 * Steps down at once, as far as it has to, and up by one rung at a time. A rung that proved too much is tried again
 * after a while, and the while doubles each time, so that steady conditions lead to a steady rung.
 * @param costs the cost of each rung, ascending
 */
export function climb(former: Climb, footing: Footing, now: number, costs: readonly number[]): Climb {
  if (footing === 'unknown') return former;
  const { rung, since, ceiling, ceilingUntil, calmSince, patience } = former;
  if (typeof footing === 'object') {
    if (rung === 0) return { ...former, calmSince: now };
    const bearable = (costs[rung] ?? 0) * footing.share;
    return {
      rung: Math.min(rung - 1, highestWithin(costs, bearable)),
      since: now,
      calmSince: now,
      ceiling: rung - 1,
      ceilingUntil: now + patience,
      patience: Math.min(LAST_PATIENCE, patience * 2),
    };
  }
  const proved = now - since >= PROVED ? { ...former, patience: FIRST_PATIENCE } : former;
  if (footing === 'unsure') return { ...proved, calmSince: now };
  const isOpen = rung < ceiling || now >= ceilingUntil;
  if (rung + 1 >= costs.length || !isOpen || now - calmSince < CALM) return proved;
  return { ...proved, rung: rung + 1, since: now, calmSince: now, ceiling: Math.max(ceiling, rung + 1) };
}

/** The highest rung that costs no more than this; 0 if all cost more. @param costs ascending */
export function highestWithin(costs: readonly number[], most: number): number {
  return Math.max(
    0,
    costs.findLastIndex((cost) => cost <= most),
  );
}
