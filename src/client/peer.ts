import { CandidateBuffer } from './candidate-buffer.ts';
import { diagnose } from './diagnosis.ts';
import { CommandError } from './errors.ts';
import { Observable } from './observable.ts';
import { type LocalTracks, PeerLink } from './peer-link.ts';
import { newPeer, type PeerState } from './state.ts';
import { originOf, type TaggedCandidate, type TaggedDescription } from './tagged.ts';

/** An offer without an answer is sent again after this many ms, and then after twice as many, and so on. */
const FIRST_REPEAT = 2_000;
const LAST_REPEAT = 16_000;
/** How long a connection may be 'disconnected' before ICE is restarted; most come back by themselves. In ms. */
const DISCONNECTED_PATIENCE = 2_500;
/** How long to wait for the offer of a participant who should make one, in ms. */
const OFFER_PATIENCE = 2_000;
/** How long ICE may look for a route before somebody may begin anew, in ms. */
const ROUTE_PATIENCE = 3_000;
/** How many messages wait for the data channel. */
const MAX_UNSAID = 200;

export interface PeerOptions {
  /** Candidates of the other side that came before this pair was made. */
  early?: CandidateBuffer;
  /** Which of the two gives way when both offer at once. The other side must have it the other way round. */
  polite: boolean;
  /** ms until a pair that is not connected counts as failed */
  deadlineMs: number;
  relayOnly: boolean;
  createConnection(): RTCPeerConnection;
  tracks(): LocalTracks;
  sendDescription(description: TaggedDescription): void;
  sendCandidate(candidate: TaggedCandidate): void;
  onMessage(message: string): void;
}

/**
 * The connection with one participant, kept up by perfect negotiation (W3C WebRTC, section 10.7): either side may
 * offer at any time, and when both do, the polite one gives way. Messages may be lost, late, repeated or overtaken by a
 * reload: descriptions carry tags and numbers, an offer without an answer is sent again, and a repeated one is
 * answered again.
 */
