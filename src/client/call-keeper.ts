import type { AttendeeRecord, NoticePayload } from '../protocol/types.ts';
import type { ClientStore } from './client-store.ts';
import { CommandError } from './errors.ts';
import type { Mesh } from './mesh.ts';
import { randomId } from './random-id.ts';
import type { Signaling } from './signaling.ts';
import type { CallState } from './state.ts';
import type { TaggedDescription } from './tagged.ts';

/** An incoming call disappears after this many ms without news of it. The server ends a ring after 45 s by default. */
const INCOMING_LIMIT = 60_000;

/**
 * This attendee's part in the call of the workspace: rings in both directions, the list of participants, and the
 * connections that follow from it.
 */
export class CallKeeper {
  readonly #store: ClientStore;
  readonly #signaling: Signaling;
  readonly #mesh: Mesh;
  #incoming: NoticePayload<'ring'> | null = null;
  /** What the person has accepted already: the next ring in this workspace until then, by performance.now(). */
  #accepted: { readonly workspace: string; readonly until: number } | null = null;
  #incomingTimer: ReturnType<typeof setTimeout> | undefined;
  /**
   * The call that this attendee left last, and the command that says so. The server may not have heard it yet; then its
   * next answer must not put this attendee back onto the call.
   */
  #left: { id: string; by: 'leave-call' | 'hangup' } | null = null;
  /** The rings that are being answered, the latest of each caller. */
  readonly #answering = new Map<string, NoticePayload<'ring'>>();

  constructor(store: ClientStore, signaling: Signaling, mesh: Mesh) {
    this.#store = store;
    this.#signaling = signaling;
    this.#mesh = mesh;
    this.#listen();
  }

  /** Rings every attendee that is not on the call. From outside a running call it joins that call. */
  async startCall(): Promise<void> {
    const { seat, call, ringing } = this.#store.state.value;
    if (!seat) throw new CommandError('NO_SEAT');
    const callees = seat.attendees
      .filter(({ id, onCall }) => id !== seat.self && !onCall && !ringing.includes(id))
      .map(({ id }) => id);
    // The server puts the caller of a participant onto the call; the others hear of it, and offer.
    const [participant] = call && !call.joined ? call.participants : [];
    if (callees.length === 0 && participant !== undefined) callees.push(participant);
    await Promise.all(callees.map((id) => this.ring(id)));
  }

