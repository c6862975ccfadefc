import type { Random } from './random.ts';

/**
 * RTCPeerConnection (W3C WebRTC) and ICE as far as negotiation can tell, without media: signaling states with implicit
 * rollback, transceivers and their m-lines, ICE generations, candidates that trickle, states of the connection.
 */

type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

interface Section {
  mid: string;
  kind: 'audio' | 'video' | 'application';
  direction: Direction;
}

/** The content of the model's SDP. */
interface Session {
  type: 'offer' | 'answer';
  /** The connection that it describes, in place of the DTLS certificate. */
  origin: string;
  ufrag: string;
  sections: Section[];
  candidates: string[];
}

/** The network between the connections, with its delays and its broken routes. */
export class FakeNetwork {
  readonly random: Random;
  readonly connections = new Map<string, FakeConnection>();
  /** Whether no packets get through between these two. */
  isBlocked: (one: FakeConnection, other: FakeConnection) => boolean = () => false;
  /** The duration of the next operation of a connection, in ms. */
  operationMs: () => number;
  /** Whether a browser refuses the description of another connection at once; else DTLS fails over it later. */
  refusesOthers: boolean;
  /** Whether gathering finds no candidate. */
  isBarren = false;
  created = 0;

  constructor(random: Random) {
    this.random = random;
    this.operationMs = () => random.between(0, 15);
    this.refusesOthers = random.chance(0.5);
  }

  create(configuration: RTCConfiguration = {}, owner = ''): FakeConnection {
    this.created += 1;
    const connection = new FakeConnection(this, `c${this.created}`, configuration, owner);
    this.connections.set(connection.id, connection);
    return connection;
  }

  /** Lets all connections check their routes again. */
  changed(): void {
    for (const connection of this.connections.values()) connection.checkSoon();
  }
}

class FakeEvents {
  readonly #listeners = new Map<string, ((event: never) => void)[]>();

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  fire(type: string, event: unknown = {}): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }
}

export class FakeTrack {
  readonly kind: string;
  constructor(kind: string) {
    this.kind = kind;
  }
}

export class FakeMediaStream {
  readonly #tracks: readonly FakeTrack[];
  constructor(tracks: readonly FakeTrack[] = []) {
    this.#tracks = [...tracks];
  }
  getTracks() {
    return [...this.#tracks];
  }
}

class FakeTransceiver {
  mid: string | null = null;
  direction: Direction;
  isReceiving = false;
  readonly receiver: { track: FakeTrack };
  /** What the page set last. */
  encoding: Partial<RTCRtpEncodingParameters> = {};
  readonly sender: {
    track: FakeTrack | null;
    replaceTrack(track: FakeTrack | null): Promise<void>;
    getParameters(): { encodings: RTCRtpEncodingParameters[] };
    setParameters(parameters: { encodings: RTCRtpEncodingParameters[] }): Promise<void>;
    setStreams(...streams: unknown[]): void;
  };

  constructor(kind: string, direction: Direction, track: FakeTrack | null, encoding: RTCRtpEncodingParameters = {}) {
    this.direction = direction;
    this.encoding = encoding;
    this.receiver = { track: new FakeTrack(kind) };
    const sender: FakeTransceiver['sender'] = {
      track,
      getParameters: () => ({ encodings: [{ ...this.encoding }] }),
      setParameters: async ({ encodings: [encoding = {}] }) => {
        this.encoding = encoding;
      },
      async replaceTrack(next) {
        if (next && next.kind !== kind) throw new TypeError('another kind of track');
        sender.track = next;
      },
      setStreams() {},
    };
    this.sender = sender;
  }

  get kind() {
    return this.receiver.track.kind as 'audio' | 'video';
  }
}

class FakeChannel extends FakeEvents {
  readyState: RTCDataChannelState = 'connecting';
  maxMessageSize = 262_144;
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  /** Whether the channel takes no message. */
  isFull = false;
  /** Whether what it took stays inside until `drain`. */
  isSlow = false;
  readonly id: number;
  readonly #connection: FakeConnection;

  constructor(connection: FakeConnection, id: number) {
    super();
    this.#connection = connection;
    this.id = id;
  }

  /** Everything inside has been sent. */
  drain(): void {
    this.bufferedAmount = 0;
    this.fire('bufferedamountlow');
  }

