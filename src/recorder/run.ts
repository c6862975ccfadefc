import { chooseMediaType } from './media-types.ts';

/** MediaRecorder hands out what it has every so many ms: a crash of the page loses no more than that. */
const TIMESLICE = 2_000;
/** A browser that begins later than so many ms after it was asked to had nothing to record before. */
const LATE = 500;

/** What one run of MediaRecorder records. */
export interface Source {
  readonly kind: 'camera' | 'screen';
  readonly tracks: readonly MediaStreamTrack[];
}

export interface Bitrates {
  readonly video: number;
  readonly audio: number;
}

export interface RunOptions {
  /** The time of the server, in ms since the epoch. */
  readonly serverNow: () => number;
  /** Is called once, before the first bytes. @param startedAt the time of the first instant of the file, as `serverNow` */
  readonly onStart: (startedAt: number) => void;
  readonly onBytes: (bytes: Blob) => void;
  /** Is called once, after the last bytes. */
  readonly onEnd: () => void;
}

/** One run of MediaRecorder. */
export class Run {
  readonly source: Source;
  readonly mimeType: string;
  readonly #recorder: MediaRecorder;

  /**
   * @returns the run; 'no-recorder' or 'no-codec' where this browser cannot record
   * @throws DOMException where it could, and did not
   */
  static start(source: Source, bitrates: Bitrates, options: RunOptions): Run | 'no-recorder' | 'no-codec' {
    if (!globalThis.MediaRecorder) return 'no-recorder';
    const has = (kind: string) => source.tracks.some((track) => track.kind === kind);
    const kinds = { audio: has('audio'), video: has('video') };
    const mimeType = chooseMediaType(kinds, (type) => MediaRecorder.isTypeSupported(type));
    return mimeType === null ? 'no-codec' : new Run(source, mimeType, bitrates, options);
  }

  private constructor(source: Source, mimeType: string, bitrates: Bitrates, options: RunOptions) {
    const stream = new MediaStream([...source.tracks]);
    const recorder = new MediaRecorder(stream, {
      mimeType,
      videoBitsPerSecond: bitrates.video,
      audioBitsPerSecond: bitrates.audio,
    });
    let hasStarted = false;
    const begin = (startedAt: number) => {
      if (!hasStarted) options.onStart(startedAt);
      hasStarted = true;
    };
    const asked = options.serverNow();
    recorder.addEventListener('start', () => {
      // The file begins when the browser was asked to, and not at this event, which is later.
      const now = options.serverNow();
      begin(now - asked < LATE ? asked : now);
    });
    recorder.addEventListener('dataavailable', ({ data }) => {
      if (data.size === 0) return;
      begin(asked);
      options.onBytes(data);
    });
    // It comes after an error too, and when all tracks have ended.
    recorder.addEventListener('stop', () => options.onEnd());
    recorder.start(TIMESLICE);
    this.source = source;
    this.mimeType = recorder.mimeType || mimeType;
    this.#recorder = recorder;
  }

  isOf({ kind, tracks }: Source): boolean {
    const own = this.source.tracks;
    return kind === this.source.kind && tracks.length === own.length && tracks.every((track) => own.includes(track));
  }

  /** Has the browser hand out what it has, before it may end the page. */
  flush(): void {
    if (this.#recorder.state === 'recording') this.#recorder.requestData();
  }

  /** Stops at once; the last bytes come after it. */
  stop(): void {
    if (this.#recorder.state !== 'inactive') this.#recorder.stop();
  }
}