export class Peer {
  readonly state = new Observable<PeerState>(newPeer);
  readonly #options: PeerOptions;
  #link: PeerLink | null = null;
  /** Connections on the other side that were replaced; what comes from them is late. */
  readonly #retired = new Set<string>();
  /** Candidates of a connection that no description has announced yet. */
  readonly #early: CandidateBuffer;
  /** What was said before a data channel was open; a pair may begin anew before that. */
  #unsaid: string[] = [];
  /** Whether an offer of the other side was ignored for the sake of the own one that waits. */
  #hasIgnored = false;
  /** One negotiation step at a time. */
  #steps: Promise<void> = Promise.resolve();
  #online = true;
  /** Whether the offer of a ring waits; the other side may take its time, and hears nothing but the ring. */
  #isRinging = false;
  #closed = false;
  /** Operations of a connection that is closed meanwhile never end; whoever waits for them is told by this. */
  readonly #end: Promise<never>;
  #tellEnd: () => void = () => {};
  #repeatAfter = FIRST_REPEAT;
  #repeat: ReturnType<typeof setTimeout> | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.#early = options.early ?? new CandidateBuffer();
    this.#end = new Promise((_, reject) => {
      this.#tellEnd = () => reject(new CommandError('CALL_OVER'));
    });
    this.#end.catch(() => {});
  }

  get connection(): RTCPeerConnection | null {
    return this.#link?.connection ?? null;
  }

  /** The first offer of a ring: it travels with the ring, and nothing is expected until that is answered. */
  ring(): Promise<TaggedDescription> {
    this.#isRinging = true;
    const offer = this.#step(() => this.#renew().offer(this.#options.tracks(), false));
    return Promise.race([offer, this.#end]);
  }

  /** The answer to the offer of a ring; it travels with the answer to the ring. */
  answerRing(offer: TaggedDescription): Promise<TaggedDescription> {
    this.#expect();
    const answer = this.#step(() => this.#accept(offer));
    return Promise.race([answer, this.#end]);
  }

  /** The other side is on the call: from now on a connection is expected within the deadline. */
  expect(): void {
    this.#expect();
    if (this.#link?.isOffering) this.#repeatLater();
  }

  /** Offers a connection, or repeats the offer that waits for its answer. */
  offer(): void {
    this.#expect();
    this.#run(async () => {
      if (this.#link?.isOffering) this.#send(this.#link.lastOffer());
      else await this.#offer(false);
    });
  }

  /** The other side is to offer; where it does not (its message got lost, say), this side does. */
  awaitOffer(): void {
    this.#expect();
    this.#wait(OFFER_PATIENCE, () => this.nudge());
  }

  /** Something may have got lost (the network was away, say): makes up for it. */
  nudge(): void {
    if (this.#isRinging) return;
    if (this.#link?.isOffering) this.offer();
    else if (this.state.value.state !== 'connected') this.#restart();
  }

  /** A description of the other side. */
  receive(description: TaggedDescription): void {
    this.#run(() => (description.type === 'offer' ? this.#onOffer(description) : this.#onAnswer(description)));
  }

  /** A candidate of the other side. */
  addCandidate(candidate: TaggedCandidate): void {
    this.#run(async () => {
      const { tag = '' } = candidate;
      if (this.#retired.has(tag)) return;
      if (this.#link && this.#link.remoteTag === tag) await this.#link.addCandidate(candidate);
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
    this.#run(async () => this.#link?.replaceTracks(tracks));
  }

  send(message: string): void {
    if (!this.#link?.send(message) && this.#unsaid.length < MAX_UNSAID) this.#unsaid.push(message);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#repeat);
    clearTimeout(this.#deadline);
    clearTimeout(this.#patience);
    this.#link?.close();
    this.#link = null;
    this.#tellEnd();
  }

  async #offer(restart: boolean): Promise<void> {
    const link = this.#link ?? this.#renew();
    this.#repeatAfter = FIRST_REPEAT;
    this.#hasIgnored = false;
    this.#send(await link.offer(this.#options.tracks(), restart));
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
        if (this.#link?.isOffering) this.#send(this.#link.lastOffer());
      });
    }, this.#repeatAfter);
  }

  async #onOffer(offer: TaggedDescription): Promise<void> {
    const { tag = '', number = 0 } = offer;
    const link = this.#link;
    if (this.#retired.has(originOf(offer))) return;
    if (link && tag !== '' && link.remoteTag === tag && number <= link.answered) {
      // Our answer may have got lost; the other side takes only one to the offer that it waits with.
      const answer = number === link.answered ? link.lastAnswer() : null;
      if (answer) this.#send(answer);
      return;
    }
    // Nobody repeats the offer of a ring, so that it may well have got lost: it stands back.
    if (link?.isOffering && !this.#options.polite && !this.#isRinging) {
      this.#hasIgnored = true;
      return;
    }
    this.#expect();
    clearTimeout(this.#patience);
    this.#send(await this.#accept(offer));
  }

  async #accept(offer: TaggedDescription): Promise<TaggedDescription> {
    const origin = originOf(offer);
    const link = this.#link;
    // A link fits if both sides agreed on it before, or nothing was done with it yet; else the pair begins anew.
    const isFresh = link?.remoteOrigin === null && !link.isOffering;
    const goesOn = link !== null && (isFresh || (link.isAgreed && link.remoteOrigin === origin));
    if (!goesOn) return this.#answerWith(this.#renew(origin), offer);
    try {
      return await this.#answerWith(link, offer);
    } catch {
      return this.#answerWith(this.#renew(origin), offer);
    }
  }

  async #answerWith(link: PeerLink, offer: TaggedDescription): Promise<TaggedDescription> {
    clearTimeout(this.#repeat);
    return link.answer(offer, this.#options.tracks(), this.#early.take(offer.tag ?? ''));
  }

  async #onAnswer(answer: TaggedDescription): Promise<void> {
    const link = this.#link;
    if (!link?.isOffering) return;
    const { answers } = answer;
    if (answers && (answers.tag !== link.tag || answers.number !== link.offers)) return;
    clearTimeout(this.#repeat);
    if (link.isAgreed && link.remoteOrigin !== originOf(answer)) {
      // The other side began anew with this offer. Another connection (another certificate) cannot go on with ours.
      this.#renew();
      await this.#offer(false);
      return;
    }
    try {
      await link.accept(answer, this.#early.take(answer.tag ?? ''));
    } catch {
      // It would never fit, however often the offer was repeated.
      this.#renew();
      this.#wait(OFFER_PATIENCE, () => this.#restart());
    }
  }

  /** Begins anew with another RTCPeerConnection. @param origin the connection on the other side that goes on */
  #renew(origin: string | null = null): PeerLink {
    if (this.#closed) throw new CommandError('CALL_OVER');
    const former = this.#link;
    if (former?.remoteOrigin && former.remoteOrigin !== origin) this.#retired.add(former.remoteOrigin);
    former?.close();
    clearTimeout(this.#repeat);
    clearTimeout(this.#patience);
    if (this.state.value.state === 'connected') {
      this.#patch({ state: 'reconnecting' });
      this.#expect();
    }
    const tracks: MediaStreamTrack[] = [];
    const link: PeerLink = new PeerLink(this.#options.createConnection(), {
      onCandidate: (candidate) => this.#link === link && this.#options.sendCandidate(candidate),
      onState: () => this.#link === link && this.#onState(link),
      onTrack: (track) => {
        tracks.push(track);
        if (this.#link === link) this.#patch({ stream: new MediaStream(tracks) });
      },
      onOpen: () => this.#link === link && this.#sayUnsaid(),
      onMessage: (message) => this.#options.onMessage(message),
    });
    this.#link = link;
    return link;
  }

  #onState({ connection }: PeerLink): void {
    const { state } = this.state.value;
    clearTimeout(this.#patience);
    switch (connection.connectionState) {
      case 'connected':
        clearTimeout(this.#deadline);
        this.#deadline = undefined;
        this.#patch({ state: 'connected', reason: null });
        break;
      case 'disconnected':
        if (state === 'connected') this.#patch({ state: 'reconnecting' });
        this.#wait(DISCONNECTED_PATIENCE, () => this.#restart());
        this.#expect();
        break;
      case 'failed':
        if (state === 'connected') this.#patch({ state: 'reconnecting' });
        this.#expect();
        // Both sides see it; the polite one lets the other begin, and steps in if it does not.
        if (this.#options.polite) this.#wait(DISCONNECTED_PATIENCE, () => this.#restart());
        else this.#restart();
        break;
    }
  }

  /** Restarts ICE (RFC 8445), or begins anew where nothing was ever agreed. */
  #restart(): void {
    this.#expect();
    this.#run(async () => {
      const link = this.#link;
      if (link?.isOffering) this.#send(link.lastOffer());
      // The other side was faster; its restart is under way.
      else if (link?.connection.connectionState === 'connecting' && link.agreedFor < ROUTE_PATIENCE) return;
      else await this.#offer(link?.isAgreed ?? false);
    });
  }

  /** Both sides offer, and neither hears the other: a link that the other side has never seen gets them out of it. */
  #breakDeadlock(): void {
    this.#run(async () => {
      if (this.#hasIgnored && this.#link?.isOffering) {
        this.#renew();
        await this.#offer(false);
      }
    });
  }

  #sayUnsaid(): void {
    for (const message of this.#unsaid.splice(0)) this.send(message);
  }

  #wait(ms: number, task: () => void): void {
    clearTimeout(this.#patience);
    if (!this.#closed) this.#patience = setTimeout(task, ms);
  }

  /** A connection is expected: when the deadline passes without one, the reason is told, and it is tried again. */
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
    const link = this.#link;
    const servers = link?.connection.getConfiguration().iceServers ?? [];
    return diagnose({
      peerOnline: this.#online,
      answered: link?.isAgreed ?? false,
      relayOnly: this.#options.relayOnly,
      servers: servers.flatMap(({ urls }) => urls),
      candidateTypes: link?.candidateTypes ?? new Set(),
      errors: link?.errors ?? [],
    });
  }

  #patch(patch: Partial<PeerState>): void {
    if (!this.#closed) this.state.set({ ...this.state.value, ...patch });
  }

  /** What was measured about the connection. */
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

  /** A step that nobody waits for. When it fails, the deadline's restart makes up for it. */
  #run(task: () => Promise<void>): void {
    this.#step(async () => {
      if (!this.#closed) await task();
    }).catch(() => {});
  }
}
