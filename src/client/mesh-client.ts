import type { CommandPayload } from '../protocol/types.ts';
import { CallKeeper } from './call-keeper.ts';
import { type ClientEventOf, type ClientEventType, ClientStore } from './client-store.ts';
import { LocalMedia } from './media.ts';
import { Mesh } from './mesh.ts';
import type { Observable } from './observable.ts';
import { type ProfileInput, SeatKeeper } from './seat-keeper.ts';
import { SeatStorage, type StoragePlace } from './seat-storage.ts';
import { Signaling } from './signaling.ts';
import type { ClientState, PeerState } from './state.ts';

export type { ClientEvent, ClientEventOf, ClientEventType } from './client-store.ts';
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
  storage?: StoragePlace | null;
  /** Where an owner's places are kept after its page is closed; default localStorage, null: nowhere. */
  ownerStorage?: StoragePlace | null;
  /** ms until a pair that is not connected counts as failed; default 10,000. */
  deadlineMs?: number;
  /** 'relay': media goes through TURN servers only. */
  iceTransportPolicy?: RTCIceTransportPolicy;
  /** Makes connections; for tests, and for hosts that wrap theirs. */
  createConnection?: (configuration: RTCConfiguration) => RTCPeerConnection;
}

/**
 * A seat in a workspace, its call, and the connections with everybody on it.
 *
 * All of its state stands in `state`; methods are commands, and reject with a CommandError. It comes back by itself
 * after a lost network, a reload and a restart of the server; media that flows does not stop meanwhile.
 */
export class MeshClient {
  readonly media = new LocalMedia();
  readonly #store = new ClientStore();
  readonly #signaling: Signaling;
  readonly #mesh: Mesh;
  readonly #calls: CallKeeper;
  readonly #seats: SeatKeeper;
  readonly #messageListeners = new Set<(from: string, message: string) => void>();
  /** What the server was told last about each pair. */
  readonly #reported = new Map<string, string>();

  constructor(options: MeshClientOptions = {}) {
    const { url = location.origin, path = '/socket.io', storage, ownerStorage, deadlineMs = 10_000 } = options;
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
    this.#calls = new CallKeeper(this.#store, this.#signaling, this.#mesh);
    const kept = new SeatStorage(
      storage === undefined ? globalThis.sessionStorage : storage,
      ownerStorage === undefined ? globalThis.localStorage : ownerStorage,
    );
    this.#seats = new SeatKeeper(this.#store, this.#signaling, this.#calls, kept);
    this.#followServer();
    this.#followSeat();
    this.#followMedia();
  }

  /** Everything about this client, as it is right now. */
  get state(): Observable<ClientState> {
    return this.#store.state;
  }

