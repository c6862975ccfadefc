import type { AttendeeRecord, InviteRecord, NoticePayload } from '../protocol/types.ts';
import type { CallKeeper } from './call-keeper.ts';
import type { ClientStore } from './client-store.ts';
import { CommandError, isTemporary, pauseAfter } from './errors.ts';
import { RING_MARGIN_MS } from './invite-keeper.ts';
import type { RecentCalls } from './recent-calls.ts';
import type { SeatKeeper } from './seat-keeper.ts';
import type { Signaling } from './signaling.ts';
import type { ClientState, InvitedUser, OutgoingAnswer, OutgoingInvite } from './state.ts';
import { readStored, type StoragePlace, writeStored } from './storage.ts';
import { isSameName } from './user-storage.ts';

const OUTGOING = 'mesh-workspaces.outgoing';

/** Calls and invites users, and rings those who have accepted a ring as soon as they are seated. */
export class PhoneKeeper {
  readonly #store: ClientStore;
  readonly #signaling: Signaling;
  readonly #seats: SeatKeeper;
  readonly #calls: CallKeeper;
  readonly #recent: RecentCalls;
  readonly #place: StoragePlace | null;
  /** The page of an attendee that was rung by itself, so that it is rung once. */
  #rung = '';
  #retry: ReturnType<typeof setTimeout> | undefined;
  #expiry: ReturnType<typeof setTimeout> | undefined;

  /** @param place remembers for a reload who is being called */
  constructor(
    store: ClientStore,
    signaling: Signaling,
    seats: SeatKeeper,
    calls: CallKeeper,
    recent: RecentCalls,
    place: StoragePlace | null,
  ) {
    this.#store = store;
    this.#signaling = signaling;
    this.#seats = seats;
    this.#calls = calls;
    this.#recent = recent;
    this.#place = place;
    signaling.on('invite-answered', (answered) => this.#onAnswered(answered));
    signaling.on('invite-ended', ({ invite: { id } }) => this.#settle(({ invite }) => invite.id === id, 'cancelled'));
    let former: ClientState = store.state.value;
    store.state.subscribe((state) => {
      const { seat, ended } = state;
      const hasEnded = ended !== null && ended !== former.ended;
      const isElsewhere = seat !== null && seat.workspace.id !== former.seat?.workspace.id;
      former = state;
      // The call goes on in another page.
      if (hasEnded && ended === 'superseded') store.patch({ outgoing: [] });
      else if (hasEnded) this.#settle(() => true, ended === 'left' ? 'cancelled' : 'over');
      else if (isElsewhere) this.#set(state.outgoing.filter(({ invite }) => invite.workspace.id === seat.workspace.id));
      // The seat is whole only when all that follows from one notice is done.
      else void Promise.resolve().then(() => this.#ringAccepted());
    });
  }

  /** Calls a user. */
  async dial(user: InvitedUser, media: 'audio' | 'video'): Promise<void> {
    await this.#seats.leaveFor(null);
    await this.#seats.connected();
    const payload = { user: { id: user.id }, media, session: this.#seats.session };
    const { attendee } = await this.#signaling.ask('dial', payload, (answer) => {
      const { invite, workspace } = answer;
      this.#seats.enter(answer);
      if (answer.attendee.owner) this.#add(invite, user, true);
      else this.#meet(workspace.id, invite.id);
    });
    if (!attendee.owner) await this.#seats.comeBack();
  }

  async invite(user: InvitedUser, { ring, media }: { ring: boolean; media: 'audio' | 'video' }): Promise<void> {
    const payload = { ...this.#store.seated, user: { id: user.id }, ring, media };
    await this.#signaling.ask('invite', payload, ({ invite }) => this.#add(invite, user, false));
  }

  async cancel({ id }: { id: string }): Promise<void> {
    const sent = this.#store.state.value.outgoing.find(({ invite }) => invite.id === id);
    const settle = () => this.#settle(({ invite }) => invite.id === id, 'cancelled');
    try {
      await this.#signaling.ask('cancel-invite', { ...this.#store.seated, invite: { id } }, settle);
    } catch (error) {
      const isOver = error instanceof CommandError && error.code === 'INVITE_OVER';
      // The user has accepted at this very moment, and the person does not want the call any more.
      if (!isOver || !sent?.isDial || sent.invite.workspace.id !== this.#store.state.value.seat?.workspace.id)
        throw error;
      await this.#seats.leave();
    }
  }

  /** Remembers whom this page called before a reload. */
  restore(): void {
    if (this.#store.state.value.outgoing.length > 0) return;
    const stored = readStored(this.#place, OUTGOING);
    if (Array.isArray(stored)) this.#set(stored.filter(isOutgoing));
  }

  close(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#expiry);
  }

  /** Two who dial each other meet in the call of the earlier one, whose client rings. */
  #meet(workspace: string, invite: string): void {
    this.#calls.answerNext(workspace);
    this.#store.patch({ invites: this.#store.state.value.invites.filter(({ id }) => id !== invite) });
  }

  #add(invite: InviteRecord, user: InvitedUser, isDial: boolean): void {
    const others = this.#store.state.value.outgoing.filter((each) => !isSameName(each.user.id, user.id));
    const added = { invite, user, isDial, since: this.#store.clock.now(), isOpen: true, answer: null };
    // A user who is seated here already is rung on accepting, and not before.
    const seated = this.#callee(added);
    this.#rung = seated ? pageOf(seated) : '';
    this.#set([...others, added]);
    this.#note(added);
  }

  #onAnswered({ invite: { id }, answer, user }: NoticePayload<'invite-answered'>): void {
    const sent = this.#store.state.value.outgoing.find(({ invite }) => invite.id === id);
    if (!sent) return;
    if (answer === 'accepted') this.#ringAnew(sent);
    this.#settle((each) => each === sent, answer);
    this.#store.report({ type: 'invite-answered', invite: sent.invite, userId: user.id, answer });
  }

  /** Rings somebody who has accepted; once, if it rings there already. */
  #ringAnew(sent: OutgoingInvite): void {
    const callee = this.#callee(sent);
    if (callee && this.#store.state.value.ringing.includes(callee.id)) return;
    this.#rung = '';
  }

  /** Says how open invites ended, or that the user is away. */
  #settle(isMeant: (sent: OutgoingInvite) => boolean, answer: OutgoingAnswer): void {
    const settled: OutgoingInvite[] = [];
    const outgoing = this.#store.state.value.outgoing.map((sent) => {
      if (!sent.isOpen || !isMeant(sent)) return sent;
      const next = { ...sent, answer, isOpen: answer === 'away' };
      settled.push(next);
      return next;
    });
    if (settled.length === 0) return;
    this.#set(outgoing);
    for (const each of settled) this.#note(each);
  }

  #note({ invite: { id, ring, workspace }, user, since, answer }: OutgoingInvite): void {
    if (ring) {
      const result = answer === 'away' ? null : answer;
      this.#recent.note([{ id, userId: user.id, name: user.name, isOutgoing: true, at: since, result, workspace }]);
    }
  }

