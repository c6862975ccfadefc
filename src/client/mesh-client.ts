import type { AttendeeRecord, CommandPayload, NoticePayload } from '../protocol/types.ts';
import { type ClientErrorCode, CommandError } from './errors.ts';
import { LocalMedia } from './media.ts';
import { Mesh } from './mesh.ts';
import { Observable } from './observable.ts';
import {
  fromGranted,
  withAttendee,
  withoutAttendee,
  withoutParticipant,
  withParticipants,
  withPatch,
} from './roster.ts';
import { SeatStorage, type StoredSeat } from './seat-storage.ts';
import { Signaling } from './signaling.ts';
import {
  type CallState,
  type ClientState,
  type EndReason,
  initialState,
  type PeerState,
  type SeatState,
} from './state.ts';
import { newTag, type TaggedDescription } from './tagged.ts';

export { type ClientErrorCode, CommandError } from './errors.ts';
export type { LocalMedia, MediaProblem, MediaState } from './media.ts';
export type { Observable } from './observable.ts';
export type * from './state.ts';

export interface MeshClientOptions {
  /** Where the server is; default: where the page came from. */
  url?: string;
  /** Path of Socket.IO there. */
  path?: string;
  /** Where the seat is kept over a reload; default sessionStorage, null: nowhere. */
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null;
  /** ms until a pair that is not connected counts as failed; default 10,000. */
  deadlineMs?: number;
  /** 'relay': media goes through TURN servers only. */
  iceTransportPolicy?: RTCIceTransportPolicy;
  /** Makes connections; for tests, and for hosts that wrap theirs. */
  createConnection?: (configuration: RTCConfiguration) => RTCPeerConnection;
}

/** What happens once, to be told to a person. */
export type ClientEvent =
  | { type: 'attend' | 'leave' | 'kicked' | 'joined' | 'call-left' | 'busy' | 'unanswered'; attendee: AttendeeRecord }
  | { type: 'ring'; attendee: AttendeeRecord }
  | { type: 'hangup'; attendee: AttendeeRecord };

/** How often the access token and TURN credentials are renewed, in ms; both live for hours. */
const RENEW_EVERY = 30 * 60_000;
/** How long an incoming call is shown when nothing more is heard of it, in ms. The server ends a ring after 45 s. */
const INCOMING_LIMIT = 60_000;
/** How long to wait before trying again to come back, when the server was too busy, in ms. */
const COME_BACK_LATER = 2_000;

/** What these say about a seat is final; with anything else it is worth coming back again. */
const seatIsLost: readonly ClientErrorCode[] = ['NOT_SEATED', 'WORKSPACE_GONE', 'INVALID_TOKEN', 'TOKEN_EXPIRED'];

type Proof = { workspace: { id: string }; attendee: { id: string }; accessToken: string };

/**
 * A seat in a workspace, its call, and the connections with everybody on it.
 *
 * All of its state stands in `state`; methods are commands, and reject with a CommandError. It comes back by itself
 * after a lost network, a reload and a restart of the server; media that flows does not stop meanwhile.
 */
export class MeshClient {
  readonly state = new Observable<ClientState>(initialState);
  readonly media = new LocalMedia();
  readonly #signaling: Signaling;
  readonly #mesh: Mesh;
  readonly #storage: SeatStorage;
  /** This page: who comes back with another one has lost its connections. */
  readonly #session = newTag();
  readonly #listeners = new Map<ClientEvent['type'], Set<(event: ClientEvent) => void>>();
  readonly #messageListeners = new Set<(from: string, message: string) => void>();
  readonly #reported = new Map<string, string>();
  #proof: Proof | null = null;
  #incoming: NoticePayload<'ring'> | null = null;
  #incomingTimer: ReturnType<typeof setTimeout> | undefined;
  #comeBackTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #renewal: ReturnType<typeof setInterval>;

