import { CandidateBuffer } from './candidate-buffer.ts';
import { diagnose } from './diagnosis.ts';
import { CommandError } from './errors.ts';
import { Observable } from './observable.ts';
import { Outbox } from './outbox.ts';
import { type LocalTracks, PeerLink } from './peer-link.ts';
import { newPeer, type PeerState } from './state.ts';
import { originOf, type TaggedCandidate, type TaggedDescription } from './tagged.ts';

/** The delay before an offer without an answer goes out again, in ms; it doubles each time, up to LAST_REPEAT. */
const FIRST_REPEAT = 2_000;
const LAST_REPEAT = 16_000;
/** ICE restarts after this many ms of 'disconnected'; most connections come back by themselves before. */
const DISCONNECTED_TIMEOUT = 2_500;
/** After this many ms without the other side's offer this side offers. */
const OFFER_TIMEOUT = 2_000;
/** ICE has this many ms to find a route before a restart. */
const ROUTE_TIMEOUT = 3_000;

interface PeerOptions {
  /** Candidates of the other side that came before this pair was made. */
  early?: CandidateBuffer;
  /** Whether this side gives way when both offer at once. The other side must have the opposite. */
  polite: boolean;
  /** After this many ms without a connection the pair counts as failed. */
  deadlineMs: number;
  /** Whether `iceTransportPolicy` is 'relay'; for the diagnosis. */
  relayOnly: boolean;
  createConnection(): RTCPeerConnection;
  tracks(): LocalTracks;
  sendDescription(description: TaggedDescription): void;
  sendCandidate(candidate: TaggedCandidate): void;
  onMessage(message: string): void;
  /** The other side wants another picture. */
  onWish?(): void;
}

/**
 * The connection with one participant, by perfect negotiation (W3C WebRTC, section 10.7): either side may offer at any
 * time, and when both do, the polite one gives way. The server may lose, delay or repeat messages, and a reload may
 * overtake them. So descriptions carry tags and numbers, the offerer repeats an offer without an answer, and the
 * answerer repeats its answer to a repeated offer.
 */
