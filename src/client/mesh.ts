import { CandidateBuffer } from './candidate-buffer.ts';
import { Observable } from './observable.ts';
import { checkMessage } from './outbox.ts';
import { Peer } from './peer.ts';
import type { LocalTracks } from './peer-link.ts';
import { QualityMeter } from './quality.ts';
import type { PeerState } from './state.ts';
import type { TaggedCandidate, TaggedDescription } from './tagged.ts';
import { videoLimits } from './video-limits.ts';

/** The time between two measurements of the connections, in ms. */
const MEASURE_EVERY = 3_000;
/** From how many senders candidates may wait for a ring to be accepted. */
const MAX_EARLY_SENDERS = 50;

export interface MeshOptions {
  deadlineMs: number;
  iceTransportPolicy: RTCIceTransportPolicy;
  createConnection(configuration: RTCConfiguration): RTCPeerConnection;
  tracks(): LocalTracks;
  sendDescription(to: string, description: TaggedDescription): void;
  sendCandidate(to: string, candidate: TaggedCandidate): void;
  onMessage(from: string, message: string): void;
  onPeerState(id: string, state: PeerState): void;
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
  #measuring: ReturnType<typeof setInterval> | undefined;

  constructor(options: MeshOptions) {
    this.#options = options;
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
    this.replaceTracks();
    if (this.#peers.size === 0) clearInterval(this.#measuring);
  }

  /** Drops every peer whose id is not among these. */
  keepOnly(ids: readonly string[]): void {
    for (const id of [...this.#peers.keys()]) if (!ids.includes(id)) this.drop(id);
  }

  replaceTracks(): void {
    for (const peer of this.#peers.values()) peer.replaceTracks(this.#tracks());
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
    this.#early.clear();
  }

  #tracks(): LocalTracks {
    return { ...this.#options.tracks(), limits: videoLimits(this.#peers.size) };
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
    });
    if (this.#peers.size === 0) this.#measure();
    this.#peers.set(id, peer);
    this.replaceTracks();
    this.#publish(id, peer.state.value);
    peer.state.subscribe((state) => {
      this.#publish(id, state);
      this.#options.onPeerState(id, state);
    });
    return peer;
  }

  #publish(id: string, state: PeerState): void {
    this.states.set({ ...this.states.value, [id]: state });
  }

  #measure(): void {
    const meters = new WeakMap<Peer, QualityMeter>();
    this.#measuring = setInterval(() => {
      for (const peer of this.#peers.values()) {
        const { connection } = peer;
        if (connection?.connectionState !== 'connected') continue;
        const meter = meters.get(peer) ?? new QualityMeter();
        meters.set(peer, meter);
        meter.measure(connection).then(
          (measured) => peer.measured(measured),
          () => {},
        );
      }
    }, MEASURE_EVERY);
  }
}
