import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { blank } from '../../../src/server/domain/seat.ts';
import type { Attendee, Call, Workspace } from '../../../src/server/domain/workspace.ts';
import { type Store, StoreAway, UncertainSwap } from '../../../src/server/storage/store.ts';

interface OpenedStore {
  readonly store: Store;
  /** How long the store keeps a workspace without anybody connected, in ms. */
  readonly idleMs: number;
  /** The time of the store, in ms since the epoch. */
  readonly now: () => number;
  /** Lets the store's clock go on. */
  readonly advance: (ms: number) => void | Promise<void>;
  /** Cleans up after the store is closed. */
  readonly cleanUp?: () => void | Promise<void>;
}

/** A workspace without anybody in it, unless the changes say otherwise. */
export function workspaceOf(id: string, changes: Partial<Workspace> = {}): Workspace {
  return {
    ...blank,
    id,
    name: `The workspace ${id}`,
    avatar: '',
    created: 1_000,
    pinHash: null,
    owner: { id: 'owner', name: 'Olga', avatar: '' },
    ownerUser: null,
    used: true,
    touched: 1_000,
    ...changes,
  };
}

export function attendeeOf(id: string, changes: Partial<Attendee> = {}): Attendee {
  return {
    id,
    name: `Somebody called ${id}`,
    avatar: '',
    session: null,
    connection: `connection of ${id}`,
    droppedAt: null,
    legacy: false,
    user: null,
    admitted: null,
    mic: true,
    cam: false,
    ...changes,
  };
}

/** A call in which somebody is. */
export function callOf(id: string, changes: Partial<Call> = {}): Call {
  return {
    id,
    uid: `call_${id}`,
    startedAt: 5,
    connectedAt: null,
    endsAt: null,
    warnedAt: null,
    limit: { maxMs: null, warningsMs: [] },
    legs: [],
    participants: [],
    rings: [],
    ...changes,
  };
}