export class Peer {
  readonly state = new Observable<PeerState>(newPeer);
  readonly #options: PeerOptions;
  #peerLink: PeerLink | null = null;
  /** Connections that the other side replaced; messages from them are late. */
  readonly #retired = new Set<string>();
  /** Candidates of a connection that no description has announced yet. */
  readonly #early: CandidateBuffer;
  readonly #outbox = new Outbox();
  /** Whether this side ignored an offer of the other side because its own offer waits. */
  #hasIgnored = false;
  /** One negotiation step at a time. */
  #steps: Promise<void> = Promise.resolve();
  #online = true;
  /** Whether the offer of a ring waits. The person on the other side may take time, and nothing is sent meanwhile. */
  #isRinging = false;
  #closed = false;
  /** Rejects when the pair closes. Operations of a closed RTCPeerConnection never end, so their callers race this. */
  readonly #end: Promise<never>;
  #rejectAtEnd: () => void = () => {};
  #repeatAfter = FIRST_REPEAT;
  #repeat: ReturnType<typeof setTimeout> | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.#early = options.early ?? new CandidateBuffer();
    this.#end = new Promise((_, reject) => {
      this.#rejectAtEnd = () => reject(new CommandError('CALL_OVER'));
    });
    this.#end.catch(() => {});
  }

  get connection(): RTCPeerConnection | null {
    return this.#peerLink?.connection ?? null;
  }

  /** The present connection and what belongs to it; null before the first. */
  get link(): PeerLink | null {
    return this.#peerLink;
  }

  /** Makes the offer that travels with a ring. The deadline starts with the answer. @throws CommandError CALL_OVER */
  ring(): Promise<TaggedDescription> {
    this.#isRinging = true;
    const offer = this.#step(() => this.#renew().offer(this.#options.tracks(), false));
    return Promise.race([offer, this.#end]);
  }

  /** Makes the answer that travels with the answer to a ring. @throws CommandError CALL_OVER */
  answerRing(offer: TaggedDescription): Promise<TaggedDescription> {
    this.#expect();
    const answer = this.#step(() => this.#accept(offer));
    return Promise.race([answer, this.#end]);
  }

  /** The other side is on the call: from now on the pair must connect within the deadline. */
  expect(): void {
    this.#expect();
    if (this.#peerLink?.isOffering) this.#repeatLater();
  }

  /** Makes an offer, or repeats the offer that waits for its answer. */
  offer(): void {
    this.#expect();
    this.#run(async () => {
      if (this.#peerLink?.isOffering) this.#send(this.#peerLink.lastOffer());
      else await this.#offer(false);
    });
  }

  /** Waits for the other side's offer. If none comes (the message may be lost), this side offers. */
  awaitOffer(): void {
    this.#expect();
    this.#wait(OFFER_TIMEOUT, () => this.nudge());
  }

  /** Makes up for messages that a lost network may have swallowed. */
  nudge(): void {
    if (this.#isRinging) return;
    if (this.#peerLink?.isOffering) this.offer();
    else if (this.state.value.state !== 'connected') this.#restart();
  }

  /** Takes an offer or an answer of the other side. */
  receive(description: TaggedDescription): void {
    this.#run(() => (description.type === 'offer' ? this.#onOffer(description) : this.#onAnswer(description)));
  }

  /** Takes a candidate of the other side. */
  addCandidate(candidate: TaggedCandidate): void {
    this.#run(async () => {
      const { tag = '' } = candidate;
      if (this.#retired.has(tag)) return;
      if (this.#peerLink && this.#peerLink.remoteTag === tag) await this.#peerLink.addCandidate(candidate);
      else this.#early.add(candidate);
    });
  }

  /** Whether the other side has a connection with the server. */
  setOnline(online: boolean): void {
    if (online === this.#online) return;
    this.#online = online;
    if (online) this.nudge();
  }

  replaceTracks(tracks: LocalTracks): void {
    this.#run(async () => this.#peerLink?.replaceTracks(tracks));
  }

  /** Sends a message, as soon as there is a way. @returns false if too many wait already */
  send(message: string): boolean {
    return this.#outbox.send(message);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#repeat);
    clearTimeout(this.#deadline);
    clearTimeout(this.#timer);
    this.#peerLink?.close();
    this.#peerLink = null;
    this.#rejectAtEnd();
  }

  async #offer(restart: boolean): Promise<void> {
    const peerLink = this.#peerLink ?? this.#renew();
    this.#repeatAfter = FIRST_REPEAT;
    this.#hasIgnored = false;
    this.#send(await peerLink.offer(this.#options.tracks(), restart));
  }

  #send(description: TaggedDescription): void {
    if (this.#closed) return;
    this.#options.sendDescription(description);
    if (description.type === 'offer') this.#repeatLater();
  }

  #repeatLater(): void {
    clearTimeout(this.#repeat);
    this.#repeat = setTimeout(() => {
      this.#repeatAfter = Math.min(LAST_REPEAT, this.#repeatAfter * 2);
      this.#run(async () => {
        if (this.#peerLink?.isOffering) this.#send(this.#peerLink.lastOffer());
      });
    }, this.#repeatAfter);
  }

  async #onOffer(offer: TaggedDescription): Promise<void> {
    const { tag = '', number = 0 } = offer;
    const peerLink = this.#peerLink;
    if (this.#retired.has(originOf(offer))) return;
    if (peerLink && tag !== '' && peerLink.remoteTag === tag && number <= peerLink.answered) {
      // Our answer may be lost. The other side takes only the answer to its waiting offer.
      const answer = number === peerLink.answered ? peerLink.lastAnswer() : null;
      if (answer) this.#send(answer);
      return;
    }
    // Nobody repeats the offer of a ring, so it may be lost, and gives way.
    if (peerLink?.isOffering && !this.#options.polite && !this.#isRinging) {
      this.#hasIgnored = true;
      return;
    }
    this.#expect();
    clearTimeout(this.#timer);
    this.#send(await this.#accept(offer));
  }

  async #accept(offer: TaggedDescription): Promise<TaggedDescription> {
    const origin = originOf(offer);
    const peerLink = this.#peerLink;
    // The connection fits if both sides agreed on it before, or if it is unused; else the pair begins anew.
    const isFresh = peerLink?.remoteOrigin === null && !peerLink.isOffering;
    const goesOn = peerLink !== null && (isFresh || (peerLink.isAgreed && peerLink.remoteOrigin === origin));
    if (!goesOn) return this.#answerWith(this.#renew(origin), offer);
    try {
      return await this.#answerWith(peerLink, offer);
    } catch {
      return this.#answerWith(this.#renew(origin), offer);
    }
  }

  async #answerWith(peerLink: PeerLink, offer: TaggedDescription): Promise<TaggedDescription> {
    clearTimeout(this.#repeat);
    return peerLink.answer(offer, this.#options.tracks(), this.#early.take(offer.tag ?? ''));
  }

  async #onAnswer(answer: TaggedDescription): Promise<void> {
    const peerLink = this.#peerLink;
    if (!peerLink?.isOffering) return;
    const { answers } = answer;
    if (answers && (answers.tag !== peerLink.tag || answers.number !== peerLink.offers)) return;
    clearTimeout(this.#repeat);
    if (peerLink.isAgreed && peerLink.remoteOrigin !== originOf(answer)) {
      // The other side took this offer with a new connection, whose certificate does not fit our former one.
      this.#renew();
      await this.#offer(false);
      return;
    }
    try {
      await peerLink.accept(answer, this.#early.take(answer.tag ?? ''));
    } catch {
      // It would not fit a repeated offer either.
      this.#renew();
      this.#wait(OFFER_TIMEOUT, () => this.#restart());
    }
  }

  /** Begins anew with another RTCPeerConnection. @param origin the connection of the other side that is still good */
  #renew(origin: string | null = null): PeerLink {
    if (this.#closed) throw new CommandError('CALL_OVER');
    const former = this.#peerLink;
    if (former?.remoteOrigin && former.remoteOrigin !== origin) this.#retired.add(former.remoteOrigin);
    former?.close();
    clearTimeout(this.#repeat);
    clearTimeout(this.#timer);
    if (this.state.value.state === 'connected') {
      this.#patch({ state: 'reconnecting' });
      this.#expect();
    }
    const tracks: MediaStreamTrack[] = [];
    const peerLink: PeerLink = new PeerLink(this.#options.createConnection(), {
      onCandidate: (candidate) => this.#peerLink === peerLink && this.#options.sendCandidate(candidate),
      onState: () => this.#peerLink === peerLink && this.#onState(peerLink),
      onTrack: (track) => {
        tracks.push(track);
        if (this.#peerLink === peerLink) this.#patch({ stream: new MediaStream(tracks) });
      },
      onMessage: (message) => this.#options.onMessage(message),
      onWish: () => this.#options.onWish?.(),
    });
    this.#peerLink = peerLink;
    this.#outbox.use(peerLink.channel);
    return peerLink;
  }

  #onState({ connection }: PeerLink): void {
    const { state } = this.state.value;
    clearTimeout(this.#timer);
    switch (connection.connectionState) {
      case 'connected':
        clearTimeout(this.#deadline);
        this.#deadline = undefined;
        this.#patch({ state: 'connected', reason: null, leftOut: [] });
        break;
      case 'disconnected':
        if (state === 'connected') this.#patch({ state: 'reconnecting' });
        this.#wait(DISCONNECTED_TIMEOUT, () => this.#restart());
        this.#expect();
        break;
      case 'failed':
        if (state === 'connected') this.#patch({ state: 'reconnecting' });
        this.#expect();
        // Both sides see the failure. The impolite side restarts; the polite one steps in if that does not happen.
        if (this.#options.polite) this.#wait(DISCONNECTED_TIMEOUT, () => this.#restart());
        else this.#restart();
        break;
    }
  }

  /** Restarts ICE (RFC 8445), or makes the first offer if the two sides never agreed. */
  #restart(): void {
    this.#expect();
    this.#run(async () => {
      const peerLink = this.#peerLink;
      if (peerLink?.isOffering) this.#send(peerLink.lastOffer());
      // The other side was faster, and its restart is under way.
      else if (peerLink?.connection.connectionState === 'connecting' && peerLink.agreedFor < ROUTE_TIMEOUT) return;
      else await this.#offer(peerLink?.isAgreed ?? false);
    });
  }

  /** Both sides offer and each ignores the other: an offer from a new connection ends that. */
  #breakDeadlock(): void {
    this.#run(async () => {
      if (this.#hasIgnored && this.#peerLink?.isOffering) {
        this.#renew();
        await this.#offer(false);
      }
    });
  }

  #wait(ms: number, task: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(task, ms);
  }

  /** Starts the deadline. When it passes without a connection, the state becomes 'failed' and the pair tries again. */
  #expect(): void {
    this.#isRinging = false;
    if (this.#deadline !== undefined || this.#closed || this.state.value.state === 'connected') return;
    this.#deadline = setTimeout(() => {
      this.#deadline = undefined;
      this.#patch({ state: 'failed', reason: this.#reason() });
      this.#breakDeadlock();
      this.#restart();
    }, this.#options.deadlineMs);
  }

  #reason() {
    const peerLink = this.#peerLink;
    const servers = peerLink?.connection.getConfiguration().iceServers ?? [];
    return diagnose({
      peerOnline: this.#online,
      answered: peerLink?.isAgreed ?? false,
      relayOnly: this.#options.relayOnly,
      servers: servers.flatMap(({ urls }) => urls),
      candidateTypes: peerLink?.candidateTypes ?? new Set(),
      errors: peerLink?.errors ?? [],
    });
  }

  #patch(patch: Partial<PeerState>): void {
    if (!this.#closed) this.state.set({ ...this.state.value, ...patch });
  }

  /** The server says what it leaves out of the candidates of this side. */
  leftOut(leftOut: readonly string[]): void {
    if (this.state.value.state === 'failed') this.#patch({ leftOut });
  }

  /** Takes a measurement of the connection. */
  measured({ route, quality }: Pick<PeerState, 'route' | 'quality'>): void {
    this.#patch({ route, quality });
  }

  #step<Result>(task: () => Promise<Result>): Promise<Result> {
    const done = this.#steps.then(task);
    this.#steps = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  /** Runs a step without waiting. If it fails, the restart at the deadline makes up for it. */
  #run(task: () => Promise<void>): void {
    this.#step(async () => {
      if (!this.#closed) await task();
    }).catch(() => {});
  }
}
