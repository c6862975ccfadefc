import assert from 'node:assert/strict';
import { notices } from '../../../src/protocol/notices.ts';
import { type Change, find } from '../../../src/server/domain/change.ts';
import type { Workspace } from '../../../src/server/domain/workspace.ts';

/**
 * What the owner and the people who wait know of a waiting room by notices alone. It has to be what the document says, after each
 * change; and nobody hears of a place that is the former one.
 */
export class QueueWitness {
  /** The list of the owner: names by id. Null while the owner has no seat. */
  #list: Map<string, string> | null = new Map();
  /** The place that each one who waits was told last. */
  readonly #places = new Map<string, number>();

  take(before: Workspace, { next, effects, waitingEffects = [] }: Change): void {
    const waited = new Set(before.waiting.map(({ id }) => id));
    for (const { toWaiting, notice, payload } of waitingEffects) {
      assert.deepEqual(notices[notice].payload.parse(payload), payload);
      for (const id of toWaiting) assert.ok(waited.has(id), `${notice} goes to somebody who waited`);
      if (notice !== 'waiting') continue;
      assert.deepEqual(toWaiting, [payload.id]);
      assert.notEqual(this.#places.get(payload.id), payload.place);
      this.#places.set(payload.id, payload.place);
    }
    if (!next) {
      const told = waitingEffects.flatMap(({ notice, toWaiting }) => (notice === 'destroyed' ? toWaiting : []));
      assert.deepEqual(told, [...waited], 'everybody who waits hears of the end');
      return;
    }
    this.#checkOwner(before, next, effects);
    this.#checkPlaces(waited, next);
  }

  #checkOwner(before: Workspace, next: Workspace, effects: Change['effects']): void {
    if (!find(next, next.owner.id)) {
      this.#list = null;
      return;
    }
    // The answer to an owner who comes back has the whole list.
    if (!find(before, next.owner.id)) this.#list = null;
    const list = this.#list ?? new Map(next.waiting.map(({ id, name }) => [id, name]));
    for (const { to, notice, payload } of effects) {
      if (notice !== 'knock' && notice !== 'knock-ended') continue;
      assert.deepEqual(to, [next.owner.id], 'nobody but the owner hears which people wait');
      if (notice === 'knock') list.set(payload.waiting.id, payload.waiting.name);
      else assert.ok(list.delete(payload.waiting.id));
    }
    assert.deepEqual([...list].sort(), next.waiting.map(({ id, name }) => [id, name]).sort());
    this.#list = list;
  }

  #checkPlaces(waited: ReadonlySet<string>, next: Workspace): void {
    for (const [at, { id }] of next.waiting.entries()) {
      // The answer to a newcomer has the place.
      if (!waited.has(id)) this.#places.set(id, at + 1);
      assert.equal(this.#places.get(id), at + 1, 'everybody knows the present place');
    }
  }
}
