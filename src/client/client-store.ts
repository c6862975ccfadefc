import type { AttendeeRecord } from '../protocol/types.ts';
import { CommandError } from './errors.ts';
import { Observable } from './observable.ts';
import { withoutAttendee, withoutParticipant, withParticipants, withPatch } from './roster.ts';
import { type CallState, type ClientState, initialState } from './state.ts';

/** What happens once, to be told to a person. */
export type ClientEventType =
  | 'attend'
  | 'leave'
  | 'kicked'
  | 'joined'
  | 'call-left'
  | 'ring'
  | 'busy'
  | 'unanswered'
  | 'hangup';

export type ClientEvent = {
  [Type in ClientEventType]: { readonly type: Type; readonly attendee: AttendeeRecord };
}[ClientEventType];

/** The event of a type. */
export type ClientEventOf<Type extends ClientEventType> = Extract<ClientEvent, { type: Type }>;

/** `W, A, T` of the protocol: what every command of a seat carries. */
export interface Proof {
  workspace: { id: string };
  attendee: { id: string };
  accessToken: string;
}

/** What a client knows: its state, the proof of its seat, and who wants to hear of what happens. */
export class ClientStore {
  readonly state = new Observable<ClientState>(initialState);
  proof: Proof | null = null;
  readonly #listeners = new Map<ClientEventType, Set<(attendee: AttendeeRecord) => void>>();

  /** @throws CommandError NO_SEAT */
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
    const tell = (attendee: AttendeeRecord) => listener({ type, attendee } as ClientEventOf<Type>);
    listeners.add(tell);
    return () => listeners.delete(tell);
  }

  /** Tells what happened, if it is known to whom. */
  emit(type: ClientEventType, attendee: AttendeeRecord | undefined): void {
    if (!attendee) return;
    for (const tell of this.#listeners.get(type) ?? []) tell(attendee);
  }

  close(): void {
    this.#listeners.clear();
  }
}
