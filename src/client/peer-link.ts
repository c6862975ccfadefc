import type { GatheringError } from './diagnosis.ts';
import type { PictureEncoding } from './picture-ladder.ts';
import { randomId } from './random-id.ts';
import { setEncoding } from './set-encoding.ts';
import { originOf, type TaggedCandidate, type TaggedDescription, untagged } from './tagged.ts';
import { WishChannel } from './wish-channel.ts';

export interface LocalTracks {
  readonly audio: MediaStreamTrack | null;
  readonly video: MediaStreamTrack | null;
  /** The parameters that the picture of a new connection begins with; without them it goes out in full. */
  readonly first?: PictureEncoding;
}

/** The id of the data channel that both sides create themselves; browsers give in-band channels lower ids. */
const CHANNEL_ID = 1000;
const kinds = ['audio', 'video'] as const;

interface PeerLinkEvents {
  onCandidate(candidate: TaggedCandidate): void;
  onState(): void;
  onTrack(track: MediaStreamTrack): void;
  onMessage(message: string): void;
  /** The other side wants another picture. */
  onWish(): void;
}

/** One RTCPeerConnection with a peer. A pair that has to begin anew makes another one. */
export class PeerLink {
  readonly tag = randomId();
  readonly connection: RTCPeerConnection;
  readonly channel: RTCDataChannel;
  /** The tag of the connection on the other side; null before its first description, '' if it sends no tags. */
  remoteTag: string | null = null;
  /** The connection on the other side, tagged or not (see `originOf`); null before its first description. */
  remoteOrigin: string | null = null;
  /** The number of the last offer of this side. */
  offers = 0;
  /** The number of the last offer of the other side that this side answered. */
  answered = 0;
  /** The types of the candidates that this side gathered: host, srflx, prflx, relay. */
  readonly candidateTypes = new Set<string>();
  readonly errors: GatheringError[] = [];
  readonly wishes: WishChannel;
  #agreedAt = Number.NEGATIVE_INFINITY;

  constructor(connection: RTCPeerConnection, events: PeerLinkEvents) {
    this.connection = connection;
    connection.addEventListener('icecandidate', ({ candidate }) => {
      if (!candidate?.candidate) return;
      if (candidate.type) this.candidateTypes.add(candidate.type);
      events.onCandidate({ ...candidate.toJSON(), candidate: candidate.candidate, tag: this.tag });
    });
    connection.addEventListener('icecandidateerror', ({ url, errorCode }) => {
      this.errors.push({ url: url ?? '', errorCode });
    });
    connection.addEventListener('connectionstatechange', () => events.onState());
    connection.addEventListener('track', ({ track }) => events.onTrack(track));
    this.channel = connection.createDataChannel('messages', { negotiated: true, id: CHANNEL_ID });
    this.channel.addEventListener('message', ({ data }) => {
      if (typeof data === 'string') events.onMessage(data);
    });
    this.wishes = new WishChannel(connection, () => events.onWish());
  }

  /** Whether an offer of this side waits for its answer. */
  get isOffering(): boolean {
    return this.connection.signalingState === 'have-local-offer';
  }

  /** Whether an offer and an answer ever met. */
  get isAgreed(): boolean {
    return this.connection.currentRemoteDescription !== null;
  }

  /** The ms since the last answer, in which ICE has been looking for a route. */
  get agreedFor(): number {
    return performance.now() - this.#agreedAt;
  }

  /** Makes an offer. The first one has one audio and one video m-line, which stay for good. */
  async offer(tracks: LocalTracks, restart: boolean): Promise<TaggedDescription> {
    if (this.connection.getTransceivers().length === 0) {
      const stream = new MediaStream();
      for (const kind of kinds) {
        this.connection.addTransceiver(tracks[kind] ?? kind, {
          direction: 'sendrecv',
          streams: [stream],
          ...(kind === 'video' && tracks.first ? { sendEncodings: [tracks.first] } : {}),
        });
      }
    }
    if (restart) this.connection.restartIce();
    await this.connection.setLocalDescription(await this.connection.createOffer());
    this.offers += 1;
    return this.lastOffer();
  }

