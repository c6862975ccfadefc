import type { KnockRecord, NoticePayload } from '../protocol/types.ts';
import type { ClientStore } from './client-store.ts';
import { CommandError, isTemporary, pauseAfter, TRY_AGAIN } from './errors.ts';
import { grantedProof, withKnock, withoutKnock } from './roster.ts';
import { isSameWorkspace, type SeatStorage, type StoredKnock } from './seat-storage.ts';
import type { Signaling } from './signaling.ts';
import type { Admission, EndReason } from './state.ts';

type Granted = NoticePayload<'attendance-granted'>;

/** What waiting leads to. */
interface Ways {
  /** Takes the seat that the server has granted. */
  sitDown(granted: Granted): void;
  /** Gives it back: it came too late. */
  leave(granted: Granted): void;
  end(reason: EndReason): void;
}

/**
 * The waiting room, from both sides: the own place, which the page keeps through lost networks and reloads without the
 * person's doing; and the list of the owner.
 */
export class WaitingKeeper {
  readonly #store: ClientStore;
  readonly #signaling: Signaling;
  readonly #storage: SeatStorage;
  readonly #ways: Ways;
  /** What it takes to ask again; null while this page does not wait. */
  #knock: StoredKnock | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: ClientStore, signaling: Signaling, storage: SeatStorage, ways: Ways) {
    this.#store = store;
    this.#signaling = signaling;
    this.#storage = storage;
    this.#ways = ways;
    this.#listen();
  }

  /** Whether this page waits, or is about to ask for its place again. */
  get isWaiting(): boolean {
    return this.#knock !== null;
  }

  /** Whether this page waits in the workspace of an invitation. */
  isFor(token: string): boolean {
    return this.#knock !== null && isSameWorkspace(token, this.#knock.token);
  }

  /** Takes a seat, or a place in the waiting room where the owner has to admit newcomers. */
  async attend(knock: StoredKnock): Promise<void> {
    const { token, pin, attendee, session } = knock;
    const workspace = pin === undefined ? { token } : { token, pin };
    const former = this.#knock;
    let isGivenUp = false;
    const answer = await this.#signaling.ask('attend', { workspace, attendee, session }, (answer) => {
      isGivenUp = former !== null && this.#knock === null;
      if ('accessToken' in answer) {
        if (isGivenUp) this.#ways.leave(answer);
        else this.#ways.sitDown(answer);
      } else if (!isGivenUp) {
        this.remember(knock);
        this.#store.patch({ waiting: answer.waiting, ended: null });
      }
    });
    if (isGivenUp && !('accessToken' in answer)) await this.#tellGivenUp();
  }

  /** Asks for this place with every connection from now on. */
  remember(knock: StoredKnock): void {
    this.#knock = knock;
    this.#storage.writeKnock(knock);
  }

  /**
   * This page has a seat, or wants another one, or its place has ended.
   * @param options `keepStored`: another page has the place now, and may share the storage with this one
   */
  forget({ keepStored = false }: { keepStored?: boolean } = {}): void {
    clearTimeout(this.#timer);
    if (!this.#knock) return;
    this.#knock = null;
    if (!keepStored) this.#storage.writeKnock(null);
    this.#store.patch({ waiting: null });
  }

  /** Takes the place again after a lost connection. After a temporary failure it tries again later. */
  async comeBack(): Promise<void> {
    clearTimeout(this.#timer);
    const knock = this.#knock;
    if (!knock || !this.#signaling.connected) return;
    try {
      await this.attend(knock);
    } catch (error) {
      if (this.#knock !== knock) return;
      if (isTemporary(error)) this.#timer = setTimeout(() => void this.comeBack(), pauseAfter(error));
      else this.#ways.end(endOf(error));
    }
  }

  /** Gives the place up. Should the server not hear it, the place ends by itself soon after the connection. */
  async giveUp(): Promise<void> {
    if (!this.#knock) return;
    this.forget();
    await this.#tellGivenUp();
  }

  async #tellGivenUp(): Promise<void> {
    if (this.isWaiting || !this.#signaling.connected) return;
    try {
      await this.#signaling.ask('give-up', {});
    } catch (error) {
      if (isTemporary(error)) this.#timer = setTimeout(() => void this.#tellGivenUp(), TRY_AGAIN);
    }
  }

  /** Gives somebody who waits a seat (owner only). */
  async admit(id: string): Promise<void> {
    await this.#decide('admit', id);
  }

  /** Does not let somebody in who waits (owner only). */
  async turnAway(id: string): Promise<void> {
    await this.#decide('turn-away', id);
  }

  /** Changes whether newcomers wait (owner only). */
  async setAdmission(admission: Admission): Promise<void> {
    await this.#signaling.ask('admission', { ...this.#store.seated, admission });
    this.#onAdmission(admission);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  async #decide(command: 'admit' | 'turn-away', id: string): Promise<void> {
    try {
      await this.#signaling.ask(command, { ...this.#store.seated, waiting: { id } });
    } catch (error) {
      if (error instanceof CommandError && error.code === 'NO_SUCH_ATTENDEE')
        this.#store.patchSeat((seat) => withoutKnock(seat, id));
      throw error;
    }
    this.#store.patchSeat((seat) => withoutKnock(seat, id));
  }

  #listen(): void {
    this.#signaling.on('waiting', (place) => {
      if (this.#store.state.value.waiting?.id === place.id) this.#store.patch({ waiting: place });
    });
    this.#signaling.on('attendance-granted', (granted) => this.#onGranted(granted));
    this.#signaling.on('turned-away', () => {
      if (this.isWaiting) this.#ways.end('turned-away');
    });
    this.#signaling.on('knock', ({ waiting }) => this.#onKnock(waiting));
    this.#signaling.on('knock-ended', ({ waiting }) => this.#store.patchSeat((seat) => withoutKnock(seat, waiting.id)));
    this.#signaling.on('admission', ({ admission }) => this.#onAdmission(admission));
  }

  #onGranted(granted: Granted): void {
    const { waiting, seat } = this.#store.state.value;
    if (waiting?.id !== granted.attendee.id && seat?.self !== granted.attendee.id) {
      this.#ways.leave(granted);
      return;
    }
    this.#ways.sitDown(granted);
    // The server learns that the access token has come: from now on nothing but the token opens the seat.
    this.#signaling.send('attendees', grantedProof(granted));
  }

  #onKnock(knock: KnockRecord): void {
    const isNew = !this.#store.state.value.seat?.waiting.some(({ id }) => id === knock.id);
    this.#store.patchSeat((seat) => withKnock(seat, knock));
    if (isNew) this.#store.report({ type: 'knock', waiting: knock });
  }

  #onAdmission(admission: Admission): void {
    this.#store.patchSeat((seat) => ({ ...seat, workspace: { ...seat.workspace, admission } }));
  }
}

/** Why a place is gone whose page could not take it again. */
function endOf(error: unknown): EndReason {
  const code = error instanceof CommandError ? error.code : null;
  if (code === 'WORKSPACE_GONE') return 'destroyed';
  return code === 'KICKED' ? 'kicked' : 'place-lost';
}
