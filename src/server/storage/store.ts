import type { Workspace } from '../domain/workspace.ts';

/**
 * Where workspaces are kept. A store knows no rule of the domain but one: what is idle is gone.
 *
 * Reading sees every swap that was accepted, also one whose write is still under way: whoever builds
 * upon it is written after it, or fails with it.
 */
export interface Store {
  /** The workspace, or null where there is none (any more). */
  get(id: string): Promise<Workspace | null>;

  /**
   * As `get`, for who is about to change it: where others can have stored this revision, waits until they have told it,
   * but not for long. So what is told of one revision goes out before what is told of the next one.
   */
  getAnnounced?(id: string): Promise<Workspace | null>;

  /** What there is to tell of a revision is on its way. */
  told?(id: string, rev: number): void;

  /**
   * Compare-and-set: replaces the workspace if its `rev` is still `rev` (null: if it does not exist);
   * `next` null deletes it. The comparison takes place within the call, before anything is awaited.
   *
   * Resolves once the change is as lasting as the store can make it: true when it was made, false
   * when somebody else was faster.
   *
   * @throws StoreError when the change could not be made lasting; then nothing has changed.
   * @throws UncertainSwap when nobody knows that yet.
   */
  swap(id: string, rev: number | null, next: Workspace | null): Promise<boolean>;

  /**
   * Whether what `get` has shown lasts; waits for the write that has it in it. Where it does not, because that write
   * failed or somebody has changed it meanwhile, `get` shows what there is now. Whoever tells people what was read
   * and changes nothing has to ask: a change asks by itself, with its swap.
   */
  lasts(id: string, seen: Workspace | null): Promise<boolean>;

  /**
   * Runs an update of a workspace, all of its reads and swaps. Where these take so long that updates of the same workspace
   * would only get into each other's way, one runs after the other.
   */
  inTurn<Result>(id: string, update: () => Promise<Result>): Promise<Result>;

  /** Somebody is connected there: these are not idle, however long they do not change. @throws StoreError */
  keep(ids: readonly string[]): Promise<void>;

  /** How many workspaces it holds, those included that are idle and not yet swept away. */
  readonly size: number;

  /** Waits for what is being written and lets go of files, timers and connections. */
  close(): Promise<void>;
}

/** A store that cannot be opened or written. Its message is a sentence for the operator. */
export class StoreError extends Error {
  override name = 'StoreError';
}

/** A store that cannot be reached. That is told once, when it begins, and not for each of those who would need it. */
export class StoreAway extends StoreError {
  override name = 'StoreAway';
}

/** A swap that may have been made, or not. Whoever asked for it cannot wait; what has become of it is known later. */
export class UncertainSwap extends StoreAway {
  override name = 'UncertainSwap';
  /** Whether it was made. It will not be made any more once this is known. */
  readonly outcome: Promise<boolean>;

  constructor(message: string, outcome: Promise<boolean>) {
    super(message);
    this.outcome = outcome;
  }
}
