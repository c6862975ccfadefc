import type { TaggedCandidate } from './tagged.ts';

/** More than one connection ever gathers. */
const MAX_CANDIDATES = 200;

/**
 * Keeps ICE candidates that arrive before the description of their connection, in the order in which they came. A full
 * buffer drops its oldest candidate: the latest are those that may still be of use.
 */
export class CandidateBuffer {
  #candidates: TaggedCandidate[] = [];

  add(candidate: TaggedCandidate): void {
    this.#candidates.push(candidate);
    if (this.#candidates.length > MAX_CANDIDATES) this.#candidates.shift();
  }

  /**
   * Removes the candidates of one connection of the other side, and returns them.
   * @param tag the tag of that connection; '' takes the candidates without a tag
   */
  take(tag: string): TaggedCandidate[] {
    const taken = this.#candidates.filter((candidate) => (candidate.tag ?? '') === tag);
    this.#candidates = this.#candidates.filter((candidate) => (candidate.tag ?? '') !== tag);
    return taken;
  }
}
