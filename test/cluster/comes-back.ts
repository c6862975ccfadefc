import { expect } from 'vitest';
import { type Reachable, reattend, type Seat } from '../support/fixtures.ts';
import { BACK_MS } from './absence.ts';
import type { Cluster, Node } from './cluster.ts';

/**
 * What the client library does when its connection was closed: it connects, and takes its seat again, as often as it takes.
 * Waits until the connection is closed.
 */
export async function comesBack(cluster: Cluster, node: Node, seat: Seat): Promise<Seat> {
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
      { timeout: BACK_MS },
    )
    .toBe(true);
  if (!back) throw new Error('It did not come back.');
  return back;
}
