import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ExpiringMap } from '../collections/expiring-map.ts';
import { throttle } from '../collections/throttle.ts';
import type { NumberedEvent } from '../domain/events.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { EventRecorder } from '../records/event-recorder.ts';
import { StoreAway } from '../storage/store.ts';

/**
 * How long events wait for others, ms, so that one write to the records takes those of many changes: a write costs more
 * than a change does. They wait no longer where somebody wants to see them in the records.
 */
const GATHER_MS = 50;

/** One write takes no more workspaces than this. */
const AT_ONCE = 200;

/** The pause before events are handed on again that the records could not take, ms. */
const TRY_AGAIN_MS = 1000;

const REFUSED = 'The records did not take events. They stay with their workspaces and are handed on again.';

/** For how long this node remembers what the records have of a workspace, ms, or up to twice as long. */
const REMEMBERED_MS = 10 * 60_000;

/**
 * Hands the events that documents hold on to the records: a transactional outbox. Events stay in their document until the
 * records have them, and leave it with the next change; the records take each once. So no event is lost or comes twice,
 * whenever a process dies.
 */
export class Outbox {
  readonly #recorder: EventRecorder;
  readonly #onHandedOn: (workspaces: readonly Workspace[]) => void;
  readonly #onRefused: (error: unknown) => void;
  /** The latest documents with events that wait. */
  #waiting = new Map<string, Workspace>();
  /** The highest `seq` that the records have. */
  readonly #handedOn = new ExpiringMap<number>({ lastsMs: REMEMBERED_MS });
  /** Called after each batch: whether the records took it. */
  readonly #onProgress = new Set<(isTaken: boolean) => void>();
  #running: Promise<void> | null = null;
  /** Ends the time for which events wait for others, or to be handed on again. */
  #hurry = () => {};
  #isClosed = false;

  /** @param onHandedOn called with documents whose events the records have */
  constructor(recorder: EventRecorder, onHandedOn: (workspaces: readonly Workspace[]) => void, log: Logger) {
    this.#recorder = recorder;
    this.#onHandedOn = onHandedOn;
    this.#onRefused = throttle((error: unknown) => log.error({ err: error }, REFUSED));
  }

  /** The highest `seq` of a workspace that the records have, as far as this node knows. */
  handedOn(workspaceId: string): number {
    return this.#handedOn.get(workspaceId) ?? 0;
  }

  /** Hands on the events of a document that was stored. */
  note(workspace: Workspace): void {
    if (this.#isClosed || workspace.outbox.length === 0) return;
    const waiting = this.#waiting.get(workspace.id);
    if (waiting && waiting.rev > workspace.rev) return;
    this.#waiting.set(workspace.id, workspace);
    this.#running ??= this.#run();
  }

  /**
   * Resolves when the records have the events that wait now, or have not taken them once more, such as while they are away; or
   * after a time, ms.
   */
  async caughtUp(patienceMs: number): Promise<void> {
    const behind = new Map([...this.#waiting.values()].map(({ id, seq }) => [id, seq]));
    if (behind.size === 0) return;
    let look = (_isTaken: boolean) => {};
    const done = new Promise<void>((resolve) => {
      look = (isTaken) => {
        for (const [id, seq] of behind) if (this.handedOn(id) >= seq) behind.delete(id);
        if (behind.size === 0 || !isTaken) resolve();
      };
    });
    this.#onProgress.add(look);
    this.#hurry();
    await Promise.race([done, sleep(patienceMs, undefined, { ref: false })]);
    this.#onProgress.delete(look);
  }

  /** Resolves when no event waits, or after a time, ms. Events that wait then are handed on by the next process. */
  async close(patienceMs: number): Promise<void> {
    await Promise.race([this.#running, sleep(patienceMs, undefined, { ref: false })]);
    this.#isClosed = true;
  }

  async #run(): Promise<void> {
    await this.#pause(GATHER_MS);
    while (this.#waiting.size > 0 && !this.#isClosed) {
      const batch = [...this.#waiting.values()].slice(0, AT_ONCE);
      const isTaken = await this.#handOn(batch);
      for (const look of this.#onProgress) look(isTaken);
      if (!isTaken) await this.#pause(TRY_AGAIN_MS);
    }
    this.#running = null;
  }

  /** Waits for a time, ms, unless somebody hurries. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** @returns whether the records have the events now */
  async #handOn(batch: readonly Workspace[]): Promise<boolean> {
    try {
      const heads = await this.#recorder.take(
        batch.map((workspace) => ({ workspace, events: this.#newEvents(workspace) })),
      );
      for (const workspace of batch) {
        this.#handedOn.set(workspace.id, heads.get(workspace.id) ?? workspace.seq);
        if (this.#waiting.get(workspace.id) === workspace) this.#waiting.delete(workspace.id);
      }
      this.#onHandedOn(batch.filter(({ id }) => !this.#waiting.has(id)));
      return true;
    } catch (error) {
      // The records say themselves when they are away.
      if (!(error instanceof StoreAway)) this.#onRefused(error);
      return false;
    }
  }

  #newEvents({ id, outbox }: Workspace): readonly NumberedEvent[] {
    const known = this.handedOn(id);
    return outbox.filter(({ seq }) => seq > known);
  }
}
