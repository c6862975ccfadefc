import { z } from 'zod';

/** So many pairs are remembered, those that failed last. */
const MOST = 200;

/** A pair that could not connect, as one of the two reported it. */
export const failedPairSchema = z.object({
  /** When it was reported last, in ms since the epoch. */
  at: z.number(),
  workspace: z.string(),
  attendee: z.string(),
  peer: z.string(),
  /** What the client says: words of the protocol, or of its own. */
  route: z.string().nullable(),
  reason: z.string().nullable(),
  /** The rules of `ice_candidate_filter` by which candidates of the attendee did not come to the peer. */
  leftOut: z.array(z.string()).default([]),
  /** When it connected after all, in ms since the epoch. */
  connectedAt: z.number().nullable(),
});

export type FailedPair = z.infer<typeof failedPairSchema>;

/** The name of a pair, as one side of it reports. */
export function keyOf({ workspace, attendee, peer }: Pick<FailedPair, 'workspace' | 'attendee' | 'peer'>): string {
  return `${workspace}.${attendee}.${peer}`;
}

interface Report extends Pick<FailedPair, 'workspace' | 'attendee' | 'peer'> {
  readonly state: string;
  readonly route?: string | undefined;
  readonly reason?: string | undefined;
  readonly leftOut?: readonly string[];
}

/** The pairs whose failure clients of this node have reported lately, for operators who ask why. */
export class FailedPairs {
  #pairs: FailedPair[] = [];

  /** The latest ones first. */
  list(): FailedPair[] {
    return [...this.#pairs].reverse();
  }

  /** Takes a report of a client. @param now ms since the epoch */
  note(report: Report, now: number): void {
    const { workspace, attendee, peer, state, route, reason, leftOut = [] } = report;
    const isSame = (pair: FailedPair) => pair.connectedAt === null && keyOf(pair) === keyOf(report);
    if (state === 'failed') {
      // A client reports each new reason; only the latest one counts.
      const others = this.#pairs.filter((pair) => !isSame(pair));
      const pair = {
        at: now,
        workspace,
        attendee,
        peer,
        route: route ?? null,
        reason: reason ?? null,
        leftOut: [...leftOut],
        connectedAt: null,
      };
      this.#pairs = [...others, pair].slice(-MOST);
    }
    if (state === 'connected') {
      this.#pairs = this.#pairs.map((pair) => (isSame(pair) ? { ...pair, connectedAt: now } : pair));
    }
  }
}
