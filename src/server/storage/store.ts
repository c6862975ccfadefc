import type { Workspace } from '../domain/workspace.ts';

/**
 * What must be true of a change before it counts. `required`: it lasts. `best-effort`: it lasts where it can be written;
 * where nothing can be written at present it counts all the same, and is written as soon as that is possible. That is for
 * connections and calls, which no restart keeps as they were.
 */
export type Durability = 'required' | 'best-effort';

/** When a change has to be looked at again, and how lasting it must be. */
export interface SwapOptions {
  /** Default: `required`. */
  readonly durability?: Durability;
  /** When time decides something about the workspace next, or its events wait, in ms since the epoch; Infinity: never. */
  readonly deadline?: number;
}

/**
 * The deadlines of workspaces, for nodes that have a store in common: what time decides must happen although the node
 * that would have seen to it is dead. An entry says that somebody must look, and never what is to happen.
 */
export interface DeadlineIndex {
  /** Ids of workspaces whose deadline is over. Each gets another deadline in `againMs`. @throws StoreError */
  due(most: number, againMs: number): Promise<readonly string[]>;
  /** @param deadlines ms since the epoch, by id; Infinity: none. @throws StoreError */
  set(deadlines: ReadonlyMap<string, number>): Promise<void>;
}

/**
 * Keeps workspaces. A store knows one rule of the domain: a workspace that was closed or is idle is gone.
 *
 * Reading sees every swap that was accepted, also one whose write is still under way: a change that builds upon it is
 * written after it, or fails with it.
 */
export interface Store {
  /** The workspace, or null where there is none (any more). */
  get(id: string): Promise<Workspace | null>;

  /**
   * As `get`, for a node that is about to change the workspace. Where another node may have stored this revision, waits
   * until that node has announced it, but not for long. So the notices of one revision go out before those of the next.
   */
  getAnnounced?(id: string): Promise<Workspace | null>;

  /** The notices of a revision are on their way. */
  announced?(id: string, rev: number): void;

  /**
   * Compare-and-set: replaces the workspace if its `rev` is still `rev` (null: if it does not exist);
   * `next` null deletes it. The comparison takes place within the call, before anything is awaited.
   *
   * Resolves once the change is as lasting as the store can make it: true when it was made, false
   * when somebody else was faster, or when it built upon a change that could not be made lasting.
   *
   * @throws StoreError when the change could not be made lasting; then nothing has changed.
   * @throws UncertainSwap when nobody knows that yet.
   */
  swap(id: string, rev: number | null, next: Workspace | null, options?: SwapOptions): Promise<boolean>;

  /** The document of a workspace as it is stored, also of one that is gone. @throws StoreError */
  read(id: string): Promise<Workspace | null>;

  /**
   * Ids of workspaces that a user owns, or in which it has a seat or an invite or waits for a seat, or did a while ago: the
   * document says which.
   * @throws StoreError
   */
  ofUser(user: string): Promise<readonly string[]>;

  /** All documents that were there when the store was opened; none where nodes share it, which have `deadlines`. */
  atStart(): Iterable<Workspace>;

  /** Only where nodes share the store. */
  readonly deadlines?: DeadlineIndex;

  /**
   * Whether the workspace that `get` has shown lasts, or counts without; waits for the write that contains it. Where it
   * does not, because that write failed or somebody has changed the workspace meanwhile, `get` shows the present one. A command
   * that answers with it and changes nothing has to ask; a change asks by itself, with its swap.
   */
  lasts(id: string, seen: Workspace | null): Promise<boolean>;

  /**
   * Runs an update of a workspace, all of its reads and swaps. Where these take so long that updates of the same
   * workspace would only get into each other's way, one runs after the other.
   */
  inTurn<Result>(id: string, update: () => Promise<Result>): Promise<Result>;

  /**
   * Keeps workspaces in which somebody is connected: they are not idle, however long nobody changes them.
   * @throws StoreError
   */
  keep(ids: readonly string[]): Promise<void>;

  /**
   * Ids of unused workspaces (`domain/unused.ts`), those first that changed least recently.
   * @param most how many at the most
   * @throws StoreError
   */
  unused(most: number): Promise<readonly string[]>;

  /** How many workspaces it holds, with those that are idle and not yet swept away. */
  readonly size: number;

  /** How many of them have a call; nodes that share the store learn of the changes of others within two seconds. */
  readonly calls: number;

  /** Waits for the writes under way, and lets go of files, timers and connections. */
  close(): Promise<void>;
}

/** A store that cannot be opened or written. Its message is a sentence for the operator. */
export class StoreError extends Error {
  override name = 'StoreError';
}

/** A store that cannot be reached. The log says so once, when it begins, and not for each command that needs it. */
export class StoreAway extends StoreError {
  override name = 'StoreAway';
}

/** A swap that may have been made, or not. Its sender cannot wait; `outcome` says later which it was. */
export class UncertainSwap extends StoreAway {
  override name = 'UncertainSwap';
  /** Whether it was made. Once this is known, the swap will not be made any more. */
  readonly outcome: Promise<boolean>;

  constructor(message: string, outcome: Promise<boolean>) {
    super(message);
    this.outcome = outcome;
  }
}
