import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MemoryPartStore } from '../../src/recorder/memory-part-store.ts';
import { type Bytes, type PartStore, StorageFull } from '../../src/recorder/part-store.ts';
import { PartWriter } from '../../src/recorder/part-writer.ts';
import { somePart } from './some-part.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A store in memory that takes something only while there is room. */
class SmallStore extends MemoryPartStore {
  hasRoom = true;

  override async append(id: string, bytes: Bytes, now: number): Promise<void> {
    if (!this.hasRoom) throw new StorageFull();
    await super.append(id, bytes, now);
  }
}

function writing<Store extends PartStore>(store: Store) {
  const said: (string | null)[] = [];
  let isOver = false;
  const writer = new PartWriter({
    store: Promise.resolve(store),
    part: somePart,
    onSaved: () => {},
    onProblem: (code) => said.push(code),
    onOver: () => {
      isOver = true;
    },
  });
  return { store, writer, said, isOver: () => isOver };
}

const settle = () => vi.advanceTimersByTimeAsync(2_000);

it('What a recorder gives is in the store in its order, without empty pieces, and then the end', async () => {
  const { store, writer } = writing(new MemoryPartStore());
  for (const text of ['one ', '', 'two ', 'three']) writer.add(new Blob([text]));
  expect(writer.unsaved).toBe(13);
  writer.end(77);
  await settle();
  expect(new TextDecoder().decode((await store.read('one', 0, 100)) ?? undefined)).toBe('one two three');
  expect(await store.parts()).toMatchObject([{ recorded: 13, end: { at: 77 } }]);
  expect(writer).toMatchObject({ unsaved: 0, isDone: true });
});

it('While the storage is full it says so and waits, and nothing gets lost', async () => {
  const { store, writer, said } = writing(new SmallStore());
  store.hasRoom = false;
  writer.add(new Blob(['one ']));
  writer.add(new Blob(['two']));
  writer.end(77);
  await settle();
  expect([said[0], writer.unsaved, writer.isDone]).toEqual(['storage-full', 7, false]);
  store.hasRoom = true;
  await settle();
  expect(said.at(-1)).toBe(null);
  expect(new TextDecoder().decode((await store.read('one', 0, 100)) ?? undefined)).toBe('one two');
  expect(writer).toMatchObject({ unsaved: 0, isDone: true });
});

it('When another page has ended the part, it says so and takes nothing more', async () => {
  const { store, writer, isOver } = writing(new MemoryPartStore());
  await settle();
  await store.update('one', (part) => ({ ...part, end: { at: null } }));
  writer.add(new Blob(['late']));
  await settle();
  expect([isOver(), writer.isDone, writer.unsaved]).toEqual([true, true, 0]);
  expect(await store.parts()).toMatchObject([{ recorded: 0, end: { at: null } }]);
});
