import type { CommandOutput, InboxItemRecord, InviteRecord, NoticePayload } from '../protocol/types.ts';
import type { CallKeeper } from './call-keeper.ts';
import type { ClientStore } from './client-store.ts';
import { CommandError } from './errors.ts';
import type { RecentCalls } from './recent-calls.ts';
import type { SeatKeeper } from './seat-keeper.ts';
import type { Signaling } from './signaling.ts';
import { type IncomingInvite, noInbox, type RecentCall } from './state.ts';

/** So long after its end a ring counts as over, in ms, if the server does not say so. */
export const RING_MARGIN_MS = 2_000;

/** The invites that the user got, and the inbox with what the user missed. */
export class InviteKeeper {
  readonly #store: ClientStore;
  readonly #signaling: Signaling;
  readonly #seats: SeatKeeper;
  readonly #calls: CallKeeper;
  readonly #recent: RecentCalls;
  #expiry: ReturnType<typeof setTimeout> | undefined;

  constructor(store: ClientStore, signaling: Signaling, seats: SeatKeeper, calls: CallKeeper, recent: RecentCalls) {
    this.#store = store;
    this.#signaling = signaling;
    this.#seats = seats;
    this.#calls = calls;
    this.#recent = recent;
    this.#listen();
  }

  /** Takes over what a sign-in tells. */
  adopt({ invites, inbox, unseen }: Pick<CommandOutput<'sign-in'>, 'invites' | 'inbox' | 'unseen'>): void {
    const former = this.#store.state.value.invites;
    const isKnown = ({ id }: InviteRecord) => former.some((each) => each.id === id);
    const fresh = invites.filter((invite) => !isKnown(invite)).map((invite) => this.#dated(invite));
    const kept = former.filter(({ id }) => invites.some((each) => each.id === id));
    this.#store.patch({ inbox: { items: inbox, unseen, more: inbox.length > 0 && inbox.at(-1)?.seq !== 1 } });
    this.#recent.note(inbox.flatMap(missedCall));
    this.#set([...kept, ...fresh]);
    for (const invite of fresh) this.#store.report({ type: 'invited', invite });
  }

  /** Takes a seat where the invite leads. The ring that follows there is answered by itself. */
  async accept(invite: InviteRecord): Promise<void> {
    await this.#seats.leaveFor(invite.workspace.id);
    if (invite.ring) this.#calls.answerNext(invite.workspace.id);
    try {
      await this.#seats.attend({ token: invite.token });
    } catch (error) {
      this.#calls.answerNext(null);
      this.#forgetIfOver(invite.id, error);
      throw error;
    }
    // A ring is accepted once, and an open invite leads back as often as the user likes.
    if (invite.ring) this.#finish(invite, 'accepted');
  }

  async decline(invite: InviteRecord, reason: 'declined' | 'busy'): Promise<void> {
    try {
      await this.#signaling.ask('decline', { invite: { id: invite.id }, reason });
    } catch (error) {
      this.#forgetIfOver(invite.id, error);
      throw error;
    }
    this.#finish(invite, 'declined');
  }

  /** Reads the older items of the inbox. */
  async readOlder(): Promise<void> {
    const { items, more } = this.#store.state.value.inbox;
    const last = items.at(-1);
    if (!last || !more) return;
    const older = await this.#signaling.ask('inbox', { before: last.seq });
    const { inbox } = this.#store.state.value;
    const isKnown = new Set(inbox.items.map(({ seq }) => seq));
    const fresh = older.inbox.filter(({ seq }) => !isKnown.has(seq));
    this.#store.patch({ inbox: { ...inbox, items: [...inbox.items, ...fresh], more: older.more } });
    this.#recent.note(fresh.flatMap(missedCall));
  }

  async markSeen(): Promise<void> {
    const upTo = this.#store.state.value.inbox.items[0]?.seq;
    if (upTo === undefined) return;
    await this.#signaling.ask('inbox-seen', { upTo });
    this.#onSeen(upTo);
  }

  forget(): void {
    this.#set([]);
    this.#store.patch({ inbox: noInbox });
  }

  close(): void {
    clearTimeout(this.#expiry);
  }

  #listen(): void {
    this.#signaling.on('invited', (invited) => {
      const { invites } = this.#store.state.value;
      if (invites.some(({ id }) => id === invited.id)) return;
      const invite = this.#dated(invited);
      this.#set([...invites, invite]);
      this.#store.report({ type: 'invited', invite });
    });
    this.#signaling.on('invite-ended', ({ invite: { id }, reason }) => this.#onEnded(id, reason));
    this.#signaling.on('inbox-item', ({ item, unseen }) => this.#onItem(item, unseen));
    this.#signaling.on('inbox-seen', ({ upTo }) => this.#onSeen(upTo));
  }

  #onEnded(id: string, reason: NoticePayload<'invite-ended'>['reason']): void {
    const invite = this.#store.state.value.invites.find((each) => each.id === id);
    if (!invite) return;
    // A consultation's invite lets its user in until it is closed.
    const isOver = invite.ring || reason !== 'accepted';
    if (isOver) {
      if (reason === 'accepted') this.#finish(invite, 'elsewhere');
      else if (reason === 'declined') this.#finish(invite, 'declined');
      else this.#remove(id);
    }
    this.#store.report({ type: 'invite-ended', invite, reason });
  }

  #onItem(item: InboxItemRecord, unseen: number): void {
    const { inbox } = this.#store.state.value;
    if (inbox.items.some(({ seq }) => seq === item.seq)) return;
    this.#store.patch({ inbox: { ...inbox, items: [item, ...inbox.items], unseen } });
    this.#recent.note(missedCall(item));
    this.#store.report({ type: 'inbox-item', item });
  }

  #onSeen(upTo: number): void {
    const { inbox } = this.#store.state.value;
    const items = inbox.items.map((item) => (item.seq <= upTo && !item.seen ? { ...item, seen: true } : item));
    const unseen = items.filter(({ seen }) => !seen).length;
    this.#store.patch({ inbox: { ...inbox, items, unseen } });
  }

  #forgetIfOver(id: string, error: unknown): void {
    if (error instanceof CommandError && ['INVITE_OVER', 'WORKSPACE_GONE'].includes(error.code)) this.#remove(id);
  }

  /** The user has answered an invite. */
  #finish({ id, ring, from }: InviteRecord, result: RecentCall['result']): void {
    this.#remove(id);
    const at = this.#store.clock.now();
    if (ring)
      this.#recent.note([{ id, userId: from.user?.id ?? null, name: from.name, isOutgoing: false, at, result }]);
  }

  #remove(id: string): void {
    this.#set(this.#store.state.value.invites.filter((invite) => invite.id !== id));
  }

  #dated(invite: InviteRecord): IncomingInvite {
    return { ...invite, since: this.#store.clock.now() };
  }

  #set(invites: readonly IncomingInvite[]): void {
    this.#store.patch({ invites });
    clearTimeout(this.#expiry);
    const first = Math.min(...invites.map(({ until }) => until ?? Number.POSITIVE_INFINITY));
    if (first === Number.POSITIVE_INFINITY) return;
    // Without a connection the client does not hear that a ring is over.
    this.#expiry = setTimeout(
      () => {
        for (const { id, until } of invites) if (until !== null && until <= first) this.#onEnded(id, 'unanswered');
      },
      first + RING_MARGIN_MS - this.#store.clock.now(),
    );
  }
}

function missedCall({ type, seq, at, from }: InboxItemRecord): RecentCall[] {
  if (type !== 'missed-call') return [];
  const { name = '', user } = from ?? {};
  return [{ id: `missed ${seq}`, userId: user?.id ?? null, name, isOutgoing: false, at, result: 'missed' }];
}
