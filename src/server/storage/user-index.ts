import type { Workspace } from '../domain/workspace.ts';

/** The users who own a workspace, or have a seat or an invite in it, or wait for a seat. */
export function usersOf({ ownerUser, attendees, waiting, invites }: Workspace): Set<string> {
  const users = new Set<string>();
  if (ownerUser !== null) users.add(ownerUser);
  for (const { user } of [...attendees, ...waiting]) if (user !== null) users.add(user);
  for (const { user } of invites) users.add(user);
  return users;
}

/** The workspaces of each user, for a store in memory. */
export class UserIndex {
  readonly #workspaces = new Map<string, Set<string>>();
  /** The users of each workspace that has any. */
  readonly #users = new Map<string, Set<string>>();

  constructor(documents: ReadonlyMap<string, Workspace>) {
    for (const [id, workspace] of documents) this.note(id, workspace);
  }

  /** Notes that a workspace has changed. @param workspace as it is now; null where it is gone */
  note(id: string, workspace: Workspace | null): void {
    const former = this.#users.get(id);
    const users = workspace && usersOf(workspace);
    if (!former && !users?.size) return;
    for (const user of former ?? []) if (!users?.has(user)) this.#remove(user, id);
    for (const user of users ?? []) this.#add(user, id);
    if (users?.size) this.#users.set(id, users);
    else this.#users.delete(id);
  }

  of(user: string): string[] {
    return [...(this.#workspaces.get(user) ?? [])];
  }

  #add(user: string, id: string): void {
    const ids = this.#workspaces.get(user);
    if (ids) ids.add(id);
    else this.#workspaces.set(user, new Set([id]));
  }

  #remove(user: string, id: string): void {
    const ids = this.#workspaces.get(user);
    ids?.delete(id);
    if (ids?.size === 0) this.#workspaces.delete(user);
  }
}