  /** Rings who has accepted a ring, or has taken a seat although the news of it got lost. */
  #ringAccepted(): void {
    const { outgoing, ringing } = this.#store.state.value;
    if (!this.#store.proof) return;
    for (const sent of outgoing) {
      const { invite, isOpen, answer } = sent;
      const callee = this.#callee(sent);
      if (!invite.ring || !(isOpen || answer === 'accepted')) continue;
      if (callee?.onCall) this.#connected(sent, callee);
      else if (callee?.connected && !ringing.includes(callee.id)) this.#ring(callee);
    }
  }

  /** The seat of the user, once there is one. */
  #callee({ invite, user, isDial }: OutgoingInvite): AttendeeRecord | undefined {
    const { seat } = this.#store.state.value;
    if (seat?.workspace.id !== invite.workspace.id) return;
    const isUser = (id: string | undefined) => isDial || (id !== undefined && isSameName(id, user.id));
    return seat.attendees.find((each) => each.id !== seat.self && isUser(each.user?.id));
  }

  /** The user is on the call, which the state tells from now on. */
  #connected(sent: OutgoingInvite, { name }: AttendeeRecord): void {
    // The person may have typed the name in another case.
    this.#note({ ...sent, user: { ...sent.user, name }, answer: 'accepted' });
    this.#set(this.#store.state.value.outgoing.filter(({ invite }) => invite.id !== sent.invite.id));
  }

  #ring(callee: AttendeeRecord): void {
    if (pageOf(callee) === this.#rung) return;
    this.#rung = pageOf(callee);
    this.#calls.ring(callee.id).catch((error: unknown) => {
      if (!isTemporary(error)) return;
      this.#retry = setTimeout(() => {
        this.#rung = '';
        this.#ringAccepted();
      }, pauseAfter(error));
    });
  }

  #set(outgoing: readonly OutgoingInvite[]): void {
    if (outgoing.length === 0 && this.#store.state.value.outgoing.length === 0) return;
    writeStored(this.#place, OUTGOING, outgoing.length === 0 ? null : outgoing);
    this.#store.patch({ outgoing });
    clearTimeout(this.#expiry);
    const first = Math.min(...outgoing.map(endOf));
    if (first === Number.POSITIVE_INFINITY) return;
    // A client that was without a connection when a ring ended does not hear how.
    const wait = first - this.#store.clock.now();
    this.#expiry = setTimeout(() => this.#settle((sent) => endOf(sent) <= first, 'over'), wait);
  }
}

function pageOf({ id, session }: AttendeeRecord): string {
  return `${id} ${session}`;
}

/** When a ring is over at the latest, by the clock of the server. */
function endOf({ isOpen, invite: { until } }: OutgoingInvite): number {
  return isOpen && until !== null ? until + RING_MARGIN_MS : Number.POSITIVE_INFINITY;
}

function isOutgoing(stored: unknown): stored is OutgoingInvite {
  const { invite, user }: { invite?: unknown; user?: unknown } = Object(stored);
  return typeof Object(user).id === 'string' && typeof Object(Object(invite).workspace).id === 'string';
}