/** The promises of every store, whatever it is built on. */
export function storeContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name} keeps the contract of a store`, () => {
    let opened: OpenedStore;
    let store: Store;

    /** Fresh enough not to be idle. */
    const fresh = (id: string, changes: Partial<Workspace> = {}) =>
      workspaceOf(id, { touched: opened.now(), ...changes });

    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });

    afterEach(async () => {
      await store.close();
      await opened.cleanUp?.();
    });

    test('an unknown workspace is null', async () => {
      expect(await store.get('unknown')).toBeNull();
    });

    test('a created workspace is read back as it was written', async () => {
      const workspace = fresh('a', {
        pinHash: '$2b$10$hash',
        renewals: 3,
        attendees: [attendeeOf('ann'), attendeeOf('bob', { connection: null, droppedAt: 5, session: 'page' })],
        call: callOf('c', {
          participants: ['ann'],
          rings: [{ caller: 'ann', callee: 'bob', until: 9, payload: null }],
        }),
      });
      expect(await store.swap('a', null, workspace)).toBe(true);
      expect(await store.get('a')).toEqual(workspace);
    });

    test('only the first of two creates a workspace', async () => {
      expect(await store.swap('a', null, fresh('a', { name: 'first' }))).toBe(true);
      expect(await store.swap('a', null, fresh('a', { name: 'second' }))).toBe(false);
      expect((await store.get('a'))?.name).toBe('first');
    });

    test('of many who create at the same moment one succeeds', async () => {
      const made = await Promise.all(
        Array.from({ length: 50 }, (_, index) => store.swap('a', null, fresh('a', { name: String(index) }))),
      );
      expect(made.filter(Boolean)).toHaveLength(1);
      expect((await store.get('a'))?.name).toBe(String(made.indexOf(true)));
    });

    test('a swap with the current rev replaces the workspace', async () => {
      await store.swap('a', null, fresh('a'));
      expect(await store.swap('a', 1, fresh('a', { rev: 2, name: 'new' }))).toBe(true);
      expect(await store.get('a')).toMatchObject({ rev: 2, name: 'new' });
    });

    test('a swap with another rev changes nothing', async () => {
      const workspace = fresh('a', { rev: 5 });
      await store.swap('a', null, workspace);
      for (const rev of [4, 6, null]) expect(await store.swap('a', rev, fresh('a', { rev: 7 }))).toBe(false);
      expect(await store.swap('a', 4, null)).toBe(false);
      expect(await store.get('a')).toEqual(workspace);
    });

    test('a swap of a workspace that does not exist makes none', async () => {
      expect(await store.swap('a', 1, fresh('a', { rev: 2 }))).toBe(false);
      expect(await store.get('a')).toBeNull();
    });

    test('a deleted workspace is gone, and can be created anew', async () => {
      await store.swap('a', null, fresh('a'));
      expect(await store.swap('a', 1, null)).toBe(true);
      expect(await store.get('a')).toBeNull();
      expect(await store.swap('a', 1, fresh('a', { rev: 2 }))).toBe(false);
      expect(await store.swap('a', null, fresh('a'))).toBe(true);
    });

    test('what was stored lasts, also when somebody has changed it since', async () => {
      expect(await store.lasts('a', null)).toBe(true);
      await store.swap('a', null, fresh('a'));
      const seen = await store.get('a');
      expect(await store.lasts('a', seen)).toBe(true);
      await store.swap('a', 1, fresh('a', { rev: 2 }));
      expect(await store.lasts('a', seen)).toBe(true);
    });

    test('that a workspace is idle lasts', async () => {
      await store.swap('a', null, fresh('a'));
      await opened.advance(opened.idleMs + 1);
      expect(await store.lasts('a', await store.get('a'))).toBe(true);
    });

    test('workspaces do not touch each other', async () => {
      await Promise.all(['a', 'b', 'c'].map((id) => store.swap(id, null, fresh(id))));
      await Promise.all([store.swap('a', 1, null), store.swap('b', 1, fresh('b', { rev: 2 }))]);
      expect(await store.get('a')).toBeNull();
      expect((await store.get('b'))?.rev).toBe(2);
      expect((await store.get('c'))?.rev).toBe(1);
    });

    test('of 200 simultaneous increments none is lost', async ({ signal }) => {
      await store.swap('a', null, fresh('a', { name: '0' }));
      async function attempt(): Promise<boolean> {
        const current = await store.get('a');
        if (!current) throw new Error('The workspace has vanished.');
        const next = { ...current, name: String(Number(current.name) + 1), rev: current.rev + 1 };
        return store.swap('a', current.rev, next);
      }
      /** As commands do it: where the store is too slow for an answer, its later word counts. */
      async function wordOf(error: unknown): Promise<boolean> {
        if (!(error instanceof StoreAway)) throw error;
        return error instanceof UncertainSwap && error.outcome;
      }
      async function increment(): Promise<void> {
        while (!(await attempt().catch(wordOf))) signal.throwIfAborted();
      }
      await Promise.all(Array.from({ length: 200 }, increment));
      expect(await store.get('a')).toMatchObject({ name: '200', rev: 201 });
    });

    test('an id can be a word that objects know', async () => {
      for (const id of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '']) {
        expect(await store.get(id)).toBeNull();
        expect(await store.swap(id, null, fresh(id))).toBe(true);
        expect(await store.get(id)).toEqual(fresh(id));
        expect(await store.swap(id, 1, null)).toBe(true);
        expect(await store.get(id)).toBeNull();
      }
    });

    test('an idle workspace is gone, and can be created anew', async () => {
      await store.swap('a', null, fresh('a'));
      await opened.advance(opened.idleMs + 1);
      expect(await store.get('a')).toBeNull();
      expect(await store.swap('a', null, fresh('a'))).toBe(true);
      expect(await store.get('a')).not.toBeNull();
    });

    test('an idle workspace is gone for a swap that comes without reading', async () => {
      await store.swap('a', null, fresh('a'));
      await store.swap('b', null, fresh('b'));
      await opened.advance(opened.idleMs + 1);
      expect(await store.swap('a', 1, fresh('a', { rev: 2 }))).toBe(false);
      expect(await store.swap('b', null, fresh('b', { name: 'anew' }))).toBe(true);
      expect((await store.get('b'))?.name).toBe('anew');
    });

    test('a change makes a workspace last longer', async () => {
      await store.swap('a', null, fresh('a'));
      await opened.advance(opened.idleMs / 2);
      await store.swap('a', 1, fresh('a', { rev: 2 }));
      await opened.advance(opened.idleMs / 2 + 1);
      expect(await store.get('a')).not.toBeNull();
    });

    test('unused workspaces are named in the order in which they changed last, while nobody is connected', async () => {
      const unused = (id: string, changes: Partial<Workspace> = {}) => fresh(id, { used: false, ...changes });
      for (const id of ['a', 'b', 'c', 'd', 'e']) {
        await store.swap(id, null, unused(id, { attendees: [attendeeOf('owner')] }));
        await opened.advance(1);
      }
      await store.swap('used', null, fresh('used'));
      expect(await store.unused(9)).toEqual([]);
      const away = { attendees: [attendeeOf('owner', { connection: null, droppedAt: opened.now() })] };
      for (const id of ['b', 'a', 'c', 'd']) {
        await store.swap(id, 1, unused(id, { rev: 2, ...(id === 'a' ? away : {}) }));
        await opened.advance(1);
      }
      await vi.waitFor(async () => expect(await store.unused(9)).toEqual(['b', 'a', 'c', 'd']));
      expect(await store.unused(2)).toEqual(['b', 'a']);
      // One changes again, the creator of another one is back, one was used, and one is gone.
      await store.swap('b', 2, unused('b', { rev: 3 }));
      await store.swap('a', 2, unused('a', { rev: 3, attendees: [attendeeOf('owner')] }));
      await store.swap('c', 2, fresh('c', { rev: 3 }));
      await vi.waitFor(async () => expect(await store.unused(9)).toEqual(['d', 'b']));
      await store.swap('d', 2, null);
      expect(await store.unused(9)).toEqual(['b']);
      await opened.advance(opened.idleMs + 1);
      await store.get('b');
      expect(await store.unused(9)).toEqual([]);
    });

    test('calls are counted as long as they are on', async () => {
      const counts = (calls: number) => vi.waitFor(() => expect(store.calls).toBe(calls), { timeout: 5000 });
      for (const id of ['a', 'b', 'c']) await store.swap(id, null, fresh(id));
      await counts(0);
      for (const id of ['a', 'b']) await store.swap(id, 1, fresh(id, { rev: 2, call: callOf('one') }));
      await counts(2);
      await store.swap('a', 2, fresh('a', { rev: 3, call: callOf('another') }));
      await store.swap('b', 2, fresh('b', { rev: 3 }));
      await counts(1);
      await store.swap('a', 3, null);
      await counts(0);
    });

    test('a workspace with somebody connected is never idle', async () => {
      await store.swap('here', null, fresh('here', { attendees: [attendeeOf('ann')] }));
      const away = attendeeOf('bob', { connection: null, droppedAt: opened.now() });
      await store.swap('away', null, fresh('away', { attendees: [away] }));
      await opened.advance(opened.idleMs * 1_000);
      expect(await store.get('here')).not.toBeNull();
      expect(await store.get('away')).toBeNull();
    });
  });
}
