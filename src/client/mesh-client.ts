import type { CommandPayload } from '../protocol/types.ts';
import { CallKeeper } from './call-keeper.ts';
import { ChatKeeper } from './chat-keeper.ts';
import { type ClientEventOf, type ClientEventType, ClientStore } from './client-store.ts';
import { type ConsultationInput, ConsultationKeeper } from './consultation-keeper.ts';
import { CommandError } from './errors.ts';
import { callHost } from './host-callback.ts';
import { InviteKeeper } from './invite-keeper.ts';
import { LocalMedia } from './media.ts';
import { Mesh } from './mesh.ts';
import type { Observable } from './observable.ts';
import { PhoneKeeper } from './phone-keeper.ts';
import { RecentCalls } from './recent-calls.ts';
import { RecordingKeeper, type RecordingList, type RecordingsOf, type SeatProof } from './recording-keeper.ts';
import { type ProfileInput, SeatKeeper } from './seat-keeper.ts';
import { SeatStorage } from './seat-storage.ts';
import { serverAddress } from './server-address.ts';
import { Signaling } from './signaling.ts';
import type { Admission, ClientState, ConsultationRecord, InviteRecord, PeerState, PostedMessage } from './state.ts';
import { browserStorage, type StoragePlace } from './storage.ts';
import { type UserCredentials, UserKeeper } from './user-keeper.ts';
import { UserStorage } from './user-storage.ts';

export type { ClientEvent, ClientEventOf, ClientEventType, UserEvent } from './client-store.ts';
export type { ConsultationInput } from './consultation-keeper.ts';
export type { MediaProblem } from './device.ts';
export { type ClientErrorCode, CommandError } from './errors.ts';
export type { LocalMedia } from './media.ts';
export type { MediaState, MediaWish } from './media-state.ts';
export type { Observable } from './observable.ts';
export type { RecordingList, RecordingsOf, SeatProof } from './recording-keeper.ts';
export type { ProfileInput } from './seat-keeper.ts';
export type * from './state.ts';
export type { StoragePlace } from './storage.ts';
export type { UserCredentials } from './user-keeper.ts';

type CallMedia = InviteRecord['media'];

/** What a client is made with. */
export interface MeshClientOptions {
  /**
   * The URL of the server, with its path if a proxy serves it under one (https://example.com/calls/); default: the origin
   * of the page.
   */
  url?: string | URL;
  /** The path of Socket.IO on the server; default: `socket.io` below the path of `url`. */
  path?: string;
  /**
   * Remembers the seat of this page for a reload; default sessionStorage, null: remembers nothing. A storage that is
   * forbidden or full counts as empty.
   */
  storage?: StoragePlace | null;
  /**
   * Remembers the owner's seats after the page is closed, and for a day that a network carries no WebSocket; default
   * localStorage, null: remembers nothing.
   */
  ownerStorage?: StoragePlace | null;
  /** After this many ms without a connection a peer counts as 'failed'; default 10,000. */
  deadlineMs?: number;
  /** 'relay' sends media through TURN servers only; default 'all'. */
  iceTransportPolicy?: RTCIceTransportPolicy;
  /** Makes the connections, for tests and for hosts that wrap them; default: new RTCPeerConnection(configuration). */
  createConnection?: (configuration: RTCConfiguration) => RTCPeerConnection;
}

