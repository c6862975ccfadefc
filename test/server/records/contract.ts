import { readFileSync } from 'node:fs';
import { type Migration, sql } from 'kysely';
import Database from 'libsql';
import { describe, expect, test } from 'vitest';
import type { RecordsConfig } from '../../../src/server/config/records.ts';
import type { CallFilter } from '../../../src/server/records/calls.ts';
import { deleteChats, postMessages, readMessages } from '../../../src/server/records/messages.ts';
import { migrate } from '../../../src/server/records/migrate.ts';
import { migrations } from '../../../src/server/records/migrations/index.ts';
import { cursorOf, positionOf } from '../../../src/server/records/page.ts';
import type { Records } from '../../../src/server/records/records.ts';
import { apiRecordsContract } from './api-contract.ts';
import { filmsContract } from './films-contract.ts';
import { open } from './open.ts';
import { asking } from './postgres-server.ts';
import {
  ada,
  batchOf,
  bob,
  guest,
  type Happened,
  joined,
  minute,
  missed,
  start,
  wholeCall,
  workspaceOf,
} from './samples.ts';

/** The tables of the first release, with something in each. */
const versionOne = readFileSync(new URL('version-1.sql', import.meta.url), 'utf8');

const room = workspaceOf();

const rowsOf = (records: Records, table: 'events' | 'calls' | 'call_participants' | 'workspaces' | 'inbox_items') =>
  records.query((db) => db.selectFrom(table).selectAll().execute());

/** Everything about the events of one workspace that must be as it was taken. */
async function seqsOf(records: Records, id = '_room'): Promise<number[]> {
  const query = (db: Parameters<Parameters<Records['query']>[0]>[0]) =>
    db.selectFrom('events').select('seq').where('workspace_id', '=', id).orderBy('seq').execute();
  return (await records.query(query)).map(({ seq }) => seq);
}

/**
 * What records are, whatever the database.
 * @param config a database that nobody has used yet; null: it cannot be had here
 */
