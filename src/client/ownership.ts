const nameOf = (workspace: string) => `mesh-workspaces.owner.${workspace}`;

/**
 * Marks the one page of this browser that holds the owner's seat with a lock (W3C Web Locks). The browser releases the
 * lock when the page closes, in whatever way. So a link opened beside the owner's page joins as a guest, and the same
 * link opened after that page is gone brings the owner back. Where the browser has no locks or forbids them, the seat
 * counts as free.
 */
export class Ownership {
  #workspace: string | null = null;
  #release: (() => void) | null = null;

  hold(workspace: string): void {
    if (workspace === this.#workspace) return;
    this.release();
    this.#workspace = workspace;
    const untilReleased = new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    lock(nameOf(workspace), untilReleased).catch(() => {});
  }

  release(): void {
    this.#release?.();
    this.#release = null;
    this.#workspace = null;
  }

  /** Whether no page holds the owner's seat. */
  async isFree(workspace: string): Promise<boolean> {
    const names = await heldLocks().catch((): string[] => []);
    return !names.includes(nameOf(workspace));
  }
}

async function lock(name: string, untilReleased: Promise<void>): Promise<void> {
  await navigator.locks?.request(name, () => untilReleased);
}

async function heldLocks(): Promise<(string | undefined)[]> {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return held.map(({ name }) => name);
}
