import type { Leases } from '../records/leases.ts';

/** After so long, ms, another node sends in place of one that was killed. */
const LASTS_MS = 5000;

/** The holder stops so long before its lease ends, ms, because its clock may be late. */
const MARGIN_MS = 1000;

const NAME = 'webhooks';

/** The right to send for all nodes. */
export interface Lease {
  /** Takes or prolongs it. @returns whether this node has it. @throws RecordsAway */
  renew(): Promise<boolean>;
  /** Whether this node has it still. */
  readonly isHeld: boolean;
  /** Lets another node have it at once. @throws RecordsAway */
  release(): Promise<void>;
}

/** The lease where no other node uses these records. */
export const onlyNode: Lease = {
  renew: async () => true,
  isHeld: true,
  release: async () => {},
};

/** @param node the name of this one; @param now the clock of all nodes, in ms since the epoch */
export function leaseAmongNodes(leases: Leases, node: string, now: () => number): Lease {
  let heldUntil = Number.NEGATIVE_INFINITY;
  return {
    async renew() {
      const at = now();
      const until = at + LASTS_MS;
      const isHeld = await leases.hold(NAME, { holder: node, now: at, until });
      heldUntil = isHeld ? until - MARGIN_MS : Number.NEGATIVE_INFINITY;
      return isHeld;
    },
    get isHeld() {
      return now() < heldUntil;
    },
    async release() {
      heldUntil = Number.NEGATIVE_INFINITY;
      await leases.release(NAME, node);
    },
  };
}