/**
 * A client of the server: one seat in a workspace, the call there, and a direct connection with each participant.
 *
 * `state` holds everything that a page shows, `on` reports events, and methods are commands. The client comes back by
 * itself after a lost network and a restart of the server, while media flows on. `restore` takes the seat again after a
 * reload.
 *
 * A listener that throws disturbs neither the client nor the other listeners: the browser reports its error as an
 * uncaught one of the page.
 *
 * Commands resolve when the server has accepted them, and reject with a CommandError otherwise. Each method lists the
 * codes of its own. Besides, every command can fail with NO_ANSWER (no connection, or no answer within 20 s),
 * RATE_LIMITED, BUSY_TRY_AGAIN, TOO_LARGE, INVALID_PAYLOAD and INTERNAL. All but `create`, `attend`, `restore` and what is for
 * users (from `signIn` on; `invite` and `cancelInvite` need both) need a seat: without one they fail with NO_SEAT, and if the server knows the seat no more, with NOT_SEATED,
 * WORKSPACE_GONE, INVALID_TOKEN or TOKEN_EXPIRED.
 *
 * @example
 * const client = new MeshClient({ url: 'https://calls.example.com' });
 * await client.media.open();
 * client.state.subscribe(({ peers }) => show(peers));
 * client.on('ring', () => client.accept());
 * await client.attend({ token, pin, attendee: { name: 'Ada' } });
 */
export class MeshClient {
  /**
   * Microphone, camera and screen of this page. The client sends their tracks to every participant. Sharing the screen
   * ends with the call; microphone and camera stay open until `media.close`, `close`, or another page takes the seat.
   */
  readonly media = new LocalMedia();
  readonly #store = new ClientStore();
  readonly #signaling: Signaling;
  readonly #mesh: Mesh;
  readonly #calls: CallKeeper;
  readonly #seats: SeatKeeper;
  readonly #chat: ChatKeeper;
  readonly #users: UserKeeper;
  readonly #invites: InviteKeeper;
  readonly #phone: PhoneKeeper;
  readonly #consultations: ConsultationKeeper;
  readonly #recordings: RecordingKeeper;
  readonly #messageListeners = new Set<(from: string, message: string) => void>();
  /** The last report to the server about each peer. */
  readonly #reported = new Map<string, string>();

