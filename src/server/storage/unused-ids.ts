import { isUnused } from '../domain/unused.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Documents } from './documents.ts';

/** The ids of the unused workspaces of a store in memory, in the order in which they changed last. */
export class UnusedIds {
  readonly #ids = new Set<string>();

  constructor(documents: Documents) {
    const inOrder = [...documents].sort(([, one], [, other]) => one.touched - other.touched);
    for (const [id, workspace] of inOrder) this.note(id, workspace);
  }

  /** Notes that a workspace has changed. @param workspace as it is now; null where it is gone */
  note(id: string, workspace: Workspace | null): void {
    this.#ids.delete(id);
    if (workspace && isUnused(workspace)) this.#ids.add(id);
  }

  /** The ids that have waited longest. */
  first(most: number): string[] {
    const ids: string[] = [];
    for (const id of this.#ids) {
      if (ids.length === most) break;
      ids.push(id);
    }
    return ids;
  }
}