  constructor(options: MeshClientOptions = {}) {
    const { url = location.origin, path = '/socket.io', storage, deadlineMs = 10_000 } = options;
    this.#storage = new SeatStorage(storage === undefined ? globalThis.sessionStorage : storage);
    this.#signaling = new Signaling(url, path);
    this.#mesh = new Mesh({
      deadlineMs,
      iceTransportPolicy: options.iceTransportPolicy ?? 'all',
      createConnection: options.createConnection ?? ((configuration) => new RTCPeerConnection(configuration)),
      tracks: () => this.media.tracks,
      sendDescription: (to, data) => this.#relay('negotiation', to, { message: { type: data.type, data } }),
      sendCandidate: (to, candidate) => this.#relay('icecandidate', to, { candidate }),
      onMessage: (from, message) => {
        for (const listener of this.#messageListeners) listener(from, message);
      },
      onPeerState: (id, state) => this.#report(id, state),
    });
    this.#mesh.states.subscribe((peers) => this.#patch({ peers }));
    this.#watchMedia();
    this.#listen();
    this.#renewal = setInterval(() => void this.#comeBack(), RENEW_EVERY);
  }

  /** Listens for what happens once. @returns what ends it */
  on<Type extends ClientEvent['type']>(
    type: Type,
    listener: (event: Extract<ClientEvent, { type: Type }>) => void,
  ): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    listeners.add(listener as (event: ClientEvent) => void);
    return () => listeners.delete(listener as (event: ClientEvent) => void);
  }

  /** Listens for messages over the data channels. @returns what ends it */
  onMessage(listener: (from: string, message: string) => void): () => void {
    this.#messageListeners.add(listener);
    return () => this.#messageListeners.delete(listener);
  }

  /** Sends over the data channel to one participant, or (null) to all. What is sent before it is open waits. */
  send(to: string | null, message: string): void {
    this.#mesh.send(to, message);
  }

  /** Creates a workspace and sits down in it as its owner. */
  async create(input: Pick<CommandPayload<'create'>, 'workspace' | 'attendee'>): Promise<void> {
    await this.#connected();
    const created = await this.#signaling.ask('create', { ...input, session: this.#session });
    const { attendee } = created;
    const workspace = { ...created.workspace, call: null };
    this.#sitDown({ ...created, workspace, attendees: { [attendee.id]: attendee } });
  }

  /** Takes a seat with an invitation and its PIN. Its owner, who left with this page, is the owner again. */
  async attend({ token, pin, attendee = {} }: { token: string; pin?: string; attendee?: Name }): Promise<void> {
    await this.#connected();
    const owned = this.#storage.owned(token);
    if (owned && (await this.#comeBackAsOwner(owned, attendee))) return;
    const workspace = pin === undefined ? { token } : { token, pin };
    this.#sitDown(await this.#signaling.ask('attend', { workspace, attendee, session: this.#session }));
  }

  /**
   * Takes the seat again that a reload left in the storage.
   * @param invitation only if it is a seat of the workspace that this is for
   * @returns whether there is one (still)
   */
  async restore(invitation?: string): Promise<boolean> {
    const stored = this.#storage.read();
    if (!stored || (invitation !== undefined && invitation !== stored.token)) return false;
    await this.#connected();
    this.#proof = proofOf(stored);
    await this.#comeBack();
    return this.state.value.seat !== null;
  }

  /** Gives the seat up. An owner can come back with the invitation, and is the owner again. */
  async leave(): Promise<void> {
    await this.#signaling.ask('leave', this.#seated());
    const isOwner = this.state.value.seat?.isOwner;
    const seat = this.#storage.read();
    this.#end('left');
    if (isOwner) this.#storage.keepOwned(seat);
  }

  /** The owner closes the workspace for everybody. */
  async destroy(): Promise<void> {
    await this.#signaling.ask('destroy', this.#seated());
    this.#end('destroyed');
  }

  /** The owner removes an attendee. */
  async kick(attendeeId: string): Promise<void> {
    const { name } = await this.#signaling.ask('kick', { ...this.#seated(), kickedAttendee: { id: attendeeId } });
    const known = this.#attendee(attendeeId);
    this.#forget(attendeeId);
    if (known) this.#emit({ type: 'kicked', attendee: { ...known, name } });
  }

  /** Rings everybody who is there and not on the call. A call that goes on without its owner, the owner joins again. */
  async startCall(): Promise<void> {
    const { seat, call, ringing } = this.state.value;
    const callees = (seat?.attendees ?? [])
      .filter(({ id, connected, onCall }) => id !== seat?.self && connected && !onCall && !ringing.includes(id))
      .map(({ id }) => id);
    // Who rings somebody on the call is on it: the others hear of it, and offer.
    const [participant] = call && !call.joined ? call.participants : [];
    if (callees.length === 0 && participant !== undefined) callees.push(participant);
    await Promise.all(callees.map((id) => this.ring(id)));
  }

  /** Rings one attendee. The first ring starts the call. */
  async ring(attendeeId: string): Promise<void> {
    const proof = this.#seated();
    const { call } = this.state.value;
    if (!call) this.#patch({ call: { id: newTag(), startedAt: Date.now(), participants: [], joined: false } });
    const { id } = this.state.value.call ?? { id: newTag() };
    this.#setRinging(attendeeId, true);
    const peer = this.#mesh.fresh(attendeeId);
    try {
      const offer = await peer.ring();
      await this.#signaling.ask('ring', { ...proof, callee: { id: attendeeId }, call: { id }, offer });
      this.#onCall((current) => [...new Set([...current, proof.attendee.id])]);
    } catch (error) {
      // Unless the pair has begun anew meanwhile: then this ring is over, and nothing else is.
      if (this.#mesh.find(attendeeId) === peer) this.#unring(attendeeId);
      const { call: now, ringing } = this.state.value;
      if (now?.participants.length === 0 && ringing.length === 0) this.#patch({ call: null });
      throw error;
    }
  }

  /** Accepts the incoming call. */
  async accept(): Promise<void> {
    const ring = this.#takeIncoming();
    if (!ring) throw new CommandError('NO_INCOMING_CALL');
    await this.#answer(ring);
  }

  /** Declines the incoming call. */
  async decline(): Promise<void> {
    const ring = this.#incoming;
    if (!ring) throw new CommandError('NO_INCOMING_CALL');
    this.#dropIncoming();
    await this.#signaling.ask('busy', { ...this.#seated(), caller: { id: ring.caller.id }, call: ring.call });
  }

  /** Leaves the call; the seat stays. */
  async leaveCall(): Promise<void> {
    const { call } = this.state.value;
    if (!call) return;
    this.#hangUpHere();
    await this.#signaling.ask('leave-call', { ...this.#seated(), call: { id: call.id } });
  }

  /** The owner ends the call for everybody. */
  async hangup(): Promise<void> {
    const { call } = this.state.value;
    if (!call) return;
    await this.#signaling.ask('hangup', { ...this.#seated(), call: { id: call.id } });
    this.#hangUpHere();
    this.#setCall(null);
  }

  /** Ends connections, devices and listeners. The seat stays for the server's grace time. */
  close(): void {
    clearInterval(this.#renewal);
    clearTimeout(this.#incomingTimer);
    clearTimeout(this.#comeBackTimer);
    this.#mesh.close();
    this.media.close();
    this.#signaling.close();
    this.#patch({ connection: 'closed' });
    this.#listeners.clear();
    this.#messageListeners.clear();
  }

  // What the server says

  #listen(): void {
    this.#signaling.onConnect(() => {
      this.#patch({ connection: 'connected' });
      // Without a seat, something has to be said too: a connection that stays silent is closed.
      if (this.#proof) void this.#comeBack();
      else this.#signaling.send('iceservers', {});
    });
    this.#signaling.onDisconnect(() => this.#patch({ connection: 'reconnecting' }));
    this.#listenForSeats();
    this.#listenForCalls();
    this.#signaling.on('iceservers', (servers) => {
      this.#mesh.iceServers = servers.map(({ urls, username, credential }) =>
        username === undefined || credential === undefined ? { urls } : { urls, username, credential },
      );
    });
    this.#signaling.on('negotiation', ({ attendee, message }) => this.#onDescription(attendee.id, message.data));
    this.#signaling.on('icecandidate', ({ broadcaster, candidate }) =>
      this.#mesh.addCandidate(broadcaster.id, candidate),
    );
  }

  #listenForSeats(): void {
    this.#signaling.on('attend', (attendee) => this.#onAttend(attendee));
    this.#signaling.on('leave', (attendee) => {
      this.#forget(attendee.id);
      this.#emit({ type: 'leave', attendee });
    });
    this.#signaling.on('kicked', ({ id }) => {
      if (id === this.state.value.seat?.self) {
        this.#end('kicked');
        return;
      }
      const attendee = this.#attendee(id);
      this.#forget(id);
      if (attendee) this.#emit({ type: 'kicked', attendee });
    });
    this.#signaling.on('destroyed', () => this.#end('destroyed'));
    this.#signaling.on('superseded', () => this.#end('superseded'));
    this.#signaling.on('presence', ({ attendee, connected }) => {
      this.#patchAttendee(attendee.id, { connected });
      this.#mesh.find(attendee.id)?.setOnline(connected);
    });
    this.#signaling.on('mic-toggle', ({ attendee, state }) => this.#patchAttendee(attendee.id, { mic: state }));
    this.#signaling.on('cam-toggle', ({ attendee, state }) => this.#patchAttendee(attendee.id, { cam: state }));
  }

  #listenForCalls(): void {
    this.#signaling.on('ring', (ring) => this.#onRing(ring));
    this.#signaling.on('answer', ({ callee, answer }) => {
      this.#setRinging(callee.id, false);
      const peer = this.#mesh.find(callee.id);
      peer?.receive(asTagged(answer, 'answer'));
      peer?.expect();
    });
    this.#signaling.on('busy', ({ callee }) => {
      this.#unring(callee.id);
      this.#emit({ type: 'busy', attendee: callee });
    });
    this.#signaling.on('unanswered', ({ callee }) => {
      this.#unring(callee.id);
      const attendee = this.#attendee(callee.id);
      if (attendee) this.#emit({ type: 'unanswered', attendee });
    });
    this.#signaling.on('hangup', ({ attendee, call }) => this.#onHangup(attendee, call.id));
    this.#signaling.on('call-joined', (joined) => this.#onJoined(joined));
    this.#signaling.on('call-left', ({ attendee }) => {
      const known = this.#attendee(attendee.id);
      this.#offCall(attendee.id);
      if (known) this.#emit({ type: 'call-left', attendee: known });
    });
  }

  #onAttend(attendee: AttendeeRecord): void {
    const { seat, call } = this.state.value;
    if (!seat) return;
    const former = this.#attendee(attendee.id);
    this.#setSeat(withAttendee(seat, attendee));
    // Another page knows nothing of the ring that the former one sent.
    if (this.#incoming?.caller.id === attendee.id && former?.session !== attendee.session) this.#dropIncoming();
    if (!former) this.#emit({ type: 'attend', attendee });
    this.#mesh.find(attendee.id)?.setOnline(attendee.connected);
    if (!call?.joined || attendee.id === seat.self) return;
    if (!attendee.onCall) {
      // A page that forgot the call (a client of the first generation that came back, say) is not on it any more.
      this.#offCall(attendee.id);
      if (seat.isOwner) this.ring(attendee.id).catch(() => {});
    } else if (former?.session !== attendee.session) this.#mesh.fresh(attendee.id).offer();
    else this.#mesh.find(attendee.id)?.nudge();
  }

  #onRing(ring: NoticePayload<'ring'>): void {
    const { call } = this.state.value;
    if (call?.joined && call.id === ring.call.id) {
      // Clients of the first generation build the mesh by ringing those who are on the call already.
      this.#answer(ring).catch(() => {});
    } else if (call?.joined) {
      this.#signaling.send('busy', { ...this.#seated(), caller: { id: ring.caller.id }, call: ring.call });
    } else {
      this.#incoming = ring;
      clearTimeout(this.#incomingTimer);
      this.#incomingTimer = setTimeout(() => this.#dropIncoming(), INCOMING_LIMIT);
      this.#patch({ incoming: { caller: ring.caller, callId: ring.call.id } });
      this.#emit({ type: 'ring', attendee: ring.caller });
    }
  }

  async #answer({ caller, call, offer, nonce }: NoticePayload<'ring'>): Promise<void> {
    const proof = this.#seated();
    try {
      const answer = await this.#mesh.pair(caller.id).answerRing(asTagged(offer, 'offer'));
      await this.#signaling.ask('answer', { ...proof, caller: { id: caller.id }, call, answer, nonce });
    } catch (error) {
      this.#mesh.drop(caller.id);
      throw error;
    }
  }

  #onJoined({ attendee, call, participants }: NoticePayload<'call-joined'>): void {
    const { seat } = this.state.value;
    if (!seat) return;
    this.#setCall({ ...call, participants, joined: participants.includes(seat.self) });
    if (attendee.id === seat.self) {
      // Everybody on the call offers to the newcomer; whoever rang has done so.
      for (const id of participants) if (id !== seat.self && !this.#mesh.has(id)) this.#mesh.pair(id).awaitOffer();
      return;
    }
    this.#setRinging(attendee.id, false);
    const known = this.#mesh.find(attendee.id);
    if (known) known.expect();
    else this.#mesh.pair(attendee.id).offer();
    const record = this.#attendee(attendee.id);
    if (record) this.#emit({ type: 'joined', attendee: record });
  }

  #onHangup(attendee: AttendeeRecord, callId: string): void {
    const { call, seat } = this.state.value;
    if (this.#incoming?.call.id === callId) this.#dropIncoming();
    if (call?.id !== callId || !seat) return;
    if (attendee.owner) {
      this.#hangUpHere();
      this.#setCall(null);
    } else this.#offCall(attendee.id);
    this.#emit({ type: 'hangup', attendee });
  }

  #onDescription(from: string, description: NoticePayload<'negotiation'>['message']['data']): void {
    const { call } = this.state.value;
    // Late, or from somebody who is not on the call: nothing to connect with.
    if (!call?.joined || !call.participants.includes(from)) return;
    this.#mesh.pair(from).receive(asTagged(description, 'offer'));
  }

  // Seats

  /** Waits until there is a connection with the server. */
  async #connected(): Promise<void> {
    if (this.#signaling.connected) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        stop();
        reject(new CommandError('NO_ANSWER'));
      }, 10_000);
      const stop = this.state.subscribe(({ connection }) => {
        if (connection !== 'connected') return;
        clearTimeout(timer);
        stop();
        resolve();
      });
    });
  }

  #sitDown(granted: Granted): void {
    const { accessToken } = granted;
    const { seat, call } = fromGranted(granted);
    this.#proof = { workspace: { id: seat.workspace.id }, attendee: { id: seat.self }, accessToken };
    const { id: workspace, token } = seat.workspace;
    this.#storage.write({ workspace, attendee: seat.self, accessToken, token });
    this.#mesh.self = seat.self;
    const former = this.state.value;
    this.#patch({ seat, ended: null, call, ringing: former.seat?.self === seat.self ? former.ringing : [] });
    this.#tellDevices();
    if (!call?.joined) {
      this.#mesh.keepOnly(this.state.value.ringing);
      return;
    }
    const partners = call.participants.filter((id) => id !== seat.self);
    this.#mesh.keepOnly([...partners, ...this.state.value.ringing]);
    for (const id of partners) {
      const known = this.#mesh.find(id);
      // What got lost meanwhile is made up for; to a page that is new, everybody on the call offers.
      if (known) known.nudge();
      else this.#mesh.pair(id).awaitOffer();
      this.#mesh.find(id)?.setOnline(seat.attendees.some((each) => each.id === id && each.connected));
    }
  }

  /** Takes the seat again and reads the whole truth. Where the server is too busy, later. */
  async #comeBack(): Promise<void> {
    if (!this.#proof || !this.#signaling.connected) return;
    try {
      this.#sitDown(await this.#signaling.ask('re-attend', { ...this.#proof, session: this.#session }));
    } catch (error) {
      if (error instanceof CommandError && seatIsLost.includes(error.code)) {
        this.#end(error.code === 'WORKSPACE_GONE' ? 'destroyed' : 'seat-lost');
      } else this.#comeBackTimer = setTimeout(() => void this.#comeBack(), COME_BACK_LATER);
    }
  }

  /** @returns false where there is nothing to come back to */
  async #comeBackAsOwner(owned: StoredSeat, { name, avatar }: Name): Promise<boolean> {
    const { workspace, attendee, accessToken } = proofOf(owned);
    const profile = { ...attendee, ...(name ? { name } : {}), ...(avatar ? { avatar } : {}) };
    const payload = { workspace, attendee: profile, accessToken, session: this.#session };
    try {
      this.#sitDown(await this.#signaling.ask('re-attend', payload));
    } catch (error) {
      if (!(error instanceof CommandError && seatIsLost.includes(error.code))) throw error;
      return false;
    } finally {
      this.#storage.keepOwned(null);
    }
    return true;
  }

  #end(reason: EndReason): void {
    this.#hangUpHere();
    this.#proof = null;
    // Another page holds the seat now, and may share the storage with this one.
    if (reason !== 'superseded') this.#storage.write(null);
    else this.#signaling.close();
    const connection = reason === 'superseded' ? 'closed' : this.state.value.connection;
    this.#patch({ seat: null, call: null, ended: reason, connection });
  }

  #seated(): Proof {
    if (!this.#proof) throw new CommandError('NO_SEAT');
    return this.#proof;
  }

  #attendee(id: string): AttendeeRecord | undefined {
    return this.state.value.seat?.attendees.find((attendee) => attendee.id === id);
  }

  #patchAttendee(id: string, patch: Partial<AttendeeRecord>): void {
    const { seat } = this.state.value;
    if (seat) this.#setSeat(withPatch(seat, id, patch));
  }

  #forget(id: string): void {
    this.#offCall(id);
    const { seat } = this.state.value;
    if (seat) this.#setSeat(withoutAttendee(seat, id));
    if (this.#incoming?.caller.id === id) this.#takeIncoming();
  }

  // The call

  #setCall(call: CallState | null): void {
    const { seat } = this.state.value;
    this.#patch({ call, seat: seat && withParticipants(seat, call?.participants ?? []) });
  }

  #onCall(change: (participants: readonly string[]) => string[]): void {
    const { call, seat } = this.state.value;
    if (!call || !seat) return;
    const participants = change(call.participants);
    this.#setCall({ ...call, participants, joined: participants.includes(seat.self) });
  }

  #offCall(id: string): void {
    this.#unring(id);
    const { call, seat } = this.state.value;
    if (seat) this.#setCall(withoutParticipant(call, id, seat.self));
  }

  /** This side is off the call; it may go on without it. */
  #hangUpHere(): void {
    this.#takeIncoming();
    this.#mesh.close();
    this.#reported.clear();
    this.#patch({ ringing: [] });
    const { call, seat } = this.state.value;
    if (seat) this.#setCall(withoutParticipant(call, seat.self, seat.self));
  }

  #setRinging(id: string, isRinging: boolean): void {
    const others = this.state.value.ringing.filter((each) => each !== id);
    this.#patch({ ringing: isRinging ? [...others, id] : others });
  }

  #unring(id: string): void {
    this.#setRinging(id, false);
    this.#mesh.drop(id);
  }

  /** The incoming call is over without an answer. */
  #dropIncoming(): void {
    const ring = this.#takeIncoming();
    if (ring) this.#mesh.drop(ring.caller.id);
  }

  #takeIncoming(): NoticePayload<'ring'> | null {
    const ring = this.#incoming;
    clearTimeout(this.#incomingTimer);
    this.#incoming = null;
    this.#patch({ incoming: null });
    return ring;
  }

  // What this side tells

  #relay(
    name: 'negotiation' | 'icecandidate',
    to: string,
    rest: Pick<CommandPayload<'negotiation'>, 'message'> | Pick<CommandPayload<'icecandidate'>, 'candidate'>,
  ): void {
    if (!this.#proof) return;
    const { workspace, attendee, accessToken } = this.#proof;
    const head = { workspace, attendee: { id: to }, broadcaster: attendee, accessToken };
    this.#signaling.send(name, { ...head, ...rest } as CommandPayload<typeof name>);
  }

  #report(peer: string, { state, route, reason }: PeerState): void {
    const said = `${state} ${reason ?? ''}`;
    if (!this.#proof || this.#reported.get(peer) === said) return;
    this.#reported.set(peer, said);
    this.#signaling.send('peer-state', {
      ...this.#proof,
      peer: { id: peer },
      state,
      ...(route ? { route } : {}),
      ...(reason ? { reason } : {}),
    });
  }

  #watchMedia(): void {
    let { microphone, camera, screen } = this.media.state.value;
    this.media.state.subscribe((state) => {
      this.#mesh.replaceTracks();
      if (state.microphone === microphone && state.camera === camera && state.screen === screen) return;
      ({ microphone, camera, screen } = state);
      this.#tellDevices();
    });
  }

  /** Tells the others what of this side can be heard and seen, where that is not what they know. */
  #tellDevices(): void {
    const { seat } = this.state.value;
    const known = seat && this.#attendee(seat.self);
    if (!this.#proof || !known) return;
    const { microphone: mic, camera, screen } = this.media.state.value;
    const cam = camera || screen;
    if (known.mic !== mic) this.#signaling.send('mic-toggle', { ...this.#proof, state: mic });
    if (known.cam !== cam) this.#signaling.send('cam-toggle', { ...this.#proof, state: cam });
    this.#patchAttendee(known.id, { mic, cam });
  }

  #setSeat(seat: SeatState): void {
    this.#patch({ seat });
  }

  #patch(patch: Partial<ClientState>): void {
    this.state.set({ ...this.state.value, ...patch });
  }

  #emit(event: ClientEvent): void {
    for (const listener of this.#listeners.get(event.type) ?? []) listener(event);
  }
}

type Name = { name?: string; avatar?: string };

type Granted = Pick<NoticePayload<'attendance-granted'>, 'workspace' | 'attendee' | 'attendees' | 'accessToken'>;

function proofOf({ workspace, attendee, accessToken }: StoredSeat): Proof {
  return { workspace: { id: workspace }, attendee: { id: attendee }, accessToken };
}

/** A description as it came; clients of the first generation leave out what the name of the event says. */
function asTagged(description: NoticePayload<'ring'>['offer'], type: 'offer' | 'answer'): TaggedDescription {
  return { type, ...description } as TaggedDescription;
}
