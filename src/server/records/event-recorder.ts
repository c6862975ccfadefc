import type { NumberedEvent } from '../domain/events.ts';
import type { Profile, Workspace } from '../domain/workspace.ts';

/** What the records keep of a workspace itself. */
export type WorkspaceFacts = Pick<Workspace, 'id' | 'name' | 'externalId' | 'metadata' | 'created' | 'ownerUser'> & {
  /** The attendee who owns it; absent where only the records know the workspace. */
  readonly owner?: Pick<Profile, 'id'>;
};

/** The events of one workspace that wait, in their order. */
export interface EventBatch {
  readonly workspace: WorkspaceFacts;
  readonly events: readonly NumberedEvent[];
}

/** Takes the events of workspaces, each once. */
export interface EventRecorder {
  /**
   * Resolves when the events last. It skips those that it has, and takes the others in their order.
   * @returns the highest `seq` that it has, by workspace
   * @throws StoreAway where the database cannot be reached; then nobody knows how many of them it has taken
   */
  take(batch: readonly EventBatch[]): Promise<ReadonlyMap<string, number>>;
}