export function recordsContract(kind: string, config: (() => Promise<RecordsConfig>) | null): void {
  const it = test.skipIf(config === null);
  const opened = async (options: Parameters<typeof open>[1] = {}) =>
    open((await config?.()) ?? { kind: 'sqlite', file: null }, options);

  describe(`Records in ${kind}`, () => {
    it('take text with U+0000 among others', async () => {
      const records = await opened();
      await records.transaction(async (db) => {
        for (const id of ['ada', 'bo\0b']) {
          await db
            .insertInto('users')
            .values({ id, name: id, picture: null, updated_at: 1.8e12, erased_at: null })
            .execute();
        }
      });
      expect(await records.users.get('ada')).toMatchObject({ name: 'ada' });
      expect(await records.query((db) => db.selectFrom('users').select('id').execute())).toHaveLength(2);
    });

    it('keep what a transaction has done, and nothing of one that throws', async () => {
      const records = await opened();
      const write = (id: string) =>
        records.transaction(async (db) => {
          const user = { id, name: 'Zoë 李 🦉', picture: null, updated_at: 1.8e12, erased_at: null };
          await db.insertInto('users').values(user).execute();
          if (id === 'bob') throw new Error('Something else failed.');
        });
      await write('ada');
      await expect(write('bob')).rejects.toThrow('Something else failed.');
      const users = await records.query((db) => db.selectFrom('users').selectAll().execute());
      expect(users).toEqual([{ id: 'ada', name: 'Zoë 李 🦉', picture: null, updated_at: 1.8e12, erased_at: null }]);
      expect(records.isUp).toBe(true);
    });

    it('refuse what breaks a rule of the tables, and are up nevertheless', async () => {
      const records = await opened();
      const user = { id: 'ada', name: 'Ada', picture: null, updated_at: 1, erased_at: null };
      const insert = () => records.query((db) => db.insertInto('users').values(user).execute());
      await insert();
      await expect(insert()).rejects.toMatchObject({ name: 'StoreError' });
      const orphan = { call_id: 'none', attendee_id: 'a', user_id: null, joined_at: 1, left_at: null, seconds: null };
      await expect(
        records.query((db) => db.insertInto('call_participants').values(orphan).execute()),
      ).rejects.toMatchObject({ name: 'StoreError' });
      await insert().catch(() => {});
      expect(records.isUp).toBe(true);
    });

    it('take each event once, in its order, and say up to where they have them', async () => {
      const records = await opened();
      const [other, third] = [workspaceOf('_other'), workspaceOf('_third')];
      const first = await records.take([
        batchOf(room, [joined(guest), joined(ada)]),
        batchOf(other, [joined(bob)]),
        batchOf(third, []),
      ]);
      expect(first).toEqual(
        new Map([
          ['_room', 2],
          ['_other', 1],
          ['_third', 0],
        ]),
      );
      // Handed on again with one more, as after a lost answer.
      const again = await records.take([batchOf(room, [joined(guest), joined(ada), joined(bob)])]);
      expect(again).toEqual(new Map([['_room', 3]]));
      expect(await seqsOf(records)).toEqual([1, 2, 3]);
      const [event] = (await rowsOf(records, 'events')).filter(({ id }: { id?: string }) => id === 'evt_room_1') as [
        unknown,
      ];
      expect(event).toEqual({
        workspace_id: '_room',
        seq: 1,
        id: 'evt_room_1',
        type: 'attendee.joined',
        at: start + minute,
        data: JSON.stringify({ attendee: guest }),
        subject_user: null,
      });
    });

    it('take events that several hand on at once only once, without a gap', async () => {
      const records = await opened();
      const rooms = ['_a', '_b', '_c', '_d'].map((id) => workspaceOf(id));
      const happened = Array.from({ length: 20 }, () => joined(guest));
      for (let round = 0; round < 5; round += 1) {
        const batches = rooms.map((each) => batchOf(each, happened.slice(0, 4 * round + 4)));
        const heads = await Promise.all([batches, batches.toReversed(), batches].map((each) => records.take(each)));
        for (const head of heads) expect([...head.values()]).toEqual(rooms.map(() => 4 * round + 4));
      }
      for (const { id } of rooms) expect(await seqsOf(records, id)).toEqual(happened.map((_, index) => index + 1));
    });

    it('take more events at once than one statement holds', async () => {
      const records = await opened();
      const happened = Array.from({ length: 2500 }, () => joined(guest));
      const small = Array.from({ length: 300 }, (_, index) => batchOf(workspaceOf(`_s${index}`), [joined(guest)]));
      const heads = await records.take([...small.slice(0, 150), batchOf(room, happened), ...small.slice(150)]);
      expect(heads.get('_room')).toBe(2500);
      expect(heads.size).toBe(301);
      expect(await seqsOf(records)).toEqual(happened.map((_, index) => index + 1));
    });

    it('go on behind events that they have lost', async () => {
      const records = await opened();
      await records.take([batchOf(room, [joined(guest)])]);
      expect(await records.take([batchOf(room, [joined(ada), joined(bob)], 5)])).toEqual(new Map([['_room', 6]]));
      expect(await seqsOf(records)).toEqual([1, 5, 6]);
    });

    it('give the next numbers to events of a workspace whose store has lost its last changes, once', async () => {
      const records = await opened();
      await records.take([batchOf(room, [joined(guest), joined(ada), joined(bob)])]);
      // The store knows nothing of the last two, and so something else happens under their numbers.
      const later = [joined(bob), missed('u-bob')].map((event) => ({ ...event, at: start + 60 * minute }) as Happened);
      const batch = batchOf(room, [joined(guest), ...later]);
      expect(await records.take([batch])).toEqual(new Map([['_room', 5]]));
      expect(await records.take([batch])).toEqual(new Map([['_room', 5]]));
      const events = await records.events.page('_room', { limit: 9 });
      expect(events.map(({ id, type }) => `${id} ${type}`)).toEqual([
        'evt_room_1 attendee.joined',
        'evt_room_2 attendee.joined',
        'evt_room_3 attendee.joined',
        'evt_room_4 attendee.joined',
        'evt_room_5 call.missed',
      ]);
      expect((await records.inboxes.page('u-bob', { limit: 9 })).items).toHaveLength(1);
    });

    it('know a workspace as it was last, and when it was closed', async () => {
      const records = await opened();
      await records.take([batchOf(room, [joined(guest)])]);
      const renamed = workspaceOf('_room', { name: 'Ward 7', externalId: 'x', metadata: {}, ownerUser: 'u-ada' });
      await records.take([batchOf(renamed, [{ type: 'workspace.closed', data: { reason: 'destroyed' } }], 2)]);
      const closed_at = start + 2 * minute;
      const expected = { id: '_room', name: 'Ward 7', external_id: 'x', metadata: '{}', owner_user: 'u-ada' };
      expect(await rowsOf(records, 'workspaces')).toEqual([{ ...expected, created_at: start, closed_at, head_seq: 2 }]);
      // An event that comes after the end, such as of a call that was on, opens nothing again.
      await records.take([batchOf(renamed, [joined(guest)], 3)]);
      expect(await rowsOf(records, 'workspaces')).toMatchObject([{ closed_at, head_seq: 3 }]);
    });

    it.each([1, 2, 6])('record a call alike, with %i of its events at a time', async (atOnce) => {
      const records = await opened();
      const events = wholeCall();
      for (let at = 0; at < events.length; at += atOnce) {
        await records.take([batchOf(room, events.slice(at, at + atOnce), at + 1)]);
      }
      const [begin, connected, end] = [start + 10 * minute, start + 11 * minute, start + 31 * minute];
      expect(await rowsOf(records, 'calls')).toEqual([
        {
          id: 'call_1',
          workspace_id: '_room',
          client_call_id: 'client call_1',
          started_at: begin,
          connected_at: connected,
          ended_at: end,
          end_reason: 'hangup',
          duration_seconds: 1260,
          billable_seconds: 1200,
          external_id: 'appointment 7',
          metadata: '{"ward":"7"}',
        },
      ]);
      const stay = { call_id: 'call_1', seconds: 1200 };
      expect(await rowsOf(records, 'call_participants')).toEqual([
        { ...stay, attendee_id: '_ada', user_id: 'u-ada', joined_at: begin, left_at: begin + 20 * minute },
        { ...stay, attendee_id: '_bob', user_id: 'u-bob', joined_at: connected, left_at: end },
      ]);
    });

    it.each([1, 2, 5])('show a call while it is on, with %i of its events at a time', async (atOnce) => {
      const records = await opened();
      const events = wholeCall().slice(0, 5);
      for (let at = 0; at < events.length; at += atOnce) {
        await records.take([batchOf(room, events.slice(at, at + atOnce), at + 1)]);
        if (at + atOnce === 2) expect(await rowsOf(records, 'calls')).toMatchObject([{ connected_at: null }]);
      }
      const connected_at = start + 11 * minute;
      expect(await rowsOf(records, 'calls')).toMatchObject([{ id: 'call_1', connected_at, ended_at: null }]);
      const back = { type: 'call.participant_joined', data: { call: { id: 'call_1' }, attendee: ada } } as const;
      await records.take([batchOf(room, [{ ...back, at: start + 40 * minute }], 6)]);
      expect(await rowsOf(records, 'call_participants')).toMatchObject([
        { attendee_id: '_ada', joined_at: start + 10 * minute, left_at: start + 30 * minute, seconds: 1200 },
        { attendee_id: '_bob', joined_at: start + 11 * minute, left_at: start + 31 * minute, seconds: 1200 },
        { attendee_id: '_ada', joined_at: start + 40 * minute, left_at: null, seconds: null },
      ]);
    });

    it('record the end of a call of which they know nothing else', async () => {
      const records = await opened();
      await records.take([batchOf(room, wholeCall().slice(2, 3), 8)]);
      expect(await rowsOf(records, 'call_participants')).toEqual([]);
      await records.take([batchOf(room, wholeCall().slice(3), 9)]);
      expect(await rowsOf(records, 'calls')).toMatchObject([{ id: 'call_1', billable_seconds: 1200 }]);
      expect(await rowsOf(records, 'call_participants')).toHaveLength(2);
    });

    it('put a missed call into the inbox of its user, once, and tell what has come', async () => {
      const records = await opened();
      const told: unknown[] = [];
      records.onItems = (items) => told.push(...items);
      const guestMissed = { ...missed('x'), data: { ...missed('x').data, user: null } } as ReturnType<typeof missed>;
      const batch = batchOf(room, [missed('u-bob'), missed('u-eve'), guestMissed, missed('u-bob')]);
      await Promise.all([records.take([batch]), records.take([batch])]);
      const items = (await rowsOf(records, 'inbox_items')) as { user_id: string; seq: number; event_id: string }[];
      expect(items.map(({ user_id, seq, event_id }) => [user_id, seq, event_id]).sort()).toEqual([
        ['u-bob', 1, 'evt_room_1'],
        ['u-bob', 2, 'evt_room_4'],
        ['u-eve', 1, 'evt_room_2'],
      ]);
      expect(told).toHaveLength(3);
      expect(told[0]).toEqual({
        user: 'u-bob',
        item: {
          seq: 1,
          type: 'missed-call',
          at: start + minute,
          seen: false,
          from: ada,
          workspace: { id: '_room', name: 'Room _room' },
          call: 'c1',
        },
      });
    });

    it('page through the inbox of a user, and know what was seen', async () => {
      const records = await opened();
      const { inboxes } = records;
      expect(await inboxes.page('u-bob', { limit: 2 })).toEqual({ items: [], more: false });
      expect(await inboxes.unseen('u-bob')).toBe(0);
      await inboxes.markSeen('u-bob', 3);
      await records.take([
        batchOf(
          room,
          Array.from({ length: 5 }, () => missed('u-bob')),
        ),
      ]);
      const seqs = async (page: { before?: number; limit: number }) => {
        const { items, more } = await inboxes.page('u-bob', page);
        return [items.map(({ seq, seen }) => `${seq}${seen ? ' seen' : ''}`), more];
      };
      expect(await seqs({ limit: 2 })).toEqual([['5', '4'], true]);
      expect(await inboxes.unseen('u-bob')).toBe(5);
      await inboxes.markSeen('u-bob', 3);
      await inboxes.markSeen('u-bob', 2);
      expect(await inboxes.unseen('u-bob')).toBe(2);
      expect(await seqs({ before: 5, limit: 3 })).toEqual([['4', '3 seen', '2 seen'], true]);
      expect(await seqs({ before: 3, limit: 2 })).toEqual([['2 seen', '1 seen'], false]);
      // Nothing that comes later is seen already.
      await inboxes.markSeen('u-bob', 1000);
      await records.take([batchOf(room, [missed('u-bob')], 6)]);
      expect(await seqs({ limit: 1 })).toEqual([['6'], true]);
      expect(await inboxes.unseen('u-bob')).toBe(1);
      expect(await inboxes.unseen('u-eve')).toBe(0);
    });

    it('give a name to one registration at a time', async () => {
      const { registrations } = await opened();
      const claim = { nameKey: 'zoë', name: 'Zoë', hash: 'one', heldUntil: start + minute };
      expect(await registrations.find('zoë')).toBeNull();
      expect(await registrations.claim(claim, start)).toBe('new');
      expect(await registrations.claim({ ...claim, name: 'ZOË', heldUntil: start + 2 * minute }, start)).toBe('held');
      expect(await registrations.find('zoë')).toEqual({ ...claim, name: 'ZOË', heldUntil: start + 2 * minute });
      const other = { ...claim, hash: 'two', heldUntil: start + 9 * minute };
      expect(await registrations.claim(other, start + 2 * minute - 1)).toBe('taken');
      // The user who had it last can have it back while nobody else has taken it.
      expect(await registrations.claim({ ...claim, heldUntil: start + 4 * minute }, start + 3 * minute)).toBe('held');
      expect(await registrations.claim(other, start + 4 * minute)).toBe('new');
      expect(await registrations.claim(claim, start + 4 * minute)).toBe('taken');
    });

    it('hold many names longer at once, and others not', async () => {
      const records = await opened();
      const { registrations } = records;
      const claims = Array.from({ length: 450 }, (_, index) => ({
        nameKey: `name ${index}`,
        name: 'Name',
        hash: 'one',
        heldUntil: start + minute,
      }));
      for (const claim of claims) await registrations.claim(claim, start);
      const [first, ...rest] = claims.map(({ nameKey }) => nameKey);
      await registrations.hold([...rest, 'nobody'], start + 9 * minute);
      const rows = await records.query((db) => db.selectFrom('registrations').selectAll().execute());
      const ends = new Map(rows.map(({ name_key, free_at }) => [name_key, free_at]));
      expect(claims.map(({ nameKey }) => ends.get(nameKey))).toEqual([
        start + minute,
        ...rest.map(() => start + 9 * minute),
      ]);
      await registrations.hold([String(first)], start);
      expect(
        await registrations.claim({ nameKey: String(first), name: 'N', hash: 'two', heldUntil: start }, start),
      ).toBe('new');
    });

    it('give a name to one of many users who claim it at once', async () => {
      const { registrations } = await opened();
      const claims = Array.from({ length: 10 }, (_, index) => ({
        nameKey: 'zoë',
        name: 'Zoë',
        hash: `hash ${index}`,
        heldUntil: start + minute,
      }));
      const results = await Promise.all(claims.map((claim) => registrations.claim(claim, start)));
      expect(results.filter((result) => result === 'new')).toHaveLength(1);
      expect(results.filter((result) => result === 'taken')).toHaveLength(9);
    });

    it('leave nothing of the former holder of a name to the next one', async () => {
      const records = await opened();
      const claim = { nameKey: 'zoë', name: 'Zoë', hash: 'one', heldUntil: start + minute };
      await records.registrations.claim(claim, start);
      await records.take([batchOf(room, [missed('zoë'), missed('bob')])]);
      await records.registrations.claim(claim, start);
      expect((await records.inboxes.page('zoë', { limit: 9 })).items).toHaveLength(1);
      await records.registrations.claim({ ...claim, hash: 'two' }, start + minute);
      expect((await records.inboxes.page('zoë', { limit: 9 })).items).toEqual([]);
      expect((await records.inboxes.page('bob', { limit: 9 })).items).toHaveLength(1);
      await records.take([batchOf(room, [missed('zoë')], 3)]);
      expect((await records.inboxes.page('zoë', { limit: 9 })).items).toMatchObject([{ seq: 1, seen: false }]);
    });

    it('know users as they signed in last', async () => {
      const { users } = await opened();
      expect(await users.get('u-ada')).toBeNull();
      await users.note({ id: 'u-ada', name: 'Ada', picture: 'https://a.example/ada.png' }, start);
      await users.note({ id: 'u-ada', name: 'Ada L.', picture: null }, start + 1);
      expect(await users.get('u-ada')).toEqual({ id: 'u-ada', name: 'Ada L.', picture: null });
    });

    it('erase the name of a user everywhere, and the inbox, and of nobody else', async () => {
      const records = await opened();
      await records.users.note({ id: 'u-ada', name: 'Ada', picture: 'https://a.example/ada.png' }, start);
      await records.take([
        batchOf(room, [joined(ada), joined(bob), missed('u-bob'), missed('u-ada', bob), ...wholeCall()]),
      ]);
      await records.take([
        batchOf(
          workspaceOf('_long'),
          Array.from({ length: 450 }, () => joined(ada)),
        ),
      ]);
      await records.users.erase('u-ada', start + minute);
      await records.users.erase('u-ada', start + minute);
      const texts = JSON.stringify([
        await rowsOf(records, 'events'),
        await rowsOf(records, 'inbox_items'),
        await records.query((db) => db.selectFrom('users').selectAll().execute()),
      ]);
      expect(texts).not.toMatch(/Ada|ada\.png/);
      expect(await records.users.get('u-ada')).toEqual({ id: 'u-ada', name: 'removed', picture: null });
      expect((await records.inboxes.page('u-ada', { limit: 9 })).items).toEqual([]);
      const [item] = (await records.inboxes.page('u-bob', { limit: 9 })).items;
      expect(item).toMatchObject({ from: { id: '_ada', name: 'removed', user: { id: 'u-ada' } } });
      const events = await records.events.page('_room', { limit: 99 });
      expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(events[0]?.data).toEqual({ attendee: { ...ada, name: 'removed' } });
      expect(events[1]?.data).toEqual({ attendee: bob });
      expect((await records.calls.get('call_1'))?.participants).toMatchObject([{ user: { id: 'u-ada' } }, {}]);
    });

    it('page through calls, newest first, and find those that are on or ended since', async () => {
      const records = await opened();
      const shifted = (id: string, minutes: number): Happened[] =>
        JSON.parse(JSON.stringify(wholeCall(id)), (key, value) =>
          /[aA]t$/.test(key) ? value + minutes * minute : value,
        );
      const [early, late, on] = [wholeCall('call_a'), shifted('call_b', 60), shifted('call_c', 60).slice(0, 3)];
      await records.take([batchOf(room, [...early, ...late]), batchOf(workspaceOf('_other'), on)]);
      const { calls } = records;
      const ids = async (filter: CallFilter, limit = 9) =>
        (await calls.page(filter, { limit })).items.map(({ id }) => id);
      expect(await ids({})).toEqual(['call_c', 'call_b', 'call_a']);
      expect(await ids({ status: 'active' })).toEqual(['call_c']);
      expect(await ids({ status: 'ended' })).toEqual(['call_b', 'call_a']);
      expect(await ids({ workspaceId: '_other' })).toEqual(['call_c']);
      expect(await ids({ since: start + 31 * minute })).toEqual(['call_c', 'call_b', 'call_a']);
      expect(await ids({ since: start + 31 * minute + 1 })).toEqual(['call_c', 'call_b']);
      const first = await calls.page({}, { limit: 2 });
      expect(first.items.map(({ id }) => id)).toEqual(['call_c', 'call_b']);
      const after = positionOf(cursorOf(first.next ?? { at: 0, id: '' }));
      const second = await calls.page({}, { after, limit: 2 });
      expect([second.items.map(({ id }) => id), second.next]).toEqual([['call_a'], null]);
      expect(second.items[0]).toEqual(await calls.get('call_a'));
      expect(await calls.get('call_a')).toMatchObject({
        workspaceId: '_room',
        connectedAt: start + 11 * minute,
        billableSeconds: 1200,
        participants: [
          { attendee: { id: '_ada' }, user: { id: 'u-ada' }, joinedAt: start + 10 * minute, seconds: 1200 },
          { attendee: { id: '_bob' } },
        ],
        metadata: { ward: '7' },
      });
      expect(await calls.get('call_x')).toBeNull();
    });

    it('page through workspaces, newest first, and find them by the id of the host system', async () => {
      const records = await opened();
      const named = (id: string, minutes: number, externalId: string | null) =>
        workspaceOf(id, { created: start + minutes * minute, externalId });
      const closed: Happened = { type: 'workspace.closed', data: { reason: 'api' } };
      const [one, two, three] = [named('_1', 1, 'x'), named('_2', 2, 'x'), named('_3', 2, null)];
      await records.take([batchOf(one, [joined(ada)]), batchOf(two, [joined(ada), closed]), batchOf(three, [])]);
      const { workspaces } = records;
      expect(await workspaces.byExternalId('x')).toMatchObject({ id: '_1', closedAt: null, seq: 1 });
      expect(await workspaces.byExternalId('y')).toBeNull();
      await records.take([batchOf(one, [closed], 2)]);
      expect(await workspaces.byExternalId('x')).toMatchObject({ id: '_2' });
      expect(await workspaces.get('_1')).toMatchObject({ closedAt: start + 2 * minute, metadata: { ward: '7' } });
      const first = await workspaces.page({}, { limit: 2 });
      expect(first.items.map(({ id }) => id)).toEqual(['_3', '_2']);
      const second = await workspaces.page({}, { after: first.next, limit: 2 });
      expect([second.items.map(({ id }) => id), second.next]).toEqual([['_1'], null]);
      expect((await workspaces.page({ isOpen: true }, { limit: 9 })).items.map(({ id }) => id)).toEqual(['_3']);
      expect((await workspaces.page({ externalId: 'x' }, { limit: 9 })).items.map(({ id }) => id)).toEqual([
        '_2',
        '_1',
      ]);
    });

    it('forget what is older than they are to keep', async () => {
      let now = start;
      const records = await opened({ now: () => now, days: 2 });
      const day = 24 * 60 * minute;
      const old = [joined(ada), missed('u-bob'), ...wholeCall('call_old')];
      const orphan = wholeCall('call_orphan').slice(0, 3);
      const many = Array.from({ length: 1200 }, () => joined(guest));
      await records.take([
        batchOf(room, old),
        batchOf(workspaceOf('_over'), [...orphan, { type: 'workspace.closed', data: { reason: 'idle' } }]),
        batchOf(
          workspaceOf('_many'),
          many.map((event) => ({ ...event, at: start - minute })),
        ),
      ]);
      await records.users.note({ id: 'u-old', name: 'Old', picture: null }, start);
      await records.registrations.claim({ nameKey: 'old', name: 'Old', hash: 'h', heldUntil: start }, start);
      const recent = start + 2 * day;
      await records.take([batchOf(room, [{ ...missed('u-bob'), at: recent }], old.length + 1)]);
      await records.users.note({ id: 'u-ada', name: 'Ada', picture: null }, recent);
      await records.registrations.claim({ nameKey: 'ada', name: 'Ada', hash: 'h', heldUntil: recent }, recent);

      now = start + 2 * day;
      await records.sweep();
      expect(await rowsOf(records, 'events')).toHaveLength(old.length + orphan.length + 2);
      now = start + 3 * day;
      await records.sweep();
      expect(await seqsOf(records)).toEqual([old.length + 1]);
      expect(await rowsOf(records, 'events')).toHaveLength(1);
      expect(await rowsOf(records, 'calls')).toEqual([]);
      expect(await rowsOf(records, 'call_participants')).toEqual([]);
      expect((await rowsOf(records, 'workspaces')).map((row) => (row as { id: string }).id)).toEqual(['_room']);
      expect((await records.inboxes.page('u-bob', { limit: 9 })).items.map(({ seq }) => seq)).toEqual([2]);
      expect([await records.users.get('u-old'), await records.users.get('u-ada')]).toMatchObject([
        null,
        { name: 'Ada' },
      ]);
      expect([await records.registrations.find('old'), await records.registrations.find('ada')]).toMatchObject([
        null,
        { name: 'Ada' },
      ]);
      // A workspace that lives on goes on with its numbers.
      expect(await records.take([batchOf(workspaceOf('_over'), [joined(ada)], 5)])).toEqual(new Map([['_over', 5]]));
    });

    it('keep everything where nothing is said to be too old', async () => {
      const records = await opened({ now: () => start * 2, days: 0 });
      await records.take([batchOf(room, wholeCall())]);
      await records.sweep();
      expect(await rowsOf(records, 'events')).toHaveLength(6);
    });

    // Records in memory begin anew each time.
    const lasting = test.skipIf(config === null || kind.includes('memory'));
    lasting('are brought forward from the first release, with everything in them', async () => {
      const place = await config?.();
      if (!place) return;
      await execute(place, versionOne);
      const records = await open(place);
      expect(await records.workspaces.byExternalId('appointment 7')).toMatchObject({ id: '_old', ownerUser: 'u-ada' });
      expect(await records.calls.get('call_1')).toMatchObject({
        billableSeconds: 60.5,
        participants: [{ seconds: 61 }],
      });
      expect(await records.registrations.find('zoë')).toMatchObject({ name: 'Zoë' });
      expect(await records.users.get('u-ada')).toMatchObject({ picture: 'https://a.example/ada.png' });
      await records.take([batchOf(workspaceOf('_old'), [missed('u-bob')], 3)]);
      expect(await seqsOf(records, '_old')).toEqual([1, 2, 3]);
      expect((await records.inboxes.page('u-bob', { limit: 9 })).items.map(({ seq }) => seq)).toEqual([2, 1]);
      // The tables are those that a new database gets.
      const fresh = await opened();
      expect(await tablesOf(records)).toEqual(await tablesOf(fresh));
    });

    lasting(
      'learn who owned the workspaces of their recordings, but for those who were erased and for names',
      async () => {
        const place = await config?.();
        if (!place) return;
        const records = await open(place);
        const data = { recording: { id: '' }, call: { id: 'call' }, startedAt: start, startedBy: null };
        const owners = { _guest: null, _ada: 'u-ada', _bob: 'u-bob', _zoe: 'zoë' };
        await records.take(
          Object.entries(owners).map(([id, ownerUser]) =>
            batchOf(workspaceOf(`_room${id}`, { ownerUser }), [
              {
                type: 'workspace.created',
                data: { owner: { id, name: id, user: ownerUser ? { id: ownerUser } : null } },
              },
              { type: 'recording.started', data: { ...data, recording: { id: `_rec${id}` } } },
            ]),
          ),
        );
        await records.users.note({ id: 'u-bob', name: 'Bob', picture: null }, start);
        await records.users.erase('u-bob', start);
        await records.registrations.claim({ nameKey: 'zoë', name: 'Zoë', hash: 'h', heldUntil: start }, start);
        await records.query(async (db) => {
          await db.schema.dropIndex('recordings_owner_user').execute();
          await db.schema.alterTable('recordings').dropColumn('owner_user').execute();
          await db.schema.alterTable('recordings').dropColumn('owner_attendee').execute();
          await sql`delete from records_migrations where name = '0008-recording-owners'`.execute(db);
          await migrate(db);
        });
        const rows = await records.query((db) => db.selectFrom('recordings').selectAll().orderBy('id').execute());
        expect(rows.map((row) => [row.id, row.owner_attendee, row.owner_user])).toEqual([
          ['_rec_ada', '_ada', 'u-ada'],
          ['_rec_bob', null, null],
          ['_rec_guest', '_guest', null],
          ['_rec_zoe', '_zoe', null],
        ]);
      },
    );

    lasting('are refused when a newer release has written them', async () => {
      const place = await config?.();
      if (!place) return;
      await execute(
        place,
        `${versionOne}\ninsert into records_migrations values ('9000-later', '2030-01-01T00:00:00.000Z');`,
      );
      await expect(open(place)).rejects.toThrow(
        /^A newer release has written the records \(9000-later\), and this one cannot read them\..*left as they are/,
      );
    });

    apiRecordsContract(it, opened);
    filmsContract(it, opened);

    it('are as they were before when a step of the tables fails', async () => {
      const records = await opened();
      const before = await tablesOf(records);
      const broken: Record<string, Migration> = {
        '9000-good': { up: (db) => db.schema.createTable('good').addColumn('a', 'text').execute() },
        '9001-bad': { up: (db) => db.schema.createTable('good').addColumn('a', 'text').execute() },
      };
      const attempt = records.query((db) => migrate(db, { ...migrations, ...broken }));
      await expect(attempt).rejects.toThrow(/^The tables of the records .*\(step 9001-bad\)/);
      expect(await tablesOf(records)).toEqual(before);
      await records.query((db) => migrate(db));
    });

    it('keep the messages of a chat in one order, each once, however many write at once', async () => {
      const records = await opened();
      const write = (sender: string, n: number) => ({
        workspace: n % 2 === 0 ? '_even' : '_odd',
        consultation: null,
        messageId: `m-${n}`,
        attendee: sender,
        user: null,
        name: sender,
        text: `Zoë 李 🦉 ${n}`,
        at: n,
      });
      const batches = ['_ann', '_bob', '_eve'].map((sender) => Array.from({ length: 20 }, (_, n) => write(sender, n)));
      const post = () => Promise.all(batches.map((batch) => records.transaction((db) => postMessages(db, batch))));
      const posted = await post();
      expect(posted.flat().every(({ isNew }) => isNew)).toBe(true);
      const again = await post();
      expect(again.flat().map(({ seq }) => seq)).toEqual(posted.flat().map(({ seq }) => seq));
      expect(again.flat().some(({ isNew }) => isNew)).toBe(false);
      const { messages, more } = await records.query((db) => readMessages(db, '_odd', { after: 0, limit: 29 }));
      expect(messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 29 }, (_, n) => n + 1));
      expect(more).toBe(true);
      await records.query((db) => deleteChats(db, ['_odd']));
      expect((await records.query((db) => readMessages(db, '_odd', { limit: 10 }))).messages).toEqual([]);
      expect((await records.query((db) => readMessages(db, '_even', { limit: 10 }))).messages).toHaveLength(10);
    });

    it('forget a chat with its workspace, and the name and on request the words of an erased user', async () => {
      const records = await opened();
      const message = { consultation: null, attendee: '_a', name: 'Ada', text: 'Secret', at: start };
      await records.transaction((db) =>
        postMessages(db, [
          { ...message, workspace: '_room', messageId: '1', user: 'u-ada' },
          { ...message, workspace: '_other', messageId: '1', user: 'u-ada' },
          { ...message, workspace: '_other', messageId: '2', user: 'u-bob' },
        ]),
      );
      const read = async (id: string) => (await records.query((db) => readMessages(db, id, { limit: 9 }))).messages;
      await records.users.erase('u-ada', start);
      expect(await read('_other')).toMatchObject([{ name: 'removed', text: 'Secret' }, { name: 'Ada' }]);
      await records.users.erase('u-ada', start, { messages: true });
      expect(await read('_other')).toMatchObject([{ text: 'removed' }, { name: 'Ada', text: 'Secret' }]);
      await records.take([batchOf(room, [joined(ada), { type: 'workspace.closed', data: { reason: 'api' } }])]);
      expect(await read('_room')).toEqual([]);
    });
  });
}

/** Runs the statements of a file on a database that nobody uses. */
async function execute(place: RecordsConfig, statements: string): Promise<void> {
  if (place.kind === 'postgres') {
    await asking(place.url, (client) => client.query(statements));
  } else {
    const db = new Database(place.file ?? '');
    db.exec(statements);
    db.close();
  }
}

/** The tables and their columns. */
async function tablesOf(records: Records): Promise<unknown> {
  const tables = await records.query((db) => db.introspection.getTables());
  return tables.map(({ name, columns }) => [name, columns]);
}
