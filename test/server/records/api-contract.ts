import { expect, type TestAPI } from 'vitest';
import type { Records } from '../../../src/server/records/records.ts';
import { batchOf, guest, joined, minute, start, workspaceOf } from './samples.ts';

const day = 24 * 60 * minute;
const now = start;

const request = { keyId: 'clinic', key: 'key-1', fingerprint: 'print', holder: 'node-1' };
const alive = () => false;
const dead = () => true;

/** What the API of the records keeps for host systems, whatever the database. */
export function apiRecordsContract(
  it: ReturnType<TestAPI['skipIf']>,
  opened: (options?: { now?: () => number; days?: number }) => Promise<Records>,
): void {
  it('reserve a repeatable request for one node, and keep its answer for a day', async () => {
    const { idempotencyKeys } = await opened();
    const reserve = (changes: Partial<typeof request> = {}, at = now) =>
      idempotencyKeys.reserve({ ...request, ...changes }, alive, at);
    const racers = await Promise.all(['a', 'b', 'c', 'd'].map((holder) => reserve({ holder })));
    expect(racers.map(({ state }) => state).sort()).toEqual(['held', 'held', 'held', 'reserved']);
    expect(await reserve({ fingerprint: 'other' })).toEqual({ state: 'reused' });
    expect(await reserve({ keyId: 'ops' })).toEqual({ state: 'reserved', since: now });
    await idempotencyKeys.answer(request, 'the answer');
    for (const at of [now, now + day - 1])
      expect(await reserve({}, at)).toEqual({ state: 'answered', reply: 'the answer' });
    expect(await reserve({ fingerprint: 'other' }, now + day - 1)).toEqual({ state: 'reused' });
    expect(await reserve({ fingerprint: 'other' }, now + day)).toEqual({ state: 'reserved', since: now + day });
  });

  it('let a node take a request over that another one left, and remember when it came first', async () => {
    const { idempotencyKeys } = await opened();
    const other = { ...request, holder: 'node-2' };
    await idempotencyKeys.reserve(request, alive, now);
    expect(await idempotencyKeys.reserve(other, alive, now + minute / 4)).toEqual({ state: 'held' });
    expect(await idempotencyKeys.reserve(other, dead, now + 1)).toEqual({ state: 'reserved', since: now });
    // The first one lives after all: it lets nobody in.
    await idempotencyKeys.release(request);
    expect(await idempotencyKeys.reserve(request, alive, now + 2)).toEqual({ state: 'held' });
    await idempotencyKeys.release(other);
    expect(await idempotencyKeys.reserve(request, alive, now + 3)).toEqual({ state: 'reserved', since: now });
    expect(await idempotencyKeys.reserve(other, alive, now + minute)).toEqual({ state: 'reserved', since: now });
  });

  it('forget repeatable requests that are older than a day, though nobody asks for them', async () => {
    const records = await opened();
    const { idempotencyKeys } = records;
    for (let n = 0; n < 25; n += 1) await idempotencyKeys.reserve({ ...request, key: `old-${n}` }, alive, now);
    for (let n = 0; n < 3; n += 1) await idempotencyKeys.reserve({ ...request, key: `new-${n}` }, alive, now + day + 1);
    const rows = await records.query((db) => db.selectFrom('idempotency_keys').select('key').execute());
    expect(rows.map(({ key }) => key).sort()).toEqual(['new-0', 'new-1', 'new-2']);
  });

  it('give an id of a host system to one workspace, and to another one only from that', async () => {
    const { externalIds } = await opened();
    const racers = await Promise.all(['_a', '_b', '_c'].map((id) => externalIds.claim('Fall 7/ä 😀', id, now)));
    const [winner] = racers;
    if (!winner) throw new Error('nobody has it');
    expect(racers).toEqual([winner, winner, winner]);
    const takers = await Promise.all(['_d', '_e'].map((id) => externalIds.takeOver(winner, id, now + 1)));
    expect(takers.sort()).toEqual([false, true]);
    expect(await externalIds.takeOver(winner, '_f', now + 2)).toBe(false);
    const { workspaceId } = await externalIds.claim('Fall 7/ä 😀', '_g', now + 3);
    expect(['_d', '_e']).toContain(workspaceId);
    await externalIds.release(workspaceId);
    expect(await externalIds.claim('Fall 7/ä 😀', '_g', now + 4)).toMatchObject({
      workspaceId: '_g',
      claimedAt: now + 4,
    });
  });

  it('enter no consultation whose id of a host system a workspace has', async () => {
    const { consultations, externalIds } = await opened();
    const claim = await externalIds.claim('visit-7', '_room', now);
    const provider = { id: 'dr', name: 'Dr. Ada' };
    const visit = { id: 'cons_1', externalId: 'visit-7', subject: '', provider, clients: [] };
    expect(await consultations.enter(visit, '_visit', now)).toEqual(claim);
    expect(await consultations.get({ externalId: 'visit-7' })).toBeNull();
    await externalIds.release('_room');
    const entered = await consultations.enter(visit, '_visit', now);
    expect(entered).toMatchObject({ id: 'cons_1', workspaceId: '_visit' });
    expect(await externalIds.claim('visit-7', '_room', now)).toMatchObject({ workspaceId: '_visit' });
    expect(await consultations.enter({ ...visit, id: 'cons_2' }, '_other', now)).toEqual(entered);
  });

  it('keep consultations of a user in the order of their opening, whichever node has the faster clock', async () => {
    const { consultations } = await opened();
    const [dr, ann, eve] = ['dr', 'ann', 'eve'].map((id) => ({ id, name: id }));
    if (!dr || !ann || !eve) throw new Error('no users');
    const open = async (id: string, provider: typeof dr, client: typeof ann, at: number) => {
      const consultation = { id, externalId: null, subject: '', provider, clients: [client] };
      return consultations.enter(consultation, `_${id}`, at);
    };
    await open('z', dr, ann, now + 4);
    expect(await open('y', dr, ann, now)).toMatchObject({ openedAt: now + 5 });
    expect(await open('x', dr, ann, now + 5)).toMatchObject({ openedAt: now + 6 });
    expect(await open('w', eve, ann, now + 1)).toMatchObject({ openedAt: now + 7 });
    expect(await open('v', dr, eve, now + 2)).toMatchObject({ openedAt: now + 8 });
    const page = await consultations.page({ user: 'ann' }, { limit: 3 });
    expect(page.items.map(({ id }) => id)).toEqual(['w', 'x', 'y']);
    const rest = await consultations.page({ user: 'ann', before: page.items.at(-1)?.openedAt }, { limit: 3 });
    expect(rest.items.map(({ id }) => id)).toEqual(['z']);
    const hour = 3_600_000;
    expect(await open('early', dr, ann, now - hour)).toMatchObject({ openedAt: now - hour });
  });

  it('forget old ids of a host system whose workspaces are over', async () => {
    let present = now;
    const records = await opened({ now: () => present, days: 1 });
    const open = workspaceOf('_open');
    await records.take([batchOf(open, [joined(guest)])]);
    await records.externalIds.claim('open', '_open', now);
    await records.externalIds.claim('never made', '_never', now);
    present = now + 2 * day;
    await records.take([batchOf(open, [{ ...joined(guest), at: present }], 2)]);
    await records.sweep();
    const rows = await records.query((db) => db.selectFrom('external_ids').select('external_id').execute());
    expect(rows).toEqual([{ external_id: 'open' }]);
  });
}
