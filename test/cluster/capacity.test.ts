import { describe, expect, it } from 'vitest';
import { atSoak, figure, patience } from '../faults/soak.ts';
import { type Client, createWorkspace, unhurried } from '../support/fixtures.ts';
import type { ReachableCluster } from './cluster.ts';
import { sharedCluster } from './shared-cluster.ts';

const crowdSize = 200;
const rounds = atSoak(2, 100);
const settings = { ...unhurried, PIN_CHECKS_WAITING: '1000' };

/** All attend at once; those with a seat leave at the end. @returns the number of seats granted */
async function round(
  cluster: ReachableCluster,
  crowd: readonly Client[],
  capacity: number,
  pin: string,
): Promise<number> {
  const owner = await createWorkspace(cluster, { pin });
  const workspace = { token: owner.token, pin };
  const replies = await Promise.all(crowd.map((client) => client.ask('attend', { workspace, attendee: {} })));
  const granted = replies.flatMap((reply) => (reply.ok ? [reply] : []));
  expect(granted).toHaveLength(capacity - 1);
  for (const { attendees } of granted) expect(Object.keys(attendees).length).toBeLessThanOrEqual(capacity);
  for (const reply of replies.filter(({ ok }) => !ok)) {
    expect(reply).toMatchObject({ ok: false, error: { code: 'FULL', capacity } });
  }
  // Two nodes have never stored the same revision, nor given out the same seat.
  expect(new Set(granted.map((reply) => reply.workspace.rev)).size).toBe(granted.length);
  const ids = [owner.id, ...granted.map(({ attendee }) => attendee.id)];
  expect(new Set(ids).size).toBe(capacity);
  const { attendees } = await owner.client.must('attendees', owner.proof);
  expect(Object.keys(attendees).sort()).toEqual(ids.sort());
  await owner.client.must('destroy', owner.proof);
  owner.client.close();
  return granted.length;
}

describe.each([
  { capacity: 5, pin: '' },
  { capacity: 5, pin: '1234' },
  { capacity: 50, pin: '' },
  { capacity: 50, pin: '1234' },
])('of $capacity seats, with the PIN "$pin"', ({ capacity, pin }) => {
  it(`exactly as many are taken when ${crowdSize} come over three nodes at once`, {
    timeout: patience(10),
  }, async () => {
    const cluster = await sharedCluster({ ...settings, MAX_CAPACITY_OF_WORKSPACE: String(capacity) });
    const crowd = await Promise.all(Array.from({ length: crowdSize }, () => cluster.connect()));
    let seated = 0;
    for (let n = 0; n < rounds; n += 1) seated += await round(cluster, crowd, capacity, pin);
    expect(seated).toBe(rounds * (capacity - 1));
    figure(
      `${rounds} times ${crowdSize} attended at once over three nodes (capacity ${capacity}, ${pin ? 'with' : 'without'} ` +
        `PIN): ${capacity - 1} guests were seated each time`,
    );
  });
});
