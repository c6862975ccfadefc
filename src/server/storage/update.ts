import { isRefusal, type Refusal, refuse } from '../../protocol/errors.ts';
import type { Change } from '../domain/change.ts';
import type { Workspace } from '../domain/workspace.ts';
import { type Store, type SwapOptions, UncertainSwap } from './store.ts';

/** More lost races than this in a row mean that something is wrong, not that many came at once. */
const MAX_RACES = 1000;

/** A change that was stored, and what it was made of. */
export interface Made {
  readonly before: Workspace;
  readonly change: Change;
}

/** The outcome of an update: the change that was stored, or the refusal. */
type Updated<Codes extends Refusal> = { refusal: Codes; change?: never } | ({ refusal?: never } & Made);

/**
 * Changes a workspace by compare-and-set: decides on the stored document, and decides again when a faster change has
 * replaced that. `decide` must be synchronous and may run several times.
 * @param optionsOf what must be true of the change before it counts, and when it has to be looked at again
 * @param onLate called with a change that was made after all, although it was given up
 * @throws StoreError when the change could not be stored
 */
export async function update<Codes extends Refusal>(
  store: Store,
  id: string,
  decide: (workspace: Workspace) => Change | Codes,
  optionsOf: (made: Made) => SwapOptions,
  onLate: (made: Made) => void,
): Promise<Updated<Codes | Refusal<'WORKSPACE_GONE' | 'BUSY_TRY_AGAIN'>>> {
  return store.inTurn(id, async () => {
    for (let race = 0; race < MAX_RACES; race += 1) {
      const before = await (store.getAnnounced?.(id) ?? store.get(id));
      const updated: Updated<Codes | Refusal<'WORKSPACE_GONE'>> = before
        ? outcome(before, decide(before))
        : { refusal: refuse('WORKSPACE_GONE') };
      if (updated.change === undefined || updated.change.next === before) {
        // Nobody may learn of a change that is not stored yet, and a refusal would betray it.
        if (await store.lasts(id, before)) return updated;
      } else if (await swap(store, id, updated, optionsOf(updated), onLate)) return updated;
    }
    return { refusal: refuse('BUSY_TRY_AGAIN') };
  });
}

async function swap(
  store: Store,
  id: string,
  made: Made,
  options: SwapOptions,
  onLate: (made: Made) => void,
): Promise<boolean> {
  try {
    return await store.swap(id, made.before.rev, storedForm(made.change), options);
  } catch (error) {
    if (error instanceof UncertainSwap) error.outcome.then((wasMade) => wasMade && onLate(made));
    throw error;
  }
}

/** The document that the store keeps after a change; null where it keeps none. */
export function storedForm({ next, closed }: Change): Workspace | null {
  return next ?? closed ?? null;
}

function outcome<Codes extends Refusal>(before: Workspace, decided: Change | Codes): Updated<Codes> {
  if (isRefusal(decided)) return { refusal: decided };
  return { before, change: decided };
}
