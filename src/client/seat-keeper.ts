import type { AttendeeRecord, CommandPayload, NoticePayload } from '../protocol/types.ts';
import type { CallKeeper } from './call-keeper.ts';
import type { ClientStore } from './client-store.ts';
import { type ClientErrorCode, CommandError, pauseAfter } from './errors.ts';
import { Ownership } from './ownership.ts';
import type { Proof } from './proof.ts';
import { randomId } from './random-id.ts';
import { grantedRecording } from './recording-keeper.ts';
import { fromGranted, grantedProof, withAttendee } from './roster.ts';
import type { SeatStorage, StoredKnock, StoredSeat } from './seat-storage.ts';
import type { Signaling } from './signaling.ts';
import type { Admission, EndReason, SeatState } from './state.ts';
import { WaitingKeeper } from './waiting-keeper.ts';

/** A command that needs a new connection waits this many ms for it. */
const CONNECT_TIMEOUT = 10_000;
/** The longest time between two renewals of access token and TURN credentials, in ms; both live for hours. */
const RENEW_AT_LEAST_EVERY = 30 * 60_000;
/** The shortest time between two renewals, in ms, for TURN credentials that live for a short time only. */
const RENEW_AT_MOST_EVERY = 30_000;

/** These errors say that the seat is gone for good; after any other error the client tries again. */
const seatIsLost: readonly ClientErrorCode[] = ['NOT_SEATED', 'WORKSPACE_GONE', 'INVALID_TOKEN', 'TOKEN_EXPIRED'];

function isLost(error: unknown): error is CommandError {
  return error instanceof CommandError && seatIsLost.includes(error.code);
}

/** The profile of an attendee as the others see it. Texts of more characters than the server allows are refused. */
export interface ProfileInput {
  name?: string;
  /** Any text, such as a URL or a few characters. */
  avatar?: string;
}

type Created = Pick<NoticePayload<'created'>, 'workspace' | 'attendee' | 'accessToken'>;
type Granted = Pick<NoticePayload<'attendance-granted'>, 'workspace' | 'attendee' | 'attendees' | 'accessToken'> &
  Partial<Pick<NoticePayload<'attendance-granted'>, 'serverNow' | 'waiting' | 'recording'>>;

/** Takes the seat in a workspace, holds it through lost networks and reloads, and gives it up. */
export class SeatKeeper {
  readonly #store: ClientStore;
  readonly #signaling: Signaling;
  readonly #calls: CallKeeper;
  readonly #storage: SeatStorage;
  readonly #ownership = new Ownership();
  /** The waiting room, where the owner has to admit this person, or this person is the owner. */
  readonly waiting: WaitingKeeper;
  /**
   * Names this page. From a new session of an attendee the others learn that its connections are gone. A page that waited
   * before a reload keeps its name, because its place goes with it.
   */
  #session = randomId();
  /** Signs in on a new connection, before the seat is taken there; null where nobody has signed in. */
  signInAgain: () => Promise<void> | null = () => null;
  #comeBackTimer: ReturnType<typeof setTimeout> | undefined;
  #renewal: ReturnType<typeof setTimeout> | undefined;

  constructor(store: ClientStore, signaling: Signaling, calls: CallKeeper, storage: SeatStorage) {
    this.#store = store;
    this.#signaling = signaling;
    this.#calls = calls;
    this.#storage = storage;
    this.waiting = new WaitingKeeper(store, signaling, storage, {
      sitDown: (granted) => this.#sitDown(granted),
      leave: (granted) => this.#giveBack(granted),
      end: (reason) => this.#end(reason),
    });
    this.#listen();
  }

