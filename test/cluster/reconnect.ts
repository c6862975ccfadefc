import { expect } from 'vitest';
import { type Reachable, reattend, type Seat } from '../support/fixtures.ts';
import type { Address, ReachableCluster } from './cluster.ts';
import { RECOVERY_MS } from './redis-outage.ts';

/**
 * Waits until a client has lost its connection, then connects and re-attends as the client library does: again and again,
 * until a node is ready.
 */
export async function reconnect(cluster: ReachableCluster, node: Address, seat: Seat): Promise<Seat> {
  await seat.client.notice('(disconnected)');
  const there: Reachable = { connect: (options) => cluster.connectTo(node, options) };
  let back: Seat | undefined;
  await expect
    .poll(
      async () => {
        back = await reattend(there, seat).catch((error) => {
          if (!String(error).includes('BUSY_TRY_AGAIN')) throw error;
          return undefined;
        });
        return back !== undefined;
      },
      { timeout: RECOVERY_MS },
    )
    .toBe(true);
  if (!back) throw new Error('The client could not take its seat again.');
  return back;
}
