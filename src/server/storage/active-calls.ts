import type { Workspace } from '../domain/workspace.ts';

/** Counts the workspaces with a call, for a store in memory. */
export class ActiveCalls {
  readonly #ids = new Set<string>();

  constructor(documents: ReadonlyMap<string, Workspace>) {
    for (const [id, workspace] of documents) this.note(id, workspace);
  }

  /** Notes that a workspace has changed. @param workspace as it is now; null where it is gone */
  note(id: string, workspace: Workspace | null): void {
    if (workspace?.call) this.#ids.add(id);
    else this.#ids.delete(id);
  }

  get size(): number {
    return this.#ids.size;
  }
}