  /** Creates a workspace and takes its first seat as the owner. */
  async create(input: Pick<CommandPayload<'create'>, 'workspace' | 'attendee'>): Promise<void> {
    this.#giveUpRestoring();
    await this.waiting.giveUp();
    await this.connected();
    const payload = { ...input, session: this.#session };
    await this.#signaling.ask('create', payload, (created) => this.enter(created, input.workspace.admission));
  }

  /**
   * Takes a seat with an invitation and its PIN, or the owner's seat again if this browser remembers it; or a place in the
   * waiting room.
   */
  async attend({ token, pin, attendee = {} }: { token: string; pin?: string; attendee?: ProfileInput }): Promise<void> {
    this.#giveUpRestoring();
    if (!this.waiting.isFor(token)) await this.waiting.giveUp();
    await this.connected();
    const owned = this.#storage.owned(token);
    const isOwner = owned !== null && (await this.#ownership.isFree(owned.workspace));
    if (isOwner && (await this.#comeBackAsOwner(owned, attendee))) return;
    await this.waiting.attend({ token, ...(pin === undefined ? {} : { pin }), attendee, session: this.#session });
  }

  /**
   * Takes the seat again that this page had before a reload. Without a connection within 10 s it rejects with NO_ANSWER,
   * and the seat comes back with the next connection.
   * @param invitation if given, only a seat in the workspace of this invitation counts
   * @returns whether the client has a seat now
   */
  async restore(invitation?: string): Promise<boolean> {
    const stored = this.#storage.read(invitation);
    if (!stored) return this.#restorePlace(this.#storage.readKnock(invitation));
    try {
      await this.connected();
    } finally {
      // Without a connection, the next one brings the seat back.
      this.#store.proof = proofOf(stored);
    }
    await this.comeBack();
    return this.#store.state.value.seat !== null;
  }

  /** Takes the place in a waiting room again that this page had before a reload. */
  async #restorePlace(knock: StoredKnock | null): Promise<boolean> {
    if (!knock) return false;
    this.#session = knock.session;
    try {
      await this.connected();
    } finally {
      // Without a connection, the next one brings the place back.
      this.waiting.remember(knock);
    }
    await this.waiting.comeBack();
    return this.#store.state.value.seat !== null;
  }

  get session(): string {
    return this.#session;
  }

  /** Gives up what this page has elsewhere. @param workspace the one whose seat it keeps; null: none */
  async leaveFor(workspace: string | null): Promise<void> {
    this.#giveUpRestoring();
    await this.waiting.giveUp();
    const { seat } = this.#store.state.value;
    if (!seat || seat.workspace.id === workspace) return;
    try {
      await this.leave();
    } catch (error) {
      if (!isLost(error)) throw error;
      this.#end('left');
    }
  }

  /** Takes the owner's seat that this browser remembers. @returns false if it remembers none, or another page holds it */
  async enterOwned(workspace: string): Promise<boolean> {
    const owned = this.#storage.ownedIn(workspace);
    if (!owned || !(await this.#ownership.isFree(workspace))) return false;
    await this.leaveFor(workspace);
    await this.connected();
    return this.#comeBackAsOwner(owned, {});
  }

  /** Takes the seat that came with an answer that tells of nobody else. */
  enter(created: Created, admission: Admission = 'open'): void {
    const { attendee } = created;
    const workspace = { ...created.workspace, admission, call: null };
    this.#sitDown({ ...created, workspace, attendees: { [attendee.id]: attendee } });
  }

  /** Gives the seat up. The owner can come back with the invitation. */
  async leave(): Promise<void> {
    await this.#signaling.ask('leave', this.#store.seated);
    this.#end('left');
  }

  /** Gives this attendee another name. */
  async rename(name: string): Promise<void> {
    const { workspace, attendee, accessToken } = this.#store.seated;
    const payload = { workspace, attendee: { ...attendee, name }, accessToken, session: this.#session };
    await this.#signaling.ask('re-attend', payload, (granted) => this.#sitDown(granted));
  }

  /** Closes the workspace for everybody (owner only). */
  async destroy(): Promise<void> {
    await this.#signaling.ask('destroy', this.#store.seated);
    this.#end('destroyed');
  }

  /** Removes an attendee, and makes a new invitation in the same step if asked to (owner only). */
  async kick(attendeeId: string, renewInvitation: boolean): Promise<void> {
    const kickedAttendee = { id: attendeeId };
    const { workspace } = await this.#signaling.ask('kick', { ...this.#store.seated, kickedAttendee, renewInvitation });
    this.#remove(attendeeId, 'kicked');
    if (workspace) this.#setInvitation(workspace);
  }

  /** Makes a new invitation (owner only); former ones open the workspace no more. */
  async renewInvitation(): Promise<void> {
    const { workspace } = await this.#signaling.ask('renew-invitation', this.#store.seated);
    this.#setInvitation(workspace);
  }

  close(): void {
    clearTimeout(this.#renewal);
    clearTimeout(this.#comeBackTimer);
    this.waiting.close();
    this.#ownership.release();
  }

  #listen(): void {
    this.#signaling.onConnect(() => {
      this.#store.patch({ connection: 'connected' });
      const signedIn = this.signInAgain();
      if (signedIn) void signedIn.then(() => this.#comeBackAnywhere());
      else this.#comeBackAnywhere();
    });
    this.#signaling.onDisconnect(() => this.#store.patch({ connection: 'reconnecting' }));
    this.#signaling.on('iceservers', (servers) => {
      clearTimeout(this.#renewal);
      this.#renewal = setTimeout(() => void this.comeBack(), renewalDelay(servers, this.#store.clock.now()));
    });
    this.#signaling.on('attend', (attendee) => this.#onAttend(attendee));
    this.#signaling.on('leave', ({ id }) => this.#remove(id, 'leave'));
    this.#signaling.on('kicked', ({ id }) => {
      if (id === this.#store.state.value.seat?.self) this.#end('kicked');
      else this.#remove(id, 'kicked');
    });
    this.#signaling.on('destroyed', () => this.#end('destroyed'));
    this.#signaling.on('invitation', ({ workspace }) => this.#setInvitation(workspace));
    this.#signaling.on('superseded', () => this.#end('superseded'));
    this.#signaling.on('mic-toggle', ({ attendee, state }) => this.#store.patchAttendee(attendee.id, { mic: state }));
    this.#signaling.on('cam-toggle', ({ attendee, state }) => this.#store.patchAttendee(attendee.id, { cam: state }));
  }

  #comeBackAnywhere(): void {
    // The server closes a connection that sends no command in time.
    if (this.#store.proof) void this.comeBack();
    else if (this.waiting.isWaiting) void this.waiting.comeBack();
    else this.#signaling.send('iceservers', {});
  }

  #onAttend(attendee: AttendeeRecord): void {
    const { seat } = this.#store.state.value;
    if (!seat) return;
    const former = this.#store.attendee(attendee.id);
    this.#store.patch({ seat: withAttendee(seat, attendee) });
    if (!former) this.#store.emit('attend', attendee);
    this.#calls.onAttend(attendee, former);
  }

  #setInvitation({ id, token }: { id: string; token: string }): void {
    const { seat } = this.#store.state.value;
    if (seat?.workspace.id !== id) return;
    const renewed = { ...seat, workspace: { ...seat.workspace, token } };
    this.#store.patch({ seat: renewed });
    this.#remember(renewed, this.#store.seated);
  }

  #remove(id: string, event: 'leave' | 'kicked'): void {
    const attendee = this.#store.attendee(id);
    this.#calls.forget(id);
    this.#store.removeAttendee(id);
    this.#store.emit(event, attendee);
  }

  /** The person wants another seat than the one that `restore` could not take yet. */
  #giveUpRestoring(): void {
    if (this.#store.state.value.seat === null) this.#store.proof = null;
  }

  /** Waits for a connection with the server. @throws CommandError NO_ANSWER */
  async connected(): Promise<void> {
    if (this.#signaling.connected) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        stop();
        reject(new CommandError('NO_ANSWER'));
      }, CONNECT_TIMEOUT);
      const stop = this.#store.state.subscribe(({ connection }) => {
        if (connection !== 'connected') return;
        clearTimeout(timer);
        stop();
        resolve();
      });
    });
  }

  /** A seat came that this person does not want any more. */
  #giveBack(granted: Granted): void {
    this.#signaling.send('leave', grantedProof(granted));
  }

  #sitDown(granted: Granted): void {
    this.waiting.forget();
    const { seat, call } = fromGranted(granted);
    this.#store.clock.hear(granted.serverNow);
    if (call) this.#store.clock.hearOfBeginning(call.startedAt);
    const proof = grantedProof(granted);
    this.#store.proof = proof;
    this.#remember(seat, proof);
    if (seat.isOwner) this.#ownership.hold(seat.workspace.id);
    const { seat: former, ringing } = this.#store.state.value;
    const recording = grantedRecording(granted);
    this.#store.patch({ seat, ended: null, call, recording, ringing: former?.self === seat.self ? ringing : [] });
    this.#calls.adopt(call);
  }

  /** Remembers the seat for a reload of the page, and an owner's seat beyond that. */
  #remember({ workspace, self, isOwner }: SeatState, { accessToken }: Proof): void {
    const stored = { workspace: workspace.id, attendee: self, accessToken, token: workspace.token };
    this.#storage.write(stored);
    if (isOwner) this.#storage.rememberOwned(stored);
  }

  /** Takes the seat again and reads the state of the workspace. After a temporary failure it tries again later. */
  async comeBack(): Promise<void> {
    const { proof } = this.#store;
    if (!proof || !this.#signaling.connected) return;
    try {
      const payload = { ...proof, session: this.#session };
      await this.#signaling.ask('re-attend', payload, (granted) => this.#sitDown(granted));
    } catch (error) {
      if (isLost(error)) {
        this.#end(error.code === 'WORKSPACE_GONE' ? 'destroyed' : 'seat-lost');
      } else this.#comeBackTimer = setTimeout(() => void this.comeBack(), comeBackDelay(error));
    }
  }

  /** @returns false if the seat is gone for good */
  async #comeBackAsOwner(owned: StoredSeat, { name, avatar }: ProfileInput): Promise<boolean> {
    const { workspace, attendee, accessToken } = proofOf(owned);
    const profile = { ...attendee, ...(name ? { name } : {}), ...(avatar ? { avatar } : {}) };
    const payload = { workspace, attendee: profile, accessToken, session: this.#session };
    try {
      await this.#signaling.ask('re-attend', payload, (granted) => this.#sitDown(granted));
    } catch (error) {
      if (!isLost(error)) throw error;
      this.#storage.forgetOwned(owned.workspace);
      return false;
    }
    return true;
  }

  #end(reason: EndReason): void {
    this.#calls.hangUpHere();
    this.#ownership.release();
    this.waiting.forget({ keepStored: reason === 'superseded' });
    if (reason === 'destroyed' && this.#store.proof) this.#storage.forgetOwned(this.#store.proof.workspace.id);
    this.#store.proof = null;
    this.#store.patch({ seat: null, call: null, recording: null, ended: reason });
    if (reason !== 'superseded') {
      this.#storage.write(null);
      return;
    }
    // Another page holds the seat now, and may share the storage with this one: the storage stays as it is.
    this.#signaling.close();
    this.#store.patch({ connection: 'closed' });
  }
}

/**
 * The time until the next try to take the seat again, in ms. A server that many come back to names a time; these spread over
 * half as long again, so that they do not all come at the same moment.
 */
function comeBackDelay(error: unknown): number {
  const isNamed = error instanceof CommandError && error.retryAfter !== null;
  return pauseAfter(error) * (isNamed ? 1 + Math.random() / 2 : 1);
}

/**
 * The time until the next renewal, in ms: half of the lifetime that the TURN credentials have left. The user name of
 * coturn's time-limited credentials begins with the second in which they expire (draft-uberti-behave-turn-rest).
 * @param now by the clock of the server, in ms
 */
function renewalDelay(servers: NoticePayload<'iceservers'>, now: number): number {
  const expiries = servers.flatMap(({ username }) => /^(\d{10}):/.exec(username ?? '')?.[1] ?? []);
  const left = Math.min(...expiries.map((seconds) => Number(seconds) * 1000 - now));
  return Math.max(RENEW_AT_MOST_EVERY, Math.min(RENEW_AT_LEAST_EVERY, left / 2));
}

function proofOf({ workspace, attendee, accessToken }: StoredSeat): Proof {
  return { workspace: { id: workspace }, attendee: { id: attendee }, accessToken };
}
