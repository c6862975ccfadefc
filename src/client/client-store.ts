import type { AttendeeRecord } from '../protocol/types.ts';
import { CommandError } from './errors.ts';
import { callHost } from './host-callback.ts';
import { Observable } from './observable.ts';
import { withoutAttendee, withoutParticipant, withParticipants, withPatch } from './roster.ts';
import { ServerClock } from './server-clock.ts';
import { type CallState, type ClientState, initialState } from './state.ts';

/** Events that a page announces to the person. `ClientState` has changed already when an event fires. */
export type ClientEventType =
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
  /** This attendee rang `attendee`, which did not answer in time. */
  | 'unanswered'
  /** `attendee` hung up. If `attendee` is the owner, the call is over for everybody. */
  | 'hangup';

/** An event, and the attendee that it is about. */
export type ClientEvent = {
  [Type in ClientEventType]: { readonly type: Type; readonly attendee: AttendeeRecord };
}[ClientEventType];

/** The event of one type. */
export type ClientEventOf<Type extends ClientEventType> = Extract<ClientEvent, { type: Type }>;

/** `W, A, T` of the protocol, which every command of a seat carries: workspace, attendee, access token. */
export interface Proof {
  workspace: { id: string };
  attendee: { id: string };
  accessToken: string;
}

/** The state of a client, the proof of its seat, the clock of the server, and the listeners to its events. */
export class ClientStore {
  readonly state = new Observable<ClientState>(initialState);
  readonly clock = new ServerClock();
  proof: Proof | null = null;
  readonly #listeners = new Map<ClientEventType, Set<(attendee: AttendeeRecord) => void>>();

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

  patchAttendee(id: string, patch: Partial<AttendeeRecord>): void {
    const { seat } = this.state.value;
    if (seat) this.patch({ seat: withPatch(seat, id, patch) });
  }

  removeAttendee(id: string): void {
    const { seat } = this.state.value;
    if (seat) this.patch({ seat: withoutAttendee(seat, id) });
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
    const call = (attendee: AttendeeRecord) => listener({ type, attendee } as ClientEventOf<Type>);
    listeners.add(call);
    return () => listeners.delete(call);
  }

  /** Calls the listeners of an event. If the attendee is unknown because it has left already, there is no event. */
  emit(type: ClientEventType, attendee: AttendeeRecord | undefined): void {
    if (!attendee) return;
    for (const listener of [...(this.#listeners.get(type) ?? [])]) callHost(listener, attendee);
  }

  close(): void {
    this.#listeners.clear();
  }
}