  /** The offer that waits for its answer, with all candidates gathered so far. */
  lastOffer(): TaggedDescription {
    const sdp = this.connection.localDescription?.sdp ?? '';
    return { type: 'offer', sdp, tag: this.tag, number: this.offers };
  }

  /**
   * Accepts an offer.
   * @param candidates of the other side that came before the offer
   * @throws where the offer does not fit what was agreed before
   */
  async answer(
    offer: TaggedDescription,
    tracks: LocalTracks,
    candidates: readonly TaggedCandidate[],
  ): Promise<TaggedDescription> {
    const isFirst = !this.isAgreed;
    await this.#setRemote(offer, candidates);
    await this.#sendTracks(tracks);
    const sender = this.sender('video');
    // A browser that refuses sends a full picture, which is better than none.
    if (isFirst && sender && tracks.first) await setEncoding(sender, tracks.first).catch(() => {});
    await this.connection.setLocalDescription(await this.connection.createAnswer());
    this.answered = offer.number ?? 0;
    this.#agreedAt = performance.now();
    return this.#answer(this.connection.localDescription);
  }

  /**
   * The last answer of this side, with all candidates gathered so far, also while an offer of this side waits.
   * @returns null if the other side has answered an offer of this side since
   */
  lastAnswer(): TaggedDescription | null {
    const { currentLocalDescription } = this.connection;
    return currentLocalDescription?.type === 'answer' ? this.#answer(currentLocalDescription) : null;
  }

  /**
   * Accepts the answer to the last offer.
   * @param candidates of the other side that came before the answer
   * @throws where the answer does not fit the offer
   */
  async accept(answer: TaggedDescription, candidates: readonly TaggedCandidate[]): Promise<void> {
    await this.#setRemote(answer, candidates);
    this.#agreedAt = performance.now();
  }

  /** Adds a candidate of the other side, but ignores one from before an ICE restart, which fits no description. */
  async addCandidate(candidate: TaggedCandidate): Promise<void> {
    await this.connection.addIceCandidate(untagged(candidate)).catch(() => {});
  }

  /** Sends other tracks from now on, without negotiation. */
  async replaceTracks(tracks: LocalTracks): Promise<void> {
    for (const kind of kinds) await this.sender(kind)?.replaceTrack(tracks[kind]);
  }

  sender(kind: 'audio' | 'video'): RTCRtpSender | undefined {
    return this.#transceiver(kind)?.sender;
  }

  /** The loudness of the sound that comes in, from 0 to 1; 0 without any. It costs less than the Web Audio API. */
  get loudness(): number {
    const sources = this.#transceiver('audio')?.receiver.getSynchronizationSources() ?? [];
    return Math.max(0, ...sources.map(({ audioLevel = 0 }) => audioLevel));
  }

  close(): void {
    this.connection.close();
  }

  async #sendTracks(tracks: LocalTracks): Promise<void> {
    const stream = new MediaStream();
    for (const kind of kinds) {
      const transceiver = this.#transceiver(kind);
      if (!transceiver) continue;
      transceiver.direction = 'sendrecv';
      transceiver.sender.setStreams?.(stream);
      await transceiver.sender.replaceTrack(tracks[kind]);
    }
  }

  #transceiver(kind: 'audio' | 'video'): RTCRtpTransceiver | undefined {
    return this.connection.getTransceivers().find(({ receiver }) => receiver.track.kind === kind);
  }

  #answer(description: RTCSessionDescription | null): TaggedDescription {
    const answer: TaggedDescription = { type: 'answer', sdp: description?.sdp ?? '', tag: this.tag };
    // A client that sends no tags reads none.
    return this.remoteTag ? { ...answer, answers: { tag: this.remoteTag, number: this.answered } } : answer;
  }

  async #setRemote(description: TaggedDescription, candidates: readonly TaggedCandidate[]): Promise<void> {
    this.remoteTag = description.tag ?? '';
    this.remoteOrigin = originOf(description);
    await this.connection.setRemoteDescription({ type: description.type, sdp: description.sdp });
    for (const candidate of candidates) await this.addCandidate(candidate);
  }
}