  /** Listens for what happens once. @returns what ends it */
  on<Type extends ClientEventType>(type: Type, listener: (event: ClientEventOf<Type>) => void): () => void {
    return this.#store.on(type, listener);
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
  create(input: Pick<CommandPayload<'create'>, 'workspace' | 'attendee'>): Promise<void> {
    return this.#seats.create(input);
  }

  /** Takes a seat with an invitation and its PIN. Its owner, if that page is gone, is the owner again. */
  attend(input: { token: string; pin?: string; attendee?: ProfileInput }): Promise<void> {
    return this.#seats.attend(input);
  }

  /**
   * Takes the seat again that a reload left in the storage.
   * @param invitation only if it is a seat of the workspace that this is for
   * @returns whether there is one (still)
   */
  restore(invitation?: string): Promise<boolean> {
    return this.#seats.restore(invitation);
  }

  /** Gives the seat up. An owner can come back with the invitation, and is the owner again. */
  leave(): Promise<void> {
    return this.#seats.leave();
  }

  /** The owner closes the workspace for everybody. */
  destroy(): Promise<void> {
    return this.#seats.destroy();
  }

  /** The owner removes an attendee. */
  kick(attendeeId: string): Promise<void> {
    return this.#seats.kick(attendeeId);
  }

  /** The owner makes a new invitation; whoever has only a former one stays outside. Seats stay. */
  renewInvitation(): Promise<void> {
    return this.#seats.renewInvitation();
  }

  /** Rings everybody who is there and not on the call. A call that goes on without its owner, the owner joins again. */
  startCall(): Promise<void> {
    return this.#calls.startCall();
  }

  /** Rings one attendee. The first ring starts the call. */
  ring(attendeeId: string): Promise<void> {
    return this.#calls.ring(attendeeId);
  }

  /** Accepts the incoming call. */
  accept(): Promise<void> {
    return this.#calls.accept();
  }

  /** Declines the incoming call. */
  decline(): Promise<void> {
    return this.#calls.decline();
  }

  /** Leaves the call; the seat stays. */
  leaveCall(): Promise<void> {
    return this.#calls.leaveCall();
  }

  /** The owner ends the call for everybody. */
  hangup(): Promise<void> {
    return this.#calls.hangup();
  }

  /** Ends connections, devices and listeners. The seat stays for the server's grace time. */
  close(): void {
    this.#seats.close();
    this.#calls.close();
    this.media.close();
    this.#signaling.close();
    this.#store.patch({ connection: 'closed' });
    this.#store.close();
    this.#messageListeners.clear();
  }

  #followServer(): void {
    this.#mesh.states.subscribe((peers) => this.#store.patch({ peers }));
    this.#signaling.on('iceservers', (servers) => {
      this.#mesh.iceServers = servers.map(({ urls, username, credential }) =>
        username === undefined || credential === undefined ? { urls } : { urls, username, credential },
      );
    });
    this.#signaling.on('presence', ({ attendee, connected }) => {
      this.#store.patchAttendee(attendee.id, { connected });
      this.#mesh.find(attendee.id)?.setOnline(connected);
    });
  }

  #followSeat(): void {
    let self: string | undefined;
    this.#store.state.subscribe(({ seat }) => {
      if (seat?.self !== self) {
        self = seat?.self;
        this.#mesh.self = self ?? '';
        this.#reported.clear();
      }
      this.#tellDevices();
    });
  }

  #followMedia(): void {
    this.media.state.subscribe(() => {
      this.#mesh.replaceTracks();
      this.#tellDevices();
    });
  }

  /** Tells the others what of this side can be heard and seen, where that is not what they know. */
  #tellDevices(): void {
    const { proof } = this.#store;
    const known = proof && this.#store.attendee(proof.attendee.id);
    if (!proof || !known) return;
    const { microphone: mic, camera, screen } = this.media.state.value;
    const cam = camera || screen;
    if (known.mic === mic && known.cam === cam) return;
    if (known.mic !== mic) this.#signaling.send('mic-toggle', { ...proof, state: mic });
    if (known.cam !== cam) this.#signaling.send('cam-toggle', { ...proof, state: cam });
    this.#store.patchAttendee(known.id, { mic, cam });
  }

  #relay(
    name: 'negotiation' | 'icecandidate',
    to: string,
    rest: Pick<CommandPayload<'negotiation'>, 'message'> | Pick<CommandPayload<'icecandidate'>, 'candidate'>,
  ): void {
    const { proof } = this.#store;
    if (!proof) return;
    const { workspace, attendee, accessToken } = proof;
    const head = { workspace, attendee: { id: to }, broadcaster: attendee, accessToken };
    this.#signaling.send(name, { ...head, ...rest } as CommandPayload<typeof name>);
  }

  /** Tells the server how a pair is doing, so that its log can tell who cannot reach whom, and why. */
  #report(peer: string, { state, route, reason }: PeerState): void {
    const { proof } = this.#store;
    const said = `${state} ${reason ?? ''}`;
    if (!proof || this.#reported.get(peer) === said) return;
    this.#reported.set(peer, said);
    this.#signaling.send('peer-state', {
      ...proof,
      peer: { id: peer },
      state,
      ...(route ? { route } : {}),
      ...(reason ? { reason } : {}),
    });
  }
}
