import { PairMeter } from './pair-meter.ts';
import type { Peer } from './peer.ts';
import type { PeerLink } from './peer-link.ts';
import type { PictureEncoding, PictureSource, PictureWish } from './picture-ladder.ts';
import { type Decision, decide, idle, type PairInput, type PolicyInput } from './picture-policy.ts';
import { QualityMeter } from './quality.ts';
import { setEncoding } from './set-encoding.ts';

/** The ms between two measurements, each of one pair, and while a picture waits for its start. */
const EVERY = 1_000;
const EVERY_AT_START = 250;
/** A pair that has agreed but shows no picture after so many ms is none that starts soon. */
const START_TIMEOUT = 10_000;
/** A browser that has not answered after so many ms does not answer any more. */
const STATS_TIMEOUT = 10_000;

interface PictureControlOptions {
  /** By id of the participant. */
  pairs(): ReadonlyMap<string, Peer>;
  source(): PictureSource;
  onBusy(isBusy: boolean): void;
}

/** Measures the pairs one after the other, asks the policy, and sets the parameters of all pictures. */
export class PictureControl {
  readonly #options: PictureControlOptions;
  readonly #meters = new WeakMap<PeerLink, { pair: PairMeter; quality: QualityMeter; at: number }>();
  readonly #applied = new WeakMap<RTCRtpSender, string>();
  /** The heights in which this page shows the pictures of others, by id. */
  readonly #shown = new Map<string, number>();
  #state = idle;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = 0;
  /** Whether a measurement runs, and whether something changed meanwhile. */
  #isMeasuring = false;
  #isPoked = false;

  constructor(options: PictureControlOptions) {
    this.#options = options;
  }

  /** Measures soon: pairs, tracks or the tiles of the page changed. */
  poke(): void {
    const isIdle = this.#timer === undefined;
    if (this.#isMeasuring && !isIdle) this.#isPoked = true;
    else if (isIdle || this.#due - performance.now() > EVERY_AT_START) this.#schedule(EVERY_AT_START);
  }

  /** The page shows a picture in this height, in device pixels; 0: hidden; null: unknown. */
  show(id: string, height: number | null): void {
    if (height === null) this.#shown.delete(id);
    else this.#shown.set(id, height);
    if (this.#timer !== undefined) this.poke();
  }

  /** The page shows no picture any more. */
  forget(): void {
    this.#shown.clear();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isMeasuring = false;
    this.#state = idle;
    this.#options.onBusy(false);
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    this.#due = performance.now() + ms;
    const isVisible = isPageVisible();
    this.#timer = setTimeout(() => void this.#run(isVisible), ms);
  }

  async #run(wasVisible: boolean): Promise<void> {
    const timer = this.#timer;
    this.#isMeasuring = true;
    this.#isPoked = false;
    const measured = await this.#measureOne().catch(() => null);
    // The call ended meanwhile, and perhaps another one began.
    if (this.#timer !== timer) return;
    this.#isMeasuring = false;
    const pairs = this.#options.pairs();
    const now = measured?.at ?? performance.now();
    // A hidden tab runs its timers late on purpose.
    const lateMs = wasVisible && isPageVisible() ? Math.max(0, performance.now() - this.#due) : null;
    const input: PolicyInput = {
      now,
      lateMs,
      cores: globalThis.navigator?.hardwareConcurrency ?? 2,
      measured: measured?.sample ? { id: measured.id, sample: measured.sample } : null,
      source: this.#options.source(),
      pairs: [...pairs].map(([id, { link }]) => this.#inputOf(id, link)),
    };
    const decision = decide(this.#state, input);
    this.#state = decision.state;
    this.#apply(decision);
    this.#options.onBusy(decision.isBusy);
    const isWaiting = ({ id, agreedForMs }: PairInput) =>
      agreedForMs !== null && agreedForMs < START_TIMEOUT && !decision.state.routes.has(id);
    this.#schedule(this.#isPoked || input.pairs.some(isWaiting) ? EVERY_AT_START : EVERY);
  }

  /** Measures a pair that waits for its start, or the one that was measured longest ago. */
  async #measureOne() {
    const at = (link: PeerLink) => this.#meters.get(link)?.at ?? 0;
    const lately = performance.now() - EVERY * 0.9;
    const due = [...this.#options.pairs()]
      .flatMap(([id, pair]) => (pair.link ? [{ id, pair, link: pair.link }] : []))
      .filter(({ link }) => link.connection.connectionState === 'connected')
      .filter(({ link }) => at(link) <= lately || !this.#hasSound(link))
      .sort((one, other) => at(one.link) - at(other.link));
    const [oldest] = due;
    if (!oldest) return null;
    const { id, pair, link } = oldest;
    const meter = this.#meters.get(link) ?? { pair: new PairMeter(), quality: new QualityMeter(), at: 0 };
    this.#meters.set(link, meter);
    const report = await within(STATS_TIMEOUT, link.connection.getStats());
    meter.at = performance.now();
    pair.measured(meter.quality.read(report));
    return { id, sample: meter.pair.read(report, meter.at), at: meter.at };
  }

  #inputOf(id: string, link: PeerLink | null): PairInput {
    const connection = link?.connection;
    return {
      id,
      isConnected: connection?.connectionState === 'connected',
      hasSound: link !== null && this.#hasSound(link),
      agreedForMs: link?.isAgreed ? link.agreedFor : null,
      wish: link?.wishes.received ?? { height: null, frameRate: null },
    };
  }

  /** Whether sound goes out, or none has to. */
  #hasSound(link: PeerLink): boolean {
    return this.#meters.get(link)?.pair.hasSound === true || link.sender('audio')?.track === null;
  }

  #apply({ pictures, frameRate }: Decision): void {
    for (const [id, { link }] of this.#options.pairs()) {
      const picture = pictures.get(id);
      const video = link?.sender('video');
      const audio = link?.sender('audio');
      if (picture && video) void this.#set(video, picture);
      if (audio) void this.#set(audio, { priority: 'high' });
      const wish: PictureWish = { height: this.#shown.get(id) ?? null, frameRate };
      link?.wishes.tell(wish);
    }
  }

  /** Sets parameters that changed. A browser that refuses one of them starts and stops the picture at least. */
  async #set(sender: RTCRtpSender, encoding: Partial<PictureEncoding>): Promise<void> {
    const wanted = JSON.stringify(encoding);
    if (this.#applied.get(sender) === wanted) return;
    this.#applied.set(sender, wanted);
    const { active = true } = encoding;
    await setEncoding(sender, encoding)
      .catch(() => setEncoding(sender, { active }))
      .catch(() => this.#applied.delete(sender));
  }
}

async function within<Result>(ms: number, result: Promise<Result>): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), ms);
  });
  return Promise.race([result, limit]).finally(() => clearTimeout(timer));
}

function isPageVisible(): boolean {
  return globalThis.document?.visibilityState !== 'hidden';
}