  open(): void {
    if (this.readyState !== 'connecting') return;
    this.readyState = 'open';
    this.fire('open');
  }

  send(data: string): void {
    if (this.readyState !== 'open') throw failure('InvalidStateError');
    if (data.length > this.maxMessageSize) throw new TypeError('Message too large');
    if (this.isFull) throw failure('OperationError');
    this.bufferedAmount += this.isSlow ? data.length : 0;
    this.#connection.selected?.channels.get(this.id)?.fire('message', { data });
  }
}

const failure = (name: string) => new DOMException(name, name);
const sends = (direction: Direction) => direction === 'sendrecv' || direction === 'sendonly';
const receives = (direction: Direction) => direction === 'sendrecv' || direction === 'recvonly';

export class FakeConnection extends FakeEvents {
  readonly id: string;
  /** The page that made the connection; for the model only. */
  readonly owner: string;
  signalingState: RTCSignalingState = 'stable';
  connectionState: RTCPeerConnectionState = 'new';
  iceGatheringState: RTCIceGatheringState = 'new';
  readonly channels = new Map<number, FakeChannel>();
  /** The connection on the other side, while packets come from it. */
  selected: FakeConnection | null = null;
  readonly #network: FakeNetwork;
  #configuration: RTCConfiguration;
  #pendingLocal: Session | null = null;
  #currentLocal: Session | null = null;
  #pendingRemote: Session | null = null;
  #currentRemote: Session | null = null;
  readonly #transceivers: FakeTransceiver[] = [];
  /** Own candidates by generation. */
  readonly #gathered = new Map<string, string[]>();
  /** Generations of the other side that sent a candidate. */
  readonly #heard = new Set<string>();
  #operations: Promise<unknown> = Promise.resolve();
  #isRestarting = false;
  #ufrags = 0;
  /** The certificate that DTLS began with. */
  #partner: string | null = null;
  #checked = '';
  #hasGivenUp = false;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #gatherings = 0;

  constructor(network: FakeNetwork, id: string, configuration: RTCConfiguration, owner: string) {
    super();
    this.#network = network;
    this.id = id;
    this.owner = owner;
    this.#configuration = configuration;
  }

  get localDescription() {
    return this.pendingLocalDescription ?? this.currentLocalDescription;
  }
  get remoteDescription() {
    return this.pendingRemoteDescription ?? this.currentRemoteDescription;
  }
  get pendingLocalDescription() {
    return this.#own(this.#pendingLocal);
  }
  get currentLocalDescription() {
    return this.#own(this.#currentLocal);
  }
  get pendingRemoteDescription() {
    return this.#pendingRemote && { type: this.#pendingRemote.type, sdp: write(this.#pendingRemote) };
  }
  get currentRemoteDescription() {
    return this.#currentRemote && { type: this.#currentRemote.type, sdp: write(this.#currentRemote) };
  }

