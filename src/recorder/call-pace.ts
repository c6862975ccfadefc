import type { RecordingClient } from './client.ts';
import { fullPace, nextPace, type Quality } from './pace.ts';

/** What the call of a client leaves to the upload. */
export class CallPace {
  #pace = fullPace;
  /** The last measurement of each participant. */
  #known = new Map<string, Quality>();

  /** The share of the time that the upload may use, from 1/16 to 1. */
  get share(): number {
    return this.#pace.share;
  }

  /** Takes the measurements that are new in the state of the client: about one a second. */
  measure({ state }: RecordingClient): void {
    const peers = Object.entries(state.value.peers);
    const measured = new Map(peers.flatMap(([id, { quality }]) => (quality ? [[id, quality] as const] : [])));
    const isNew = [...measured].some(([id, quality]) => this.#known.get(id) !== quality);
    if (!isNew && measured.size === this.#known.size) return;
    this.#known = measured;
    this.#pace = nextPace(this.#pace, Object.fromEntries(measured));
  }
}
