import { CandidateBuffer } from './candidate-buffer.ts';
import { Observable } from './observable.ts';
import { checkMessage } from './outbox.ts';
import { Peer } from './peer.ts';
import type { LocalTracks } from './peer-link.ts';
import { PictureControl } from './picture-control.ts';
import { encodingOf, type PictureSource } from './picture-ladder.ts';
import type { PeerState } from './state.ts';
import type { TaggedCandidate, TaggedDescription } from './tagged.ts';

/** From how many senders candidates may wait for a ring to be accepted. */
const MAX_EARLY_SENDERS = 50;

interface MeshOptions {
  deadlineMs: number;
  iceTransportPolicy: RTCIceTransportPolicy;
  createConnection(configuration: RTCConfiguration): RTCPeerConnection;
  tracks(): LocalTracks;
  isScreen(): boolean;
  sendDescription(to: string, description: TaggedDescription): void;
  sendCandidate(to: string, candidate: TaggedCandidate): void;
  onMessage(from: string, message: string): void;
  onPeerState(id: string, state: PeerState): void;
  /** Whether pictures are small because this device is busy. */
  onBusy(isBusy: boolean): void;
}

/** The connections with the other participants of the call, one Peer each. */
export class Mesh {
  /** By attendee id. */
  readonly states = new Observable<Readonly<Record<string, PeerState>>>({});
  readonly #options: MeshOptions;
  readonly #peers = new Map<string, Peer>();
  /** Candidates that came before their pair, by sender; the sender that was heard last comes last. */
  readonly #early = new Map<string, CandidateBuffer>();
  #self = '';
  #iceServers: RTCIceServer[] = [];
  readonly #pictures: PictureControl;

  constructor(options: MeshOptions) {
    this.#options = options;
    this.#pictures = new PictureControl({
      pairs: () => this.#peers,
      source: () => this.#source(),
      onBusy: (isBusy) => options.onBusy(isBusy),
    });
  }

  /** The id of this attendee. When both sides of a pair offer at once, the side with the smaller id gives way. */
  set self(id: string) {
    this.#self = id;
  }

  /** STUN and TURN servers. Open connections use new ones from their next ICE restart on. */
  set iceServers(servers: RTCIceServer[]) {
    this.#iceServers = servers;
    for (const { connection } of this.#peers.values()) connection?.setConfiguration(this.#configuration());
  }

  has(id: string): boolean {
    return this.#peers.has(id);
  }

  /** The peer with that id; makes one if there is none. */
  pair(id: string): Peer {
    return this.#peers.get(id) ?? this.#add(id);
  }

  /** Replaces the peer with that id by a new one, because the page on the other side is new. */
  fresh(id: string): Peer {
    this.drop(id);
    return this.#add(id);
  }

  find(id: string): Peer | undefined {
    return this.#peers.get(id);
  }

  addCandidate(from: string, candidate: TaggedCandidate): void {
    const peer = this.#peers.get(from);
    if (peer) {
      peer.addCandidate(candidate);
      return;
    }
    const buffer = this.#early.get(from) ?? new CandidateBuffer();
    buffer.add(candidate);
    this.#early.delete(from);
    this.#early.set(from, buffer);
    const [oldest = from] = this.#early.keys();
    if (this.#early.size > MAX_EARLY_SENDERS) this.#early.delete(oldest);
  }

  drop(id: string): void {
    this.#early.delete(id);
    const peer = this.#peers.get(id);
    if (!peer) return;
    peer.close();
    this.#peers.delete(id);
    const { [id]: _, ...rest } = this.states.value;
    this.states.set(rest);
    if (this.#peers.size === 0) this.#pictures.stop();
  }

  /** Drops every peer whose id is not among these. */
  keepOnly(ids: readonly string[]): void {
    for (const id of [...this.#peers.keys()]) if (!ids.includes(id)) this.drop(id);
  }

  replaceTracks(): void {
    for (const peer of this.#peers.values()) peer.replaceTracks(this.#tracks());
    if (this.#peers.size > 0) this.#pictures.poke();
  }

  /** @param height in which the page shows the picture of a participant, in device pixels; 0: hidden; null: unknown */
  showPicture(id: string, height: number | null): void {
    this.#pictures.show(id, height);
  }

  /**
   * Sends a text.
   * @param to the id of a participant; null: every participant
   * @returns whether all of these get it: false if too much waits for one of them, or if nobody has that id
   * @throws TypeError, CommandError TOO_LARGE; then nobody gets it
   */
  send(to: string | null, message: string): boolean {
    checkMessage(message);
    const peers = to === null ? [...this.#peers.values()] : [this.#peers.get(to)];
    return peers.map((peer) => peer?.send(message) ?? false).every(Boolean);
  }

  close(): void {
    this.keepOnly([]);
    this.#pictures.forget();
    this.#early.clear();
  }

  #tracks(): LocalTracks {
    // The processor belongs to the connection and its sound first.
    return { ...this.#options.tracks(), first: encodingOf(0, this.#source(), false) };
  }

  #source(): PictureSource {
    const { width = 640, height = 360 } = this.#options.tracks().video?.getSettings() ?? {};
    return { isScreen: this.#options.isScreen(), height: Math.min(width, height) };
  }

  #configuration(): RTCConfiguration {
    return {
      iceServers: this.#iceServers,
      iceTransportPolicy: this.#options.iceTransportPolicy,
      bundlePolicy: 'max-bundle',
    };
  }

  #add(id: string): Peer {
    const { deadlineMs, iceTransportPolicy, createConnection } = this.#options;
    const early = this.#early.get(id) ?? new CandidateBuffer();
    this.#early.delete(id);
    const peer = new Peer({
      early,
      polite: this.#self < id,
      deadlineMs,
      relayOnly: iceTransportPolicy === 'relay',
      createConnection: () => createConnection(this.#configuration()),
      tracks: () => this.#tracks(),
      sendDescription: (description) => this.#options.sendDescription(id, description),
      sendCandidate: (candidate) => this.#options.sendCandidate(id, candidate),
      onMessage: (message) => this.#options.onMessage(id, message),
      onWish: () => this.#pictures.poke(),
    });
    this.#peers.set(id, peer);
    this.#pictures.poke();
    this.#publish(id, peer.state.value);
    peer.state.subscribe((state) => {
      const { state: former } = this.states.value[id] ?? {};
      this.#publish(id, state);
      if (state.state !== former) this.#pictures.poke();
      this.#options.onPeerState(id, state);
    });
    return peer;
  }

  #publish(id: string, state: PeerState): void {
    this.states.set({ ...this.states.value, [id]: state });
  }
}