  getConfiguration() {
    return this.#configuration;
  }
  setConfiguration(configuration: RTCConfiguration) {
    if (this.connectionState === 'closed') throw failure('InvalidStateError');
    this.#configuration = configuration;
  }
  /** The reports of the browser; sound goes out as soon as there is a route. */
  stats: object[] = [{ type: 'outbound-rtp', kind: 'audio', packetsSent: 50 }];
  async getStats() {
    return new Map(this.stats.map((stats, index) => [String(index), stats]));
  }
  getTransceivers() {
    return [...this.#transceivers];
  }

  addTransceiver(
    trackOrKind: FakeTrack | string,
    { direction = 'sendrecv', sendEncodings: [encoding] = [] }: RTCRtpTransceiverInit & { direction?: Direction } = {},
  ) {
    const track = typeof trackOrKind === 'string' ? null : trackOrKind;
    const kind = typeof trackOrKind === 'string' ? trackOrKind : trackOrKind.kind;
    const transceiver = new FakeTransceiver(kind, direction, track, encoding);
    this.#transceivers.push(transceiver);
    return transceiver;
  }

  createDataChannel(_label: string, { id = 0 }: { id?: number } = {}) {
    const channel = new FakeChannel(this, id);
    this.channels.set(id, channel);
    return channel;
  }

  restartIce(): void {
    if (this.#currentLocal || this.#pendingLocal) this.#isRestarting = true;
  }

  createOffer() {
    return this.#operate(() => {
      if (this.signalingState !== 'stable' && this.signalingState !== 'have-local-offer')
        throw failure('InvalidStateError');
      const sections = (this.#currentLocal?.sections ?? []).map((section) => ({ ...section }));
      for (const section of sections) {
        const transceiver = this.#transceivers.find(({ mid }) => mid === section.mid);
        if (transceiver) section.direction = transceiver.direction;
      }
      for (const { mid, kind, direction } of this.#transceivers)
        if (mid === null) sections.push({ mid: String(sections.length), kind, direction });
      if (this.channels.size > 0 && !sections.some(({ kind }) => kind === 'application'))
        sections.push({ mid: String(sections.length), kind: 'application', direction: 'sendrecv' });
      const former = this.#isRestarting ? undefined : this.#currentLocal?.ufrag;
      return this.#describe('offer', former ?? this.#newUfrag(), sections);
    });
  }

  createAnswer() {
    return this.#operate(() => {
      const offer = this.#pendingRemote;
      if (this.signalingState !== 'have-remote-offer' || !offer) throw failure('InvalidStateError');
      const sections = offer.sections.map(({ mid, kind, direction }): Section => {
        if (kind === 'application') return { mid, kind, direction: 'sendrecv' };
        const own = this.#transceivers.find((each) => each.mid === mid)?.direction ?? 'inactive';
        const isSent = sends(own) && receives(direction);
        const isReceived = receives(own) && sends(direction);
        return {
          mid,
          kind,
          direction: isSent ? (isReceived ? 'sendrecv' : 'sendonly') : isReceived ? 'recvonly' : 'inactive',
        };
      });
      const isRestart = offer.ufrag !== this.#currentRemote?.ufrag;
      const former = isRestart ? undefined : this.#currentLocal?.ufrag;
      return this.#describe('answer', former ?? this.#newUfrag(), sections);
    });
  }

  setLocalDescription({ type, sdp }: { type: string; sdp: string }) {
    return this.#operate(() => {
      const session = read(sdp);
      if (type === 'offer') {
        if (this.signalingState !== 'stable' && this.signalingState !== 'have-local-offer')
          throw failure('InvalidStateError');
        for (const section of session.sections) {
          if (this.#transceivers.some(({ mid }) => mid === section.mid)) continue;
          const transceiver = this.#transceivers.find(({ mid, kind }) => mid === null && kind === section.kind);
          if (transceiver) transceiver.mid = section.mid;
        }
        this.#pendingLocal = session;
        this.#signal('have-local-offer');
      } else {
        if (this.signalingState !== 'have-remote-offer') throw failure('InvalidStateError');
        this.#currentLocal = session;
        this.#currentRemote = this.#pendingRemote;
        this.#agree();
      }
      this.#gather(session.ufrag);
    });
  }

