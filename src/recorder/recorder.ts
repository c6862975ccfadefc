import type { Observable } from '../client/observable.ts';
import { CallPace } from './call-pace.ts';
import type { RecordingClient } from './client.ts';
import type { RecorderState } from './recorder-state.ts';
import { Runs } from './runs.ts';
import { Uploads } from './uploads.ts';

export type { RecordingClient } from './client.ts';
export type { RecordingProblem, RecordingProblemCode } from './problems.ts';
export type { RecorderState } from './recorder-state.ts';

/** How good a recording is. */
export interface RecorderOptions {
  /** Bits per second of the camera's pictures; default 1,000,000. */
  readonly cameraBitsPerSecond?: number;
  /** Bits per second of the screen's pictures; default 2,500,000. */
  readonly screenBitsPerSecond?: number;
  /** Bits per second of sound; default 64,000. */
  readonly audioBitsPerSecond?: number;
}

/**
 * Records what this page sends on a call, while a recording is on (`ClientState.recording`) and this attendee has agreed to it
 * (`MeshClient.consent`): microphone and camera as one part, the screen as another, and a new part when their tracks change. All
 * of it goes into the storage of the browser first, and from there to the server: during the call, after it, after a reload, and
 * at the next visit for a week. A withdrawal stops it at once.
 *
 * @example
 * const recorder = new Recorder(client);
 * recorder.state.subscribe(({ isRecording, pendingBytes, mayClose }) => show(isRecording, pendingBytes, mayClose));
 * client.state.subscribe(({ recording, seat }) => {
 *   if (recording && seat && recording.consents[seat.self] === undefined) askThePerson();
 * });
 */
export class Recorder {
  readonly #uploads: Uploads;
  readonly #runs: Runs;
  readonly #stops: readonly (() => void)[];

  constructor(client: RecordingClient, options: RecorderOptions = {}) {
    const { cameraBitsPerSecond = 1_000_000, screenBitsPerSecond = 2_500_000, audioBitsPerSecond = 64_000 } = options;
    const pace = new CallPace();
    // Both know the other only by what it hands on.
    this.#uploads = new Uploads((url, init) => fetch(url, init), {
      isRecording: () => this.#runs.isRecording,
      unsaved: () => this.#runs.unsaved,
      share: () => pace.share,
      problems: () => this.#runs.problems,
    });
    const { store, pages } = this.#uploads;
    const onChange = () => this.#uploads.changed();
    this.#runs = new Runs({
      client,
      store,
      page: pages.self,
      bitrates: (source) => ({
        video: source === 'screen' ? screenBitsPerSecond : cameraBitsPerSecond,
        audio: audioBitsPerSecond,
      }),
      onChange,
    });
    let { connection, seat } = client.state.value;
    this.#stops = [
      client.state.subscribe((state) => {
        pace.measure(client);
        this.#runs.follow();
        if (state.connection === connection && state.seat?.self === seat?.self) return;
        if (state.connection === 'connected' && connection !== 'connected') this.#uploads.wake();
        ({ connection, seat } = state);
        onChange();
      }),
      client.media.state.subscribe(() => this.#runs.follow()),
    ];
    this.#runs.follow();
  }

  /** What is recorded and sent, and its changes. */
  get state(): Observable<RecorderState> {
    return this.#uploads.state;
  }

  /**
   * Ends the recording and the uploads of this page. What the server does not have yet waits for the next `Recorder` or
   * `resumeUploads`. (`MeshClient.close` ends the recording alone: the uploads go on.)
   * @returns when everything that was recorded is in the storage of the browser
   */
  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.#runs.close();
    this.#uploads.close();
  }
}

/**
 * Sends what earlier visits recorded and the server does not have yet, without a seat or a client: for pages that people open
 * after a call. While a `Recorder` is there, this does nothing more than it.
 */
export function resumeUploads(): { readonly state: Observable<RecorderState>; close(): void } {
  return new Uploads((url, init) => fetch(url, init));
}
