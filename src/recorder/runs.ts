import { randomId } from '../client/random-id.ts';
import type { RecordingClient } from './client.ts';
import type { PartStore } from './part-store.ts';
import { PartWriter } from './part-writer.ts';
import type { RecordingProblemCode } from './problems.ts';
import { type Bitrates, Run, type Source } from './run.ts';

/** While so many bytes wait for room in the storage, nothing more is recorded. */
const MOST_UNSAVED = 32 * 1024 * 1024;
/** The pause before something is recorded again whose recording ended by itself, in ms. */
const BEGIN_AGAIN = 5_000;

export interface RunsOptions {
  readonly client: RecordingClient;
  readonly store: Promise<PartStore>;
  /** The id of this page. */
  readonly page: string;
  readonly bitrates: (source: Source['kind']) => Bitrates;
  readonly onChange: () => void;
}

/** The runs of MediaRecorder that there have to be, as the state of the client says. */
export class Runs {
  readonly #options: RunsOptions;
  readonly #runs = new Map<Run, PartWriter | null>();
  readonly #writers = new Set<PartWriter>();
  /** Why the last attempt to record failed. */
  #failure: RecordingProblemCode | null = null;
  /** What the storage does not do. */
  #lack: RecordingProblemCode | null = null;
  #isFull = false;
  /** When the next run may begin, by performance.now(). */
  #beginsAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isDue = false;
  #isClosed = false;
  #onQuiet: () => void = () => {};
  /** A page that nobody sees may be closed, or ended by the system of a phone. */
  readonly #onVisibility = () => {
    if (document.visibilityState === 'hidden') for (const run of this.#runs.keys()) run.flush();
  };

  constructor(options: RunsOptions) {
    this.#options = options;
    document.addEventListener('visibilitychange', this.#onVisibility);
  }

  get isRecording(): boolean {
    return this.#runs.size > 0;
  }

  /** The bytes that were recorded, and are not in the store yet. */
  get unsaved(): number {
    return [...this.#writers].reduce((sum, { unsaved }) => sum + unsaved, 0);
  }

  get problems(): RecordingProblemCode[] {
    return [this.#failure, this.#lack].filter((code) => code !== null);
  }

  /** Stops at once what must not be recorded any more, and begins the rest when all changes of this moment are there. */
  follow(): void {
    const wanted = this.#wanted();
    for (const run of this.#runs.keys()) if (!wanted.some((source) => run.isOf(source))) run.stop();
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#begin();
    });
  }

  /** Stops everything. @returns when the store has all of it */
  async close(): Promise<void> {
    this.#isClosed = true;
    document.removeEventListener('visibilitychange', this.#onVisibility);
    this.follow();
    if (this.#writers.size + this.#runs.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onQuiet = resolve;
    });
  }

  /** What is to be recorded now. */
  #wanted(): Source[] {
    const { seat, call, recording } = this.#options.client.state.value;
    if (this.#isClosed || this.#isFull || !seat || !call?.joined || recording?.consents[seat.self] !== true) return [];
    const { media } = this.#options.client;
    const { audio, video } = media.tracks;
    const isScreen = media.state.value.screen;
    const sources: Source[] = [
      { kind: 'camera', tracks: isScreen ? live(audio) : [...live(audio), ...live(video)] },
      { kind: 'screen', tracks: isScreen ? live(video) : [] },
    ];
    return sources.filter(({ tracks }) => tracks.length > 0);
  }

  #begin(): void {
    clearTimeout(this.#timer);
    const missing = this.#wanted().filter((source) => ![...this.#runs.keys()].some((run) => run.isOf(source)));
    const wait = this.#beginsAt - performance.now();
    if (missing.length > 0 && wait > 0) this.#timer = setTimeout(() => this.follow(), wait);
    else for (const source of missing) this.#start(source);
  }

  #start(source: Source): void {
    const { client, bitrates } = this.#options;
    const run = attempt(() =>
      Run.start(source, bitrates(source.kind), {
        serverNow: () => client.serverNow(),
        onStart: (startedAt) => this.#write(run as Run, startedAt),
        onBytes: (bytes) => this.#add(run as Run, bytes),
        onEnd: () => this.#onEnd(run as Run),
      }),
    );
    if (run instanceof Run) {
      this.#failure = null;
      this.#runs.set(run, null);
    } else {
      this.#failure = run ?? 'recorder-failed';
      // Without a format, another attempt fails as well; with other tracks it may not.
      if (run === null) this.#pause();
    }
    this.#options.onChange();
  }

  #write(run: Run, startedAt: number): void {
    const { client, store, page, onChange } = this.#options;
    const { seat, recording } = client.state.value;
    // The seat went in the very moment.
    if (!seat || !recording) {
      run.stop();
      return;
    }
    const part = {
      id: randomId(),
      page,
      workspace: seat.workspace.id,
      attendee: seat.self,
      recording: recording.id,
      source: run.source.kind,
      mimeType: run.mimeType,
      startedAt,
      touchedAt: Date.now(),
      proof: client.seatProof,
      upload: null,
      recorded: 0,
      uploaded: 0,
      end: null,
      isWhole: false,
    };
    const writer = new PartWriter({
      store,
      part,
      onSaved: () => {
        if (writer.isDone) this.#forget(writer);
        if (this.#isFull && this.unsaved === 0) this.#room(true);
        onChange();
      },
      onProblem: (code) => {
        this.#lack = code;
        onChange();
      },
      onOver: () => {
        this.#pause();
        run.stop();
      },
    });
    this.#runs.set(run, writer);
    this.#writers.add(writer);
  }

  #add(run: Run, bytes: Blob): void {
    this.#runs.get(run)?.add(bytes);
    if (this.unsaved > MOST_UNSAVED) this.#room(false);
  }

  #room(isThere: boolean): void {
    this.#isFull = !isThere;
    this.follow();
  }

  #onEnd(run: Run): void {
    const { client, onChange } = this.#options;
    const writer = this.#runs.get(run);
    this.#runs.delete(run);
    writer?.end(client.serverNow());
    const isByItself = this.#wanted().some((source) => run.isOf(source));
    if (isByItself) {
      this.#failure = 'recorder-failed';
      this.#pause();
    }
    if (this.#isClosed && this.#writers.size + this.#runs.size === 0) this.#onQuiet();
    this.follow();
    onChange();
  }

  #forget(writer: PartWriter): void {
    this.#writers.delete(writer);
    if (this.#isClosed && this.#writers.size + this.#runs.size === 0) this.#onQuiet();
  }

  #pause(): void {
    this.#beginsAt = performance.now() + BEGIN_AGAIN;
    this.follow();
  }
}

function live(track: MediaStreamTrack | null): MediaStreamTrack[] {
  return track?.readyState === 'live' ? [track] : [];
}

/** @returns null where the browser throws */
function attempt<Result>(run: () => Result): Result | null {
  try {
    return run();
  } catch {
    return null;
  }
}
