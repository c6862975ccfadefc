import type {
  AttendeeRecord,
  ConsultationRecord,
  InboxItemRecord,
  InviteRecord,
  KnockRecord,
  NoticePayload,
} from '../protocol/types.ts';
import { CommandError } from './errors.ts';
import { callHost } from './host-callback.ts';
import { Observable } from './observable.ts';
import type { Proof } from './proof.ts';
import { withoutAttendee, withoutParticipant, withParticipants, withPatch } from './roster.ts';
import { ServerClock } from './server-clock.ts';
import { type CallState, type ClientState, type IncomingInvite, initialState, type SeatState } from './state.ts';

/** Events about an attendee, which a page announces to the person. */
type PersonalEventType =
  /** `attendee` took a seat. (A reconnect is no event; it shows in `AttendeeRecord.connected`.) */
  | 'attend'
  /** `attendee` gave its seat up, or was away for longer than the server's grace time. */
  | 'leave'
  /** The owner removed `attendee`. (If the owner removes this attendee, `ClientState.ended` is 'kicked' instead.) */
  | 'kicked'
  /** `attendee` joined the call. */
  | 'joined'
  /** `attendee` left the call; the seat stays. */
  | 'call-left'
  /** `attendee` rings this attendee; `accept` or `decline` answers. */
  | 'ring'
  /** This attendee rang `attendee`, which declined or is on another call. */
  | 'busy'
  /** This attendee rang `attendee`, which did not answer in time, or did not come back. */
  | 'unanswered'
  /** `attendee` wrote in the chat. */
  | 'message'
  /** `attendee` hung up. If `attendee` is the owner, the call is over for everybody. */
  | 'hangup';

/** An event, and the attendee that it is about. */
type PersonalEvent = {
  [Type in PersonalEventType]: { readonly type: Type; readonly attendee: AttendeeRecord };
}[PersonalEventType];

/** Events about the time of the call that this attendee is on. Times are by the clock of the server, in ms. */
type TimeEvent =
  /** The call ends soon: the server warns so long before as it is set to, by default 5 minutes and 1 minute. */
  | { readonly type: 'call-ending'; readonly endsAt: number }
  /** The call ends at another time than before, mostly later; null: without a limit. */
  | { readonly type: 'call-extended'; readonly endsAt: number | null; readonly former: number | null }
  /** The time was over, and the server has ended the call for everybody. */
  | { readonly type: 'time-over' };

/** For the owner: somebody asks to be admitted. (People who asked before a reload are in `SeatState.waiting` without an event.) */
type KnockEvent = { readonly type: 'knock'; readonly waiting: KnockRecord };

/** Events about the user who signed in on this client. */
export type UserEvent =
  /** Somebody invites the user, or rings (`ring`). */
  | { readonly type: 'invited'; readonly invite: IncomingInvite }
  /** It is over without this client: 'accepted' and 'declined' say what another connection of the user did. */
  | { readonly type: 'invite-ended'; readonly invite: InviteRecord; readonly reason: InviteEnd }
  /** A user answered an invite of this client, or is away. */
  | {
      readonly type: 'invite-answered';
      readonly invite: InviteRecord;
      readonly userId: string;
      readonly answer: InviteAnswer;
    }
  /** The user missed something: it is in `ClientState.inbox`. */
  | { readonly type: 'inbox-item'; readonly item: InboxItemRecord }
  /** A consultation of the user is closed. */
  | { readonly type: 'consultation-closed'; readonly consultation: ConsultationRecord }
  /** After a lost connection the server refused the sign-in: the client is that of a guest now. */
  | { readonly type: 'signed-out'; readonly error: CommandError };

type InviteEnd = NoticePayload<'invite-ended'>['reason'];
type InviteAnswer = NoticePayload<'invite-answered'>['answer'];

/** An event that a page announces to the person. `ClientState` has changed already when an event fires. */
export type ClientEvent = PersonalEvent | TimeEvent | KnockEvent | UserEvent;
/** The types of events, for `MeshClient.on`. */
export type ClientEventType = ClientEvent['type'];

/** The event of one type. */
export type ClientEventOf<Type extends ClientEventType> = Extract<ClientEvent, { type: Type }>;

/** The state of a client, the proof of its seat, the clock of the server, and the listeners to its events. */
export class ClientStore {
  readonly state = new Observable<ClientState>(initialState);
  readonly clock = new ServerClock();
  proof: Proof | null = null;
  readonly #listeners = new Map<ClientEventType, Set<(event: ClientEvent) => void>>();

  /** The proof of the seat. @throws CommandError NO_SEAT */
  get seated(): Proof {
    if (!this.proof) throw new CommandError('NO_SEAT');
    return this.proof;
  }

  patch(patch: Partial<ClientState>): void {
    this.state.set({ ...this.state.value, ...patch });
  }

  attendee(id: string): AttendeeRecord | undefined {
    return this.state.value.seat?.attendees.find((attendee) => attendee.id === id);
  }

  /** Changes the seat, if there is one. */
  patchSeat(change: (seat: SeatState) => SeatState): void {
    const { seat } = this.state.value;
    if (seat) this.patch({ seat: change(seat) });
  }

  patchAttendee(id: string, patch: Partial<AttendeeRecord>): void {
    this.patchSeat((seat) => withPatch(seat, id, patch));
  }

  removeAttendee(id: string): void {
    this.patchSeat((seat) => withoutAttendee(seat, id));
  }

  setCall(call: CallState | null): void {
    const { seat } = this.state.value;
    if (call) this.clock.hearOfBeginning(call.startedAt);
    this.patch({ call, seat: seat && withParticipants(seat, call?.participants ?? []) });
  }

  addParticipant(id: string): void {
    const { call, seat } = this.state.value;
    if (!call || !seat) return;
    const participants = [...new Set([...call.participants, id])];
    this.setCall({ ...call, participants, joined: participants.includes(seat.self) });
  }

  removeParticipant(id: string): void {
    const { call, seat } = this.state.value;
    if (seat) this.setCall(withoutParticipant(call, id, seat.self));
  }

  on<Type extends ClientEventType>(type: Type, listener: (event: ClientEventOf<Type>) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    // One for each call of `on`, so that each ends its own.
    const call = (event: ClientEvent) => listener(event as ClientEventOf<Type>);
    listeners.add(call);
    return () => listeners.delete(call);
  }

  /** Reports an event about an attendee. If it is unknown because it has left already, there is no event. */
  emit(type: PersonalEventType, attendee: AttendeeRecord | undefined): void {
    if (attendee) this.report({ type, attendee });
  }

  /** Calls the listeners of an event. */
  report(event: ClientEvent): void {
    for (const listener of [...(this.#listeners.get(event.type) ?? [])]) callHost(listener, event);
  }

  close(): void {
    this.#listeners.clear();
  }
}
