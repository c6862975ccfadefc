import { type MediaState, noMedia } from '../client/media-state.ts';
import type { MeshClient } from '../client/mesh-client.ts';
import { type ClientState, initialState } from '../client/state.ts';

/**
 * What components read. It is there before the client, which exists in the document of a browser alone: neither on a server, nor in a
 * rendering that React throws away.
 */
export class MeshStore {
  #client: MeshClient | null = null;
  readonly #listeners = new Set<() => void>();

  get state(): ClientState {
    return this.#client?.state.value ?? initialState;
  }

  get media(): MediaState {
    return this.#client?.media.state.value ?? noMedia;
  }

  /** @throws Error while nothing is rendered into the document */
  get client(): MeshClient {
    if (this.#client) return this.#client;
    throw new Error(
      'There is no client while React renders. Use it in an effect or an event handler below a MeshProvider.',
    );
  }

  /** Shows a client from now on. @returns a function that ends this; then components are told nothing any more */
  attach(client: MeshClient): () => void {
    this.#client = client;
    const tell = () => {
      for (const listener of [...this.#listeners]) listener();
    };
    const stops = [client.state.subscribe(tell), client.media.state.subscribe(tell)];
    return () => {
      for (const stop of stops) stop();
      this.#client = null;
    };
  }

  /** Calls the listener at every change. @returns a function that ends this */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