  setRemoteDescription({ type, sdp }: { type: string; sdp: string }) {
    return this.#operate(() => {
      const session = read(sdp);
      if (session.type !== type) throw failure('InvalidAccessError');
      if (type === 'offer') {
        if (this.signalingState === 'have-local-offer') this.#rollBack();
        this.#checkOrigin(session);
        for (const [index, { mid, kind }] of (this.#currentRemote?.sections ?? []).entries()) {
          const section = session.sections[index];
          if (section?.mid !== mid || section.kind !== kind) throw failure('InvalidAccessError');
        }
        this.#pendingRemote = session;
        this.#signal('have-remote-offer');
      } else {
        if (this.signalingState !== 'have-local-offer') throw failure('InvalidStateError');
        const offered = this.#pendingLocal?.sections.map(({ mid, kind }) => `${mid} ${kind}`);
        const answered = session.sections.map(({ mid, kind }) => `${mid} ${kind}`);
        if (String(offered) !== String(answered)) throw failure('InvalidAccessError');
        this.#checkOrigin(session);
        this.#currentLocal = this.#pendingLocal;
        this.#currentRemote = session;
      }
      for (const candidate of session.candidates) this.#heard.add(`${session.origin} ${ufragOf(candidate)}`);
      this.#receive(session);
      if (type === 'answer') this.#agree();
    });
  }

  addIceCandidate({ candidate, usernameFragment }: RTCIceCandidateInit) {
    return this.#operate(() => {
      const remote = this.#pendingRemote ?? this.#currentRemote;
      if (!remote) throw failure('InvalidStateError');
      const ufrag = usernameFragment ?? ufragOf(candidate ?? '');
      const known = [this.#pendingRemote, this.#currentRemote].find((session) => session?.ufrag === ufrag);
      if (!known) throw failure('OperationError');
      this.#heard.add(`${known.origin} ${ufrag}`);
      this.checkSoon();
    });
  }

  close(): void {
    if (this.connectionState === 'closed') return;
    this.connectionState = 'closed';
    this.signalingState = 'closed';
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const channel of this.channels.values()) channel.readyState = 'closed';
    this.selected = null;
    this.#network.connections.delete(this.id);
    this.#network.changed();
  }

  /** The kinds of the m-lines that both sides agreed on. */
  get lines(): string[] {
    return (this.#currentLocal?.sections ?? []).map(({ kind }) => kind);
  }

  /** ICE fails at once, as when a laptop wakes up in another network. */
  fail(): void {
    this.selected = null;
    this.#hasGivenUp = true;
    this.#become('failed');
  }

  /** Checks the route of this connection a little later. */
  checkSoon(): void {
    if (this.connectionState === 'closed' || this.#timers.has('check')) return;
    this.#after('check', this.#network.random.between(10, 120), () => this.#check());
  }

  /** Whether descriptions, generations and candidates of both sides fit, and packets get through. */
  isValidWith(other: FakeConnection): boolean {
    return this.#fits(other) && other.#fits(this) && !this.#network.isBlocked(this, other);
  }

  #fits(other: FakeConnection): boolean {
    const [local, remote] = [this.#currentLocal, this.#currentRemote];
    return (
      remote?.origin === other.id &&
      remote.ufrag === other.#currentLocal?.ufrag &&
      local !== null &&
      this.#heard.has(`${other.id} ${remote.ufrag}`) &&
      this.#partner === other.id &&
      !this.#hasGivenUp
    );
  }

  #check(): void {
    const { random } = this.#network;
    const other = this.#network.connections.get(this.#currentRemote?.origin ?? '');
    if (other && this.isValidWith(other)) {
      clearTimeout(this.#timers.get('ice'));
      this.#timers.delete('ice');
      this.selected = other;
      this.#settle();
      if (other.connectionState !== 'connected') other.checkSoon();
      return;
    }
    // During an ICE restart the former route stays in use.
    const route = this.selected;
    const isAlive =
      route && route.selected === this && route.connectionState !== 'closed' && !this.#network.isBlocked(this, route);
    if (isAlive) {
      this.#settle();
    } else if (this.connectionState === 'connected') {
      if (this.#timers.has('loss')) return;
      this.#after('loss', random.between(500, 4_000), () => {
        this.#become('disconnected');
        this.#after('loss', random.between(3_000, 15_000), () => this.#giveUp());
      });
    }
  }

  #settle(): void {
    clearTimeout(this.#timers.get('loss'));
    this.#timers.delete('loss');
    this.#become('connected');
    this.#after('open', 5, () => {
      if (this.selected) for (const channel of this.channels.values()) channel.open();
    });
  }

  #giveUp(): void {
    this.selected?.checkSoon();
    this.selected = null;
    this.#hasGivenUp = true;
    this.#become('failed');
  }

  /** Both descriptions are agreed on: ICE begins, or begins again. */
  #agree(): void {
    this.#pendingLocal = null;
    this.#pendingRemote = null;
    this.#signal('stable');
    const generation = `${this.#currentLocal?.ufrag} ${this.#currentRemote?.origin} ${this.#currentRemote?.ufrag}`;
    if (generation === this.#checked) return;
    this.#checked = generation;
    this.#hasGivenUp = false;
    this.#isRestarting = false;
    this.#partner ??= this.#currentRemote?.origin ?? null;
    if (this.connectionState !== 'connected') {
      clearTimeout(this.#timers.get('loss'));
      this.#timers.delete('loss');
      this.#become('connecting');
    }
    this.#after('ice', this.#network.random.between(8_000, 20_000), () => this.#giveUp());
    this.#network.changed();
  }

  #rollBack(): void {
    const agreed = new Set(this.#currentLocal?.sections.map(({ mid }) => mid));
    for (const transceiver of this.#transceivers)
      if (transceiver.mid !== null && !agreed.has(transceiver.mid)) transceiver.mid = null;
    this.#pendingLocal = null;
    this.#signal('stable');
  }

  #checkOrigin({ origin }: Session): void {
    if (this.#partner && this.#partner !== origin && this.#network.refusesOthers) throw failure('InvalidAccessError');
  }

  #receive({ sections }: Session): void {
    for (const { mid, kind, direction } of sections) {
      if (kind === 'application') continue;
      let transceiver = this.#transceivers.find((each) => each.mid === mid);
      if (!transceiver) {
        // JSEP (RFC 9429, 5.10) would reuse a transceiver of addTrack, which the client never calls.
        transceiver = new FakeTransceiver(kind, 'recvonly', null);
        transceiver.mid = mid;
        this.#transceivers.push(transceiver);
      }
      const isReceiving = sends(direction);
      if (isReceiving && !transceiver.isReceiving) this.fire('track', { track: transceiver.receiver.track });
      transceiver.isReceiving = isReceiving;
    }
  }

  #describe(type: 'offer' | 'answer', ufrag: string, sections: Section[]) {
    const session: Session = { type, origin: this.id, ufrag, sections, candidates: [] };
    return { type, sdp: write(session) };
  }

  #newUfrag(): string {
    this.#ufrags += 1;
    return `${this.id}u${this.#ufrags}`;
  }

  #own(session: Session | null) {
    if (!session) return null;
    const candidates = this.#gathered.get(session.ufrag) ?? [];
    return { type: session.type, sdp: write({ ...session, candidates }) };
  }

  #gather(ufrag: string): void {
    if (this.#gathered.has(ufrag)) return;
    const found: string[] = [];
    this.#gathered.set(ufrag, found);
    this.iceGatheringState = 'gathering';
    this.#gatherings += 1;
    const gathering = this.#gatherings;
    const { random, isBarren } = this.#network;
    const isWanted = () => [this.#pendingLocal, this.#currentLocal].some((session) => session?.ufrag === ufrag);
    let delay = 1;
    const count = isBarren ? 0 : random.whole(1, 4);
    for (let index = 0; index < count; index += 1) {
      delay += random.between(1, random.chance(0.1) ? 1_500 : 150);
      const candidate = `candidate:${index} 1 udp 1 192.0.2.1 1 typ host ufrag ${ufrag}`;
      this.#after(`candidate ${ufrag} ${index}`, delay, () => {
        if (!isWanted()) return;
        found.push(candidate);
        const init = { candidate, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: ufrag };
        this.fire('icecandidate', { candidate: { ...init, type: 'host', toJSON: () => init } });
      });
    }
    this.#after(`gathered ${ufrag}`, delay + 1, () => {
      if (gathering !== this.#gatherings) return;
      this.iceGatheringState = 'complete';
      this.fire('icecandidate', { candidate: null });
    });
  }

  #signal(state: RTCSignalingState): void {
    this.signalingState = state;
    this.fire('signalingstatechange');
  }

  #become(state: RTCPeerConnectionState): void {
    if (this.connectionState === state || this.connectionState === 'closed') return;
    this.connectionState = state;
    this.fire('connectionstatechange');
  }

  #after(name: string, ms: number, task: () => void): void {
    clearTimeout(this.#timers.get(name));
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      task();
    }, ms);
    this.#timers.set(name, timer);
  }

  /** The operations chain: one at a time, and none ever ends on a connection that was closed meanwhile. */
  #operate<Result>(task: () => Result): Promise<Result> {
    if (this.connectionState === 'closed') return Promise.reject(failure('InvalidStateError'));
    const operation = this.#operations.then(
      () =>
        new Promise<Result>((resolve, reject) => {
          if (this.connectionState === 'closed') return;
          this.#after('operation', this.#network.operationMs(), () => {
            try {
              resolve(task());
            } catch (error) {
              reject(error);
            }
          });
        }),
    );
    this.#operations = operation.catch(() => {});
    return operation;
  }
}

/** The model's SDP: one line of JSON, and the fingerprint of the certificate in its usual form. */
const write = (session: Session) => `${JSON.stringify(session)}\r\na=fingerprint:sha-256 ${session.origin}\r\n`;

export const read = (sdp: string): Session => JSON.parse(sdp.split('\r\n')[0] ?? '');

function ufragOf(candidate: string): string {
  return /ufrag (\S+)/.exec(candidate)?.[1] ?? '';
}