  /** Rings one attendee. The first ring starts the call. */
  async ring(attendeeId: string): Promise<void> {
    const proof = this.#store.seated;
    const known = this.#store.state.value.call;
    const id = known?.id ?? randomId();
    if (!known) {
      const times = { startedAt: this.#store.clock.now(), connectedAt: null, endsAt: null };
      this.#store.patch({ call: { id, ...times, participants: [], joined: false } });
    }
    this.#left = null;
    this.#setRinging(attendeeId, true);
    const peer = this.#mesh.fresh(attendeeId);
    try {
      const offer = await peer.ring();
      await this.#signaling.ask('ring', { ...proof, callee: { id: attendeeId }, call: { id }, offer });
      this.#store.addParticipant(proof.attendee.id);
    } catch (error) {
      // If the pair began anew meanwhile, this failure is of the former ring alone, and the new one goes on.
      if (this.#mesh.find(attendeeId) === peer) this.#unring(attendeeId);
      const { call, ringing } = this.#store.state.value;
      if (call?.participants.length === 0 && ringing.length === 0) this.#store.patch({ call: null });
      throw error;
    }
  }

  /** Accepts the incoming call. */
  async accept(): Promise<void> {
    const ring = this.#takeIncoming();
    if (!ring) throw new CommandError('NO_INCOMING_CALL');
    await this.#answer(ring);
  }

  /** Answers the next ring in a workspace by itself, if it comes within a minute; null: no ring. */
  answerNext(workspace: string | null): void {
    this.#accepted = workspace === null ? null : { workspace, until: performance.now() + INCOMING_LIMIT };
  }

  /** Declines the incoming call. */
  async decline(): Promise<void> {
    const ring = this.#incoming;
    if (!ring) throw new CommandError('NO_INCOMING_CALL');
    this.#dropIncoming();
    await this.#signaling.ask('busy', { ...this.#store.seated, caller: { id: ring.caller.id }, call: ring.call });
  }

  /** Leaves the call; the seat stays. Without a connection the server hears of it after the next reconnect. */
  async leaveCall(): Promise<void> {
    await this.#quit('leave-call');
  }

  /** Ends the call for everybody (owner only). Without a connection the server hears of it after the next reconnect. */
  async hangup(): Promise<void> {
    await this.#quit('hangup');
    this.#store.setCall(null);
  }

  /** Has the call end so many seconds later (owner only). Without a call it lifts a limit that was reached. */
  async extend(seconds: number): Promise<void> {
    const id = this.#store.state.value.call?.id ?? randomId();
    this.#onNewEnd(await this.#signaling.ask('extend-call', { ...this.#store.seated, call: { id }, seconds }));
  }

  /** Takes this attendee off the call, on this side alone. The call may go on. */
  hangUpHere(): void {
    this.#takeIncoming();
    this.#mesh.close();
    this.#store.patch({ ringing: [] });
    const { seat } = this.#store.state.value;
    if (seat) this.#store.removeParticipant(seat.self);
  }

  /** Ends every ring and connection with an attendee that left the call or the workspace. */
  forget(id: string): void {
    this.#unring(id);
    this.#store.removeParticipant(id);
    if (this.#incoming?.caller.id === id) this.#takeIncoming();
  }

  /**
   * Follows the call as the server has it after an attend or a re-attend: connects with every participant, and drops
   * every other connection.
   */
  adopt(call: CallState | null): void {
    const { seat, ringing } = this.#store.state.value;
    if (seat && call?.joined && this.#left?.id === call.id) {
      this.#signaling.send(this.#left.by, { ...this.#store.seated, call: { id: call.id } });
      if (this.#left.by === 'hangup') this.#store.setCall(null);
      else this.#store.removeParticipant(seat.self);
      return;
    }
    const partners = call?.joined ? call.participants.filter((id) => id !== seat?.self) : [];
    // The server does not know of an answer yet that is on its way.
    const answering = call?.participants.filter((id) => this.#answering.has(id)) ?? [];
    this.#mesh.keepOnly([...partners, ...ringing, ...answering]);
    for (const id of partners) {
      const known = this.#mesh.find(id);
      // A participant has answered, although the answer may have got lost.
      this.#setRinging(id, false);
      known?.expect();
      // A known pair makes up for lost messages. To a new page every participant offers, so this side waits.
      if (known) known.nudge();
      else this.#mesh.pair(id).awaitOffer();
      this.#mesh.find(id)?.setOnline(this.#store.attendee(id)?.connected ?? false);
    }
  }

  /** An attendee sat down or came back. @param former the attendee as known before; undefined for a new one */
  onAttend(attendee: AttendeeRecord, former: AttendeeRecord | undefined): void {
    const { seat, call, ringing } = this.#store.state.value;
    const isSamePage = former?.session === attendee.session;
    // A new page of the caller knows nothing of the ring that the former page sent.
    if (this.#incoming?.caller.id === attendee.id && !isSamePage) this.#dropIncoming();
    this.#mesh.find(attendee.id)?.setOnline(attendee.connected);
    if (!call?.joined || attendee.id === seat?.self) return;
    if (attendee.onCall) this.#setRinging(attendee.id, false);
    const wasThere = former?.connected === true && isSamePage && attendee.session !== undefined;
    if (!attendee.onCall) {
      // It has read the workspace anew, and has the ring and all candidates.
      if (wasThere && ringing.includes(attendee.id)) return;
      // Its page forgot the call (a client of the first generation does when it comes back).
      this.forget(attendee.id);
      if (seat?.isOwner) this.ring(attendee.id).catch(() => {});
    } else if (!isSamePage) this.#mesh.fresh(attendee.id).offer();
    else this.#mesh.find(attendee.id)?.nudge();
  }

  close(): void {
    clearTimeout(this.#incomingTimer);
    this.#mesh.close();
  }

  async #quit(by: 'leave-call' | 'hangup'): Promise<void> {
    const { call } = this.#store.state.value;
    if (!call) return;
    this.#left = { id: call.id, by };
    this.hangUpHere();
    try {
      await this.#signaling.ask(by, { ...this.#store.seated, call: { id: call.id } });
    } catch (error) {
      if (!(error instanceof CommandError && error.code === 'NO_ANSWER')) throw error;
    }
  }

  #listen(): void {
    this.#signaling.on('ring', (ring) => this.#onRing(ring));
    this.#signaling.on('answer', ({ callee, answer }) => {
      this.#setRinging(callee.id, false);
      const peer = this.#mesh.find(callee.id);
      peer?.receive(asTagged(answer, 'answer'));
      peer?.expect();
    });
    this.#signaling.on('busy', ({ callee }) => {
      this.#unring(callee.id);
      this.#store.emit('busy', callee);
    });
    this.#signaling.on('unanswered', ({ callee, call }) => {
      if (callee.id === this.#store.state.value.seat?.self) {
        if (this.#incoming?.call.id === call.id) this.#dropIncoming();
        return;
      }
      this.#unring(callee.id);
      this.#store.emit('unanswered', this.#store.attendee(callee.id));
    });
    this.#signaling.on('hangup', ({ attendee, call, reason }) => this.#onHangup(attendee, call.id, reason));
    this.#signaling.on('call-ending', (ending) => this.#onEnding(ending));
    this.#signaling.on('call-extended', (extended) => this.#onNewEnd(extended));
    this.#signaling.on('call-joined', (joined) => this.#onJoined(joined));
    this.#signaling.on('call-left', ({ attendee }) => {
      const known = this.#store.attendee(attendee.id);
      this.forget(attendee.id);
      this.#store.emit('call-left', known);
    });
    this.#signaling.on('negotiation', ({ attendee, message }) => this.#onDescription(attendee.id, message.data));
    this.#signaling.on('icecandidate', ({ broadcaster, candidate }) =>
      this.#mesh.addCandidate(broadcaster.id, candidate),
    );
  }

  #onRing(ring: NoticePayload<'ring'>): void {
    const { call, seat } = this.#store.state.value;
    // Clients of the first generation build the mesh by ringing every participant.
    const isOnIt = call?.joined && call.id === ring.call.id;
    // A user with a seat in the workspace of a call between users has accepted that call, perhaps before a reload of the page.
    if (isOnIt || seat?.workspace.isDial) {
      this.#answer(ring).catch(() => {});
    } else if (this.#accepted?.workspace === ring.workspace.id && performance.now() < this.#accepted.until) {
      this.#answer(ring).then(
        () => {
          this.#accepted = null;
        },
        () => {},
      );
    } else if (call?.joined) {
      this.#signaling.send('busy', { ...this.#store.seated, caller: { id: ring.caller.id }, call: ring.call });
    } else {
      // A callee that comes back hears the ring again, and sees it already if this page has kept it.
      const isKnown = this.#incoming?.call.id === ring.call.id && this.#incoming.caller.id === ring.caller.id;
      this.#incoming = ring;
      clearTimeout(this.#incomingTimer);
      this.#incomingTimer = setTimeout(() => this.#dropIncoming(), INCOMING_LIMIT);
      this.#store.patch({ incoming: { caller: ring.caller, callId: ring.call.id } });
      if (!isKnown) this.#store.emit('ring', ring.caller);
    }
  }

  async #answer(ring: NoticePayload<'ring'>): Promise<void> {
    const { caller, call, offer, nonce } = ring;
    const proof = this.#store.seated;
    this.#left = null;
    this.#answering.set(caller.id, ring);
    try {
      const answer = await this.#mesh.pair(caller.id).answerRing(asTagged(offer, 'offer'));
      await this.#signaling.ask('answer', { ...proof, caller: { id: caller.id }, call, answer, nonce });
      // This ring may have brought its caller onto the call.
      this.#store.addParticipant(caller.id);
    } catch (error) {
      // A ring that is outdated may find the pair connected, or being connected by a later ring.
      if (this.#store.state.value.call?.joined && this.#store.attendee(caller.id)?.onCall) {
        this.#mesh.find(caller.id)?.nudge();
      } else if (this.#answering.get(caller.id) === ring) this.#mesh.drop(caller.id);
      throw error;
    } finally {
      if (this.#answering.get(caller.id) === ring) this.#answering.delete(caller.id);
    }
  }

  #onJoined({ attendee, call, participants, serverNow }: NoticePayload<'call-joined'>): void {
    const { seat } = this.#store.state.value;
    if (!seat) return;
    this.#store.clock.hear(serverNow);
    this.#store.setCall({ ...call, participants, joined: participants.includes(seat.self) });
    if (attendee.id === seat.self) {
      // The ring came again while the answer to it was on its way.
      const ring = this.#incoming;
      if (ring?.call.id === call.id && this.#mesh.has(ring.caller.id)) this.#takeIncoming();
      // Every participant offers to the newcomer; the caller's ring was its offer.
      for (const id of participants) if (id !== seat.self && !this.#mesh.has(id)) this.#mesh.pair(id).awaitOffer();
      return;
    }
    this.#setRinging(attendee.id, false);
    const known = this.#mesh.find(attendee.id);
    if (known) known.expect();
    else this.#mesh.pair(attendee.id).offer();
    this.#store.emit('joined', this.#store.attendee(attendee.id));
  }

  #onEnding({ call: { id }, endsAt, serverNow }: NoticePayload<'call-ending'>): void {
    this.#store.clock.hear(serverNow);
    const { call } = this.#store.state.value;
    if (call?.id !== id) return;
    this.#store.patch({ call: { ...call, endsAt } });
    this.#store.report({ type: 'call-ending', endsAt });
  }

  #onNewEnd({ call: { id }, endsAt, serverNow }: NoticePayload<'call-extended'>): void {
    this.#store.clock.hear(serverNow);
    const { call } = this.#store.state.value;
    if (call?.id !== id || call.endsAt === endsAt) return;
    this.#store.patch({ call: { ...call, endsAt } });
    this.#store.report({ type: 'call-extended', endsAt, former: call.endsAt });
  }

  #onHangup(attendee: AttendeeRecord, callId: string, reason: NoticePayload<'hangup'>['reason']): void {
    const { call, seat } = this.#store.state.value;
    if (this.#incoming?.call.id === callId) this.#dropIncoming();
    if (call?.id !== callId || !seat) return;
    if (attendee.owner) {
      this.hangUpHere();
      this.#store.setCall(null);
    } else this.forget(attendee.id);
    if (reason === 'time-limit') this.#store.report({ type: 'time-over' });
    else this.#store.emit('hangup', attendee);
  }

  #onDescription(from: string, description: NoticePayload<'negotiation'>['message']['data']): void {
    const { call } = this.#store.state.value;
    // The description is late, or its sender is not on the call.
    if (!call?.joined || !call.participants.includes(from)) return;
    this.#mesh.pair(from).receive(asTagged(description, 'offer'));
  }

  #setRinging(id: string, isRinging: boolean): void {
    const others = this.#store.state.value.ringing.filter((each) => each !== id);
    this.#store.patch({ ringing: isRinging ? [...others, id] : others });
  }

  #unring(id: string): void {
    this.#setRinging(id, false);
    this.#mesh.drop(id);
  }

  /** Ends the incoming call without an answer. */
  #dropIncoming(): void {
    const ring = this.#takeIncoming();
    if (ring) this.#mesh.drop(ring.caller.id);
  }

  #takeIncoming(): NoticePayload<'ring'> | null {
    const ring = this.#incoming;
    clearTimeout(this.#incomingTimer);
    this.#incoming = null;
    this.#store.patch({ incoming: null });
    return ring;
  }
}

/** The description with its type, which clients of the first generation leave out. */
function asTagged(description: NoticePayload<'ring'>['offer'], type: 'offer' | 'answer'): TaggedDescription {
  return { type, ...description } as TaggedDescription;
}