  /** @throws TypeError if `url` or `path` cannot lead to a server; its sentence says what is wrong */
  constructor(options: MeshClientOptions = {}) {
    const { url, path, storage, ownerStorage, deadlineMs = 10_000 } = options;
    const pagePlace = storage === undefined ? browserStorage('sessionStorage') : storage;
    const lastingPlace = ownerStorage === undefined ? browserStorage('localStorage') : ownerStorage;
    const address = serverAddress(url, path, globalThis.location?.href);
    this.#signaling = new Signaling(address, lastingPlace);
    this.#mesh = new Mesh({
      deadlineMs,
      iceTransportPolicy: options.iceTransportPolicy ?? 'all',
      createConnection: options.createConnection ?? ((configuration) => new RTCPeerConnection(configuration)),
      tracks: () => this.media.tracks,
      isScreen: () => this.media.state.value.screen,
      sendDescription: (to, data) => this.#relay('negotiation', to, { message: { type: data.type, data } }),
      sendCandidate: (to, candidate) => this.#relay('icecandidate', to, { candidate }),
      onMessage: (from, message) => {
        for (const listener of [...this.#messageListeners]) callHost(listener, from, message);
      },
      onPeerState: (id, state) => this.#report(id, state),
      onBusy: (isDeviceBusy) => {
        if (isDeviceBusy !== this.state.value.isDeviceBusy) this.#store.patch({ isDeviceBusy });
      },
    });
    this.#calls = new CallKeeper(this.#store, this.#signaling, this.#mesh);
    const seatStorage = new SeatStorage(pagePlace, lastingPlace);
    this.#seats = new SeatKeeper(this.#store, this.#signaling, this.#calls, seatStorage);
    this.#chat = new ChatKeeper(this.#store, this.#signaling, pagePlace);
    this.#recordings = new RecordingKeeper(this.#store, this.#signaling, address);
    const recent = new RecentCalls(this.#store, lastingPlace);
    this.#invites = new InviteKeeper(this.#store, this.#signaling, this.#seats, this.#calls, recent);
    const userStorage = new UserStorage(pagePlace, lastingPlace);
    this.#users = new UserKeeper(this.#store, this.#signaling, this.#seats, this.#invites, recent, userStorage);
    this.#phone = new PhoneKeeper(this.#store, this.#signaling, this.#seats, this.#calls, recent, pagePlace);
    this.#consultations = new ConsultationKeeper(this.#store, this.#signaling, this.#seats, this.#invites);
    this.#followServer();
    this.#followSeat();
    this.#followMedia();
  }

  /** The current state, and its changes. */
  get state(): Observable<ClientState> {
    return this.#store.state;
  }

  /**
   * The time by the clock of the server, in ms since the epoch, to compare with the times of `CallState`: the clock of this
   * device may be wrong, and may be set during a call.
   */
  serverNow(): number {
    return this.#store.clock.now();
  }

  /** Listens to events of one type (see `ClientEventType`). @returns a function that removes the listener */
  on<Type extends ClientEventType>(type: Type, listener: (event: ClientEventOf<Type>) => void): () => void {
    return this.#store.on(type, listener);
  }

  /**
   * Listens to messages that other participants `send`.
   * @param listener gets the id of the sender and the text
   * @returns a function that removes the listener
   */
  onMessage(listener: (from: string, message: string) => void): () => void {
    this.#messageListeners.add(listener);
    return () => this.#messageListeners.delete(listener);
  }

  /**
   * Sends text over the data channel, without the server; each participant gets the messages in their order. Until there
   * is a way to a participant, 200 messages (or 4,000,000 UTF-16 code units) wait for it; further ones do not reach it.
   * @param to the id of a participant; null: every participant
   * @returns whether all of these will get it while they stay connected: false if too much waits for one of them, or if
   *   nobody on the call has that id
   * @throws CommandError TOO_LARGE if it has more than 262,144 bytes in UTF-8, TypeError if it is no text; then nobody
   *   gets it
   */
  send(to: string | null, message: string): boolean {
    return this.#mesh.send(to, message);
  }

  /**
   * The loudness of a participant's sound just now: `audioLevel` of W3C WebRTC, linear from 0 (silence) to 1. It costs
   * little, so a page may ask many times a second.
   */
  loudness(participantId: string): number {
    return this.#mesh.find(participantId)?.link?.loudness ?? 0;
  }

  /**
   * Tells a participant how large this page shows its picture, so that it sends no larger one. Without this the
   * participant sends what both devices and the network carry.
   * @param height in device pixels; 0: the page does not show the picture; null: unknown again
   */
  showPicture(participantId: string, height: number | null): void {
    this.#mesh.showPicture(participantId, height);
  }

  /**
   * Creates a workspace and takes its first seat as the owner. It waits up to 10 s for a connection with the server.
   * @param input name, avatar, PIN and `admission` of the workspace, name and avatar of the owner; all are optional
   */
  create(input: Pick<CommandPayload<'create'>, 'workspace' | 'attendee'>): Promise<void> {
    return this.#seats.create(input);
  }

  /**
   * Takes a seat with an invitation (`SeatState.workspace.token`) and its PIN. In the browser of the owner it takes the
   * owner's seat again, without a PIN, unless another page holds it. It waits up to 10 s for a connection.
   *
   * Where the owner admits newcomers one by one, it resolves with a place in the waiting room: `state` has it as `waiting`,
   * and then the seat, or why there is none as `ended`. The client keeps the place by itself, over lost networks and, with
   * `restore`, reloads.
   * @throws CommandError INVALID_TOKEN, TOKEN_EXPIRED, WRONG_PIN, LOCKED_OUT (see `retryAfter`), FULL, WORKSPACE_GONE
   */
  attend(input: { token: string; pin?: string; attendee?: ProfileInput }): Promise<void> {
    return this.#seats.attend(input);
  }

  /**
   * Takes the seat again that this page had before a reload, and its place on the call; or its place in a waiting room. Without a connection within 10 s
   * it rejects, but the seat, or the reason why it ended, still comes with the state once there is a connection.
   * @param invitation if given, only a seat in the workspace of this invitation counts
   * @returns whether the client has a seat now
   * @throws CommandError NO_ANSWER
   */
  async restore(invitation?: string): Promise<boolean> {
    this.#phone.restore();
    await this.#users.restore();
    return this.#seats.restore(invitation);
  }

  /** Gives the place in the waiting room up. Without one it does nothing. */
  giveUp(): Promise<void> {
    return this.#seats.waiting.giveUp();
  }

  /**
   * Gives somebody who waits a seat.
   * @param id of the person in `SeatState.waiting`; the attendee will have the same one
   * @throws CommandError OWNER_ONLY, FULL (the person waits on), NO_SUCH_ATTENDEE (the person waits no more)
   */
  admit(id: string): Promise<void> {
    return this.#seats.waiting.admit(id);
  }

  /** Does not let somebody in who waits. @throws CommandError OWNER_ONLY, NO_SUCH_ATTENDEE (the person waits no more) */
  turnAway(id: string): Promise<void> {
    return this.#seats.waiting.turnAway(id);
  }

  /**
   * Changes whether newcomers wait until the owner admits them ('ask'). With 'open' the people who wait are admitted in their
   * order while there are seats.
   * @throws CommandError OWNER_ONLY
   */
  setAdmission(admission: Admission): Promise<void> {
    return this.#seats.waiting.setAdmission(admission);
  }

  /** Gives the seat up. The workspace stays, and the owner can come back with the invitation. */
  leave(): Promise<void> {
    return this.#seats.leave();
  }

  /** Gives this attendee another name, which the others see at once. A user who has signed in keeps the name of the sign-in. */
  rename(name: string): Promise<void> {
    return this.#seats.rename(name);
  }

  /** Closes the workspace for everybody. @throws CommandError OWNER_ONLY */
  destroy(): Promise<void> {
    return this.#seats.destroy();
  }

  /**
   * Removes an attendee from the workspace. This is no ban: the attendee can come back with the invitation.
   * @param options `renewInvitation`: in the same step makes a new invitation, which comes with the state to all others;
   *   former ones admit nobody any more
   * @throws CommandError OWNER_ONLY, NO_SUCH_ATTENDEE
   */
  kick(attendeeId: string, { renewInvitation = false }: { renewInvitation?: boolean } = {}): Promise<void> {
    return this.#seats.kick(attendeeId, renewInvitation);
  }

  /**
   * Makes a new invitation, which comes with the state to every attendee. Former invitations admit nobody any more; all
   * seats stay.
   * @throws CommandError OWNER_ONLY
   */
  renewInvitation(): Promise<void> {
    return this.#seats.renewInvitation();
  }

  /**
   * Rings every attendee that is not on the call, and so starts the call. An attendee that is away hears it on
   * coming back, while it rings. If a call runs without this
   * attendee and everybody is on it, it rings one participant, and so joins the call.
   * @throws CommandError as `ring`
   */
  startCall(): Promise<void> {
    return this.#calls.startCall();
  }

  /**
   * Rings one attendee. The first ring starts the call. The state `ringing` tells when the ring is over, and the events
   * 'joined', 'busy' and 'unanswered' tell how it ended.
   * @throws CommandError OWNER_ONLY, NO_SUCH_ATTENDEE, NO_CALL, NOT_ON_CALL, TIME_OVER (the time for calls is used up),
   *   CALL_OVER (the ring ended meanwhile)
   */
  ring(attendeeId: string): Promise<void> {
    return this.#calls.ring(attendeeId);
  }

  /**
   * Accepts the incoming call and joins it; or an invite of `ClientState.invites`: the client leaves the seat that it has
   * elsewhere, and takes one there. After a ring, it joins the call by itself.
   * @throws CommandError NO_INCOMING_CALL, NO_CALL, NO_SUCH_ATTENDEE, CALL_OVER; with an invite INVITE_OVER, FULL, WORKSPACE_GONE,
   *   NOT_SIGNED_IN, NOT_ALLOWED
   */
  accept(invite?: InviteRecord): Promise<void> {
    return invite ? this.#invites.accept(invite) : this.#calls.accept();
  }

  /**
   * Declines the incoming call, or an invite of `ClientState.invites` on all connections of the user.
   * @param reason 'busy' leaves the caller with that answer
   * @throws CommandError NO_INCOMING_CALL, NO_CALL, NO_SUCH_ATTENDEE; with an invite INVITE_OVER, NOT_SIGNED_IN, WORKSPACE_GONE
   */
  decline(invite?: InviteRecord, reason: 'declined' | 'busy' = 'declined'): Promise<void> {
    return invite ? this.#invites.decline(invite, reason) : this.#calls.decline();
  }

  /**
   * Leaves the call at once; the seat stays. Without a connection it resolves too, and the server hears of it after the
   * next reconnect. Without a call it does nothing.
   * @throws CommandError NO_CALL, NOT_ON_CALL
   */
  leaveCall(): Promise<void> {
    return this.#calls.leaveCall();
  }

  /**
   * Ends the call for everybody. Without a connection it resolves too, and the server hears of it after the next
   * reconnect. Without a call it does nothing.
   * @throws CommandError OWNER_ONLY, NO_CALL, NOT_ON_CALL
   */
  hangup(): Promise<void> {
    return this.#calls.hangup();
  }

  /**
   * Has the call end so many seconds later than it would. Without a call, the workspace gets so much more time for its
   * calls, where that was used up. A call without a limit stays as it is. `CallState.endsAt` tells the new end.
   * @param seconds more than 0, at most 86,400
   * @throws CommandError OWNER_ONLY, NO_CALL
   */
  extendCall(seconds: number): Promise<void> {
    return this.#calls.extend(seconds);
  }

  /**
   * Starts a recording of the call, which `ClientState.recording` shows to everybody. It records nobody who has not agreed with
   * `consent`, and needs the module `mesh-workspaces/recorder` in the page of everybody whom it should record. It ends with the call.
   * @throws CommandError OWNER_ONLY, NO_CALL, NOT_ALLOWED (this server records nothing)
   */
  startRecording(): Promise<void> {
    return this.#recordings.start();
  }

  /** Ends the recording. @throws CommandError OWNER_ONLY, NO_RECORDING, NOT_ALLOWED */
  stopRecording(): Promise<void> {
    return this.#recordings.stop();
  }

  /**
   * Says whether this person agrees to be recorded. False is a withdrawal: it counts at once, also without a connection, and the
   * server hears of it after the next reconnect.
   * @param text the version of the text that the person has read, at most 200 characters; the server keeps it
   * @throws CommandError NO_RECORDING, NOT_ALLOWED
   */
  consent(given: boolean, text = ''): Promise<void> {
    return this.#recordings.consent(given, text);
  }

  /** What proves the seat of this page to the server in a request, for `Recorder`: it keeps this with what it records. Null without a seat. */
  get seatProof(): SeatProof | null {
    return this.#recordings.seatProof;
  }

  /**
   * Reads the recordings of a workspace for its owner, 50 at the most. The bytes of a part or a film are at its `url`, for a GET with `Authorization:
   * Bearer` and `downloadToken`, which is good for an hour; also in ranges. A DELETE there gives up a part that is still uploaded, once the recording is over.
   * @param of default: the workspace of the seat. A user who has signed in names a consultation or a workspace instead; a guest
   *   names the workspace with the access token of the owner's seat (`seatProof`). Both also when the workspace is over.
   * @throws CommandError OWNER_ONLY, NOT_ALLOWED (this server records nothing); with `of` NOT_SIGNED_IN, NO_RECORDING (the user has none
   *   there), NO_SUCH_CONSULTATION, and with an access token INVALID_TOKEN, TOKEN_EXPIRED, WORKSPACE_GONE
   */
  recordings(of?: RecordingsOf): Promise<RecordingList> {
    return this.#recordings.list(of);
  }

  /**
   * Writes in the chat (`ClientState.chat`). The message shows at once, and goes on until the server has it, also over a
   * lost connection; the server keeps it for all, and for attendees that come later.
   * @throws CommandError NO_SEAT
   */
  sendMessage(text: string): void {
    this.#chat.send(text);
  }

  /** Sends a message again whose state is 'failed'. @param key `ChatMessage.key` */
  retryMessage(key: string): void {
    this.#chat.retry(key);
  }

  /** The person has seen the chat: nothing is unread any more. */
  readMessages(): void {
    this.#chat.read();
  }

  /** Reads earlier messages of the chat, if `ChatState.hasEarlier` says that there are any. */
  loadEarlierMessages(): Promise<void> {
    return this.#chat.loadEarlier();
  }

  /**
   * Signs a user in, with a token of the host system or with a name of an open directory. The client signs in again on every
   * further connection, before it takes its seat there: give a function that fetches fresh tokens. `restore` signs in with
   * the name that this page had before a reload. `ClientState.user` says who has signed in.
   * @throws CommandError INVALID_TOKEN, TOKEN_EXPIRED, NAME_TAKEN, NOT_ALLOWED (this server has no users), WORKSPACE_GONE; or
   *   the error of the function
   */
  signIn(credentials: UserCredentials): Promise<void> {
    return this.#users.signIn(credentials);
  }

  /** Signs the user out on this client. Its seat stays. */
  signOut(): Promise<void> {
    return this.#users.signOut();
  }

  /**
   * Calls a user: leaves the seat that the client has, and takes one in a workspace for this call, which ends with it.
   * A user who accepts is on the call by itself. `ClientState.outgoing` says how it went otherwise. `cancelInvite` gives up. A user who
   * calls this one at that very moment meets it in the same call.
   * @param userId of an open directory: the name
   * @param options `name`: shown in `outgoing` and `recent`; default: the id
   * @throws CommandError NOT_SIGNED_IN, NO_SUCH_USER, NOT_ALLOWED, FULL, KICKED
   */
  dial(userId: string, { media = 'video', name = userId }: { media?: CallMedia; name?: string } = {}): Promise<void> {
    return this.#phone.dial({ id: userId, name }, media);
  }

  /**
   * Invites a user into this workspace, without its PIN.
   * @param options `ring`: rings the user, who is on the call after accepting; `name`: as in `dial`
   * @throws CommandError OWNER_ONLY, NO_CALL, NOT_ON_CALL, NO_SUCH_USER, NOT_ALLOWED
   */
  invite(
    userId: string,
    { ring = false, media = 'video', name = userId }: { ring?: boolean; media?: CallMedia; name?: string } = {},
  ): Promise<void> {
    return this.#phone.invite({ id: userId, name }, { ring, media });
  }

  /** Takes an invite of `ClientState.outgoing` back, and so ends a call that `dial` began. @throws CommandError INVITE_OVER, OWNER_ONLY */
  cancelInvite(invite: { id: string }): Promise<void> {
    return this.#phone.cancel(invite);
  }

  /** Reads older items into `ClientState.inbox`, if `more` says that there are any. @throws CommandError NOT_SIGNED_IN */
  readOlderInbox(): Promise<void> {
    return this.#invites.readOlder();
  }

  /** The user has seen the inbox: nothing is unseen any more, on all connections. @throws CommandError NOT_SIGNED_IN */
  markInboxSeen(): Promise<void> {
    return this.#invites.markSeen();
  }

  /**
   * Opens a consultation, or enters the one that has this `externalId`, as its owner. Its clients are invited until it is closed.
   * @throws CommandError NOT_SIGNED_IN, NOT_ALLOWED, CONSULTATION_CLOSED, NO_SUCH_CONSULTATION, NO_SUCH_USER, WORKSPACE_GONE
   */
  openConsultation(input: ConsultationInput): Promise<ConsultationRecord> {
    return this.#consultations.open(input);
  }

  /**
   * Takes the user's seat in an open consultation: of its provider, who comes back, or of a client. The client leaves the
   * seat that it has elsewhere. In another browser a provider can come back to one with an `externalId` alone.
   * @throws CommandError NOT_SIGNED_IN, NOT_ALLOWED, NO_SUCH_CONSULTATION, NO_WAY_IN, FULL, WORKSPACE_GONE
   */
  joinConsultation(id: string): Promise<void> {
    return this.#consultations.join(id);
  }

  /** Closes a consultation of this provider. @throws CommandError NOT_SIGNED_IN, NOT_ALLOWED, NO_SUCH_CONSULTATION */
  closeConsultation(id: string): Promise<ConsultationRecord> {
    return this.#consultations.close(id);
  }

  /**
   * Reads the consultations of the user, the latest first, also into `ClientState.consultations`. Those to which the user is
   * invited come there by themselves.
   * @param query `before`: only those whose `openedAt` is earlier (ms); `limit`: at most 200, default 50
   * @throws CommandError NOT_SIGNED_IN, NOT_ALLOWED
   */
  consultations(
    query: { status?: 'open' | 'closed'; before?: number; limit?: number } = {},
  ): Promise<{ consultations: readonly ConsultationRecord[]; more: boolean }> {
    return this.#consultations.list(query);
  }

  /** Reads one consultation of the user. @throws CommandError NOT_SIGNED_IN, NOT_ALLOWED, NO_SUCH_CONSULTATION */
  consultation(query: { id: string } | { externalId: string }): Promise<ConsultationRecord> {
    return this.#consultations.find(query);
  }

  /**
   * Reads the chat of a consultation, also of a closed one: the latest messages, or those before a `seq`, oldest first.
   * @param query `limit`: at most 200, default 100
   * @throws CommandError NOT_SIGNED_IN, NOT_ALLOWED, NO_SUCH_CONSULTATION
   */
  consultationMessages(
    id: string,
    query: { before?: number; limit?: number } = {},
  ): Promise<{ messages: readonly PostedMessage[]; more: boolean }> {
    return this.#signaling.ask('messages', { consultation: { id }, ...query });
  }

  /**
   * Closes all connections and devices and removes all listeners, for good. The server holds the seat for its grace
   * time, so a new client can `restore` it.
   */
  close(): void {
    this.#seats.close();
    this.#calls.close();
    this.#chat.close();
    this.#users.close();
    this.#invites.close();
    this.#phone.close();
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
    let wasOnCall = false;
    this.#store.state.subscribe(({ seat, call, ended }) => {
      // A screen that was shared on one call must not be seen on the next one.
      const isOnCall = call?.joined ?? false;
      if (wasOnCall && !isOnCall) this.media.stopScreen();
      wasOnCall = isOnCall;
      // The page that took the seat over uses the devices now.
      if (ended === 'superseded') this.media.close();
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

  /** Tells the other attendees that microphone or camera went on or off. */
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

  /** Reports the state of a peer to the server, whose log tells which attendees cannot reach each other, and why. */
  #report(peer: string, { state, route, reason, quality }: PeerState): void {
    const { proof } = this.#store;
    const said = `${state} ${reason ?? ''}`;
    if (!proof || this.#reported.get(peer) === said) return;
    // The first measurement, a second later, tells the route.
    if (state === 'connected' && route === null && quality === null) return;
    this.#reported.set(peer, said);
    const report = {
      ...proof,
      peer: { id: peer },
      state,
      ...(route ? { route } : {}),
      ...(reason ? { reason } : {}),
    };
    if (state === 'failed') void this.#askWhatIsLeftOut(peer, report);
    else this.#signaling.send('peer-state', report);
  }

  /** Reports a pair that failed. A server that hands on all candidates, or is away, names nothing that it leaves out. */
  async #askWhatIsLeftOut(peer: string, report: CommandPayload<'peer-state'>): Promise<void> {
    try {
      const { leftOut = [] } = await this.#signaling.ask('peer-state', report);
      if (leftOut.length > 0) this.#mesh.find(peer)?.leftOut(leftOut);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
    }
  }
}
