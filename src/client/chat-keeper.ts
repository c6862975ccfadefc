import type { NoticePayload } from '../protocol/types.ts';
import {
  type ChatState,
  earliestSeq,
  emptyChat,
  latestSeq,
  withAnswer,
  withMessages,
  withSending,
} from './chat-log.ts';
import type { ClientStore } from './client-store.ts';
import { CommandError, isTemporary, TRY_AGAIN } from './errors.ts';
import { randomId } from './random-id.ts';
import type { Signaling } from './signaling.ts';
import { readStored, type StoragePlace, writeStored } from './storage.ts';

const SEEN = 'mesh-workspaces.seen';

/** Keeps the chat of the workspace: reads what this page misses, and sends until the server has it. */
export class ChatKeeper {
  readonly #store: ClientStore;
  readonly #signaling: Signaling;
  readonly #place: StoragePlace | null;
  /** The seat whose chat it is. */
  #seat = '';
  /** The `seq` of the last message that the person has seen; null before the chat was read. */
  #seen: number | null = null;
  #isReading = false;
  #isSending = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param place remembers for a reload what the person has seen */
  constructor(store: ClientStore, signaling: Signaling, place: StoragePlace | null) {
    this.#store = store;
    this.#signaling = signaling;
    this.#place = place;
    signaling.on('message', (message) => this.#onMessage(message));
    // A seat that was taken again shows in the state each time, as one after a gap.
    let connected = false;
    store.state.subscribe(({ seat, connection }) => {
      const isBack = connection === 'connected' && seat !== null && !connected;
      connected = connection === 'connected' && seat !== null;
      if (seat && seat.self !== this.#seat) this.#begin(seat.self);
      else if (isBack) void this.#catchUp();
    });
  }

  /** Shows a message at once, and sends it until the server has it. */
  send(text: string): void {
    const { seat } = this.#store.state.value;
    if (!seat) throw new CommandError('NO_SEAT');
    const name = this.#store.attendee(seat.self)?.name ?? '';
    const { chat } = this.#store.state.value;
    this.#store.patch({ chat: withSending(chat, { key: randomId(), from: { id: seat.self, name }, text }) });
    void this.#sendAll();
  }

  /** Sends a message again that the server refused. */
  retry(key: string): void {
    const { chat } = this.#store.state.value;
    const failed = chat.messages.find((message) => message.key === key && message.state === 'failed');
    if (!failed) return;
    this.#store.patch({ chat: withSending(chat, failed) });
    void this.#sendAll();
  }

  /** The person has seen all messages. */
  read(): void {
    const { chat } = this.#store.state.value;
    if (chat.unread === 0) return;
    this.#see(latestSeq(chat));
    this.#patch({ unread: 0 });
  }

  /** Reads earlier messages, if there are any. */
  async loadEarlier(): Promise<void> {
    const before = earliestSeq(this.#store.state.value.chat);
    if (before === undefined || !this.#store.state.value.chat.hasEarlier) return;
    const seat = this.#seat;
    const { messages, more } = await this.#signaling.ask('messages', { ...this.#store.seated, before });
    if (seat === this.#seat) this.#take(messages, { hasEarlier: more });
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #begin(seat: string): void {
    this.#seat = seat;
    const { of, seq }: { of?: unknown; seq?: unknown } = Object(readStored(this.#place, SEEN));
    this.#seen = of === seat && typeof seq === 'number' ? seq : null;
    this.#store.patch({ chat: emptyChat });
    void this.#catchUp();
  }

  #see(seq: number): void {
    this.#seen = seq;
    writeStored(this.#place, SEEN, { of: this.#seat, seq });
  }

  #onMessage(message: NoticePayload<'message'>): void {
    const { chat } = this.#store.state.value;
    const latest = latestSeq(chat);
    if (message.seq <= latest && chat.messages.some(({ seq }) => seq === message.seq)) return;
    // One is missing in between, or this page has not read the chat yet.
    if (message.seq !== latest + 1 || this.#isReading) void this.#catchUp();
    else this.#arrive([message]);
  }

  /** Reads the latest messages, or those after the ones that are here, then sends what waits. */
  async #catchUp(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    const seat = this.#seat;
    try {
      for (let more = true; more && seat === this.#seat; ) {
        const after = latestSeq(this.#store.state.value.chat);
        const page = await this.#signaling.ask('messages', { ...this.#store.seated, ...(after > 0 ? { after } : {}) });
        if (seat !== this.#seat) break;
        if (after > 0) this.#arrive(page.messages);
        else this.#takeLatest(page);
        more = after > 0 && page.more;
      }
    } catch (error) {
      // After any other error the next message, or the next connection, shows the gap again.
      if (error instanceof CommandError && error.code === 'NOT_ALLOWED') this.#patch({ isAvailable: false });
    }
    this.#isReading = false;
    if (seat !== this.#seat) return this.#catchUp();
    await this.#sendAll();
  }

  /** What was there before this seat was, the person has not missed. */
  #takeLatest({ messages, more }: { messages: readonly NoticePayload<'message'>[]; more: boolean }): void {
    const seen = this.#seen;
    if (seen === null) this.#see(messages.at(-1)?.seq ?? 0);
    const unread = messages.filter(({ seq, from }) => seq > (seen ?? seq) && !this.#isOwn(from)).length;
    this.#take(messages, { hasEarlier: more, unread });
  }

  /** New messages of others count as unread. */
  #arrive(messages: readonly NoticePayload<'message'>[]): void {
    const { unread } = this.#store.state.value.chat;
    const others = messages.filter(({ from }) => !this.#isOwn(from));
    this.#take(messages, { unread: unread + others.length });
    for (const { from } of others) this.#store.emit('message', this.#store.attendee(from.id));
  }

  #patch(patch: Partial<ChatState>): void {
    this.#store.patch({ chat: { ...this.#store.state.value.chat, ...patch } });
  }

  #take(messages: readonly NoticePayload<'message'>[], patch: Partial<ChatState>): void {
    const chat = withMessages(this.#store.state.value.chat, messages, (from) => this.#isOwn(from));
    this.#store.patch({ chat: { ...chat, ...patch } });
  }

  /** Whether this attendee wrote it, or the same user on another seat. */
  #isOwn({ id, user }: NoticePayload<'message'>['from']): boolean {
    return id === this.#seat || (user !== undefined && user.id === this.#store.attendee(this.#seat)?.user?.id);
  }

  /** Sends the messages that wait, one after the other, so that they keep their order. */
  async #sendAll(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    clearTimeout(this.#timer);
    const next = () => this.#store.state.value.chat.messages.find(({ state }) => state === 'sending');
    for (let message = next(); message && this.#store.proof; message = next()) {
      const { key, text } = message;
      try {
        const { seq, at } = await this.#signaling.ask('message', { ...this.#store.seated, messageId: key, text });
        this.#store.patch({ chat: withAnswer(this.#store.state.value.chat, key, { seq, at }) });
      } catch (error) {
        if (isTemporary(error)) {
          this.#timer = setTimeout(() => void this.#sendAll(), TRY_AGAIN);
          break;
        }
        this.#store.patch({ chat: withAnswer(this.#store.state.value.chat, key, 'failed') });
      }
    }
    this.#isSending = false;
  }
}
