import { isGone } from '../domain/idle.ts';
import type { Workspace } from '../domain/workspace.ts';

// The common part of the stores that hold every document in memory.

/** Workspaces by id. A Map and no object: `__proto__` is an id like any other. */
export type Documents = Map<string, Workspace>;

/** The latest documents of changed workspaces, by id; null where one is gone. */
export type Changes = Map<string, Workspace | null>;

/**
 * The rule by which a workspace counts as gone: idle for longer than `idleMs`, by the clock `now` (ms since the epoch).
 */
export interface IdleRule {
  readonly idleMs: number;
  readonly now: () => number;
  /** Documents of workspaces that are gone stay until a change deletes them, because their last events are in them. */
  readonly keepsGone?: boolean;
}

/** The workspace; null where it does not exist, was closed or is idle. */
export function lookUp(documents: Documents, id: string, rule: IdleRule): Workspace | null {
  const workspace = documents.get(id);
  return workspace && !isGone(workspace, rule.now(), rule.idleMs) ? workspace : null;
}

/** Does the compare-and-set of `Store.swap` at once. @returns whether it was made */
export function compareAndSet(
  documents: Documents,
  id: string,
  rev: number | null,
  next: Workspace | null,
  rule: IdleRule,
): boolean {
  const current = rule.keepsGone ? documents.get(id) : lookUp(documents, id, rule);
  if ((current?.rev ?? null) !== rev) return false;
  if (next) documents.set(id, next);
  else documents.delete(id);
  return true;
}

export function applyChanges(documents: Documents, changes: Changes): void {
  for (const [id, workspace] of changes) {
    if (workspace) documents.set(id, workspace);
    else documents.delete(id);
  }
}

/** Deletes the workspaces that are gone, unless the rule keeps them. @returns their ids */
export function deleteGone(documents: Documents, rule: IdleRule): string[] {
  const now = rule.now();
  const gone: string[] = [];
  if (rule.keepsGone) return gone;
  for (const [id, workspace] of documents) {
    if (isGone(workspace, now, rule.idleMs)) gone.push(id);
  }
  for (const id of gone) documents.delete(id);
  return gone;
}

/**
 * Calls `sweep` every minute, or more often where workspaces are idle sooner. Keeps no process alive.
 * @returns a function that stops it
 */
export function sweepRegularly(sweep: () => void, { idleMs }: IdleRule): () => void {
  const timer = setInterval(sweep, Math.min(60_000, idleMs)).unref();
  return () => clearInterval(timer);
}
