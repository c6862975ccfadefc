import type { NoticePayload } from '../../src/protocol/types.ts';
import { attend, type Client, createWorkspace, type Owner, type Seat } from '../support/fixtures.ts';
import type { Address, ReachableCluster } from './cluster.ts';

// Owners and guests on the nodes that a test chooses.

export function threeOf<At extends Address>({ nodes: [one, two, three] }: ReachableCluster<At>): [At, At, At] {
  if (!one || !two || !three) throw new Error('The cluster has less than three nodes.');
  return [one, two, three];
}

/** Creates a workspace whose owner is connected to this node. */
export async function ownerAt(
  cluster: ReachableCluster,
  node: Address,
  { pin }: { pin?: string } = {},
): Promise<Owner> {
  const client = await cluster.connectTo(node);
  return createWorkspace(cluster, { client, ...(pin === undefined ? {} : { pin }) });
}

/** Seats a guest, connected to this node. */
export async function guestAt(
  cluster: ReachableCluster,
  node: Address,
  owner: Owner,
  session?: string,
  given?: Client,
): Promise<Seat> {
  const client = given ?? (await cluster.connectTo(node));
  return attend(cluster, owner, { client, ...(session === undefined ? {} : { session }) });
}

/** Re-attends at this node. @returns the seat, and the answer to the command */
export async function backAt(
  cluster: ReachableCluster,
  node: Address,
  seat: Seat,
  session?: string,
): Promise<{ back: Seat; reply: NoticePayload<'re-attendance-granted'> }> {
  const client = await cluster.connectTo(node);
  const reply = await client.must('re-attend', { ...seat.proof, ...(session === undefined ? {} : { session }) });
  await client.notice('iceservers');
  return { back: { ...seat, client }, reply };
}
