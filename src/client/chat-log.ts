import type { NoticePayload } from '../protocol/types.ts';

type MessageRecord = NoticePayload<'message'>;

/** A message in the chat. */
export interface ChatMessage {
  /** Its own in this chat, also before the server has it. */
  readonly key: string;
  /** Its place in the chat; null until the server has it. */
  readonly seq: number | null;
  /** When the server took it, in ms since the epoch; null until then. */
  readonly at: number | null;
  readonly from: MessageRecord['from'];
  readonly text: string;
  /** Whether this page, or another one of the same user, sent it. */
  readonly isOwn: boolean;
  /** 'sending': it goes on until the server has it. 'failed': the server refused it, and `retry` sends it again. */
  readonly state: 'sent' | 'sending' | 'failed';
}

/** The chat of the workspace. */
export interface ChatState {
  /** Oldest first; those that wait to be sent come last. */
  readonly messages: readonly ChatMessage[];
  /** Whether the server has earlier ones. */
  readonly hasEarlier: boolean;
  /** How many messages of others came since `readMessages`, also before a reload of the page. */
  readonly unread: number;
  /** Whether the server keeps chats. */
  readonly isAvailable: boolean;
}

export const emptyChat: ChatState = { messages: [], hasEarlier: false, unread: 0, isAvailable: true };

// Every function is pure: it takes a chat and returns the next one.

/** The `seq` of the latest message that the server has; 0 where there is none. */
export function latestSeq({ messages }: ChatState): number {
  return messages.reduce((latest, { seq }) => Math.max(latest, seq ?? 0), 0);
}

/** The `seq` of the earliest message here. */
export function earliestSeq({ messages }: ChatState): number | undefined {
  return messages.find(({ seq }) => seq !== null)?.seq ?? undefined;
}

/**
 * The chat with messages of the server, each once and in its place.
 * @param isOwn whether a message is this attendee's
 */
export function withMessages(
  chat: ChatState,
  records: readonly MessageRecord[],
  isOwn: (from: MessageRecord['from']) => boolean,
): ChatState {
  const first = earliestSeq(chat) ?? 0;
  // Somebody who scrolls up through thousands of messages gets nothing but earlier ones, again and again.
  const isEarlier = records.every(({ seq }) => seq < first);
  const known = new Set(isEarlier ? [] : chat.messages.map(({ seq }) => seq));
  const fresh = records.filter(({ seq }) => !known.has(seq)).map((record) => sent(record, isOwn(record.from)));
  if (fresh.length === 0) return chat;
  // An own message whose answer was lost comes back from the server.
  const arrived = new Set(fresh.filter((message) => message.isOwn).map(({ key }) => key));
  const kept = chat.messages.filter(({ key, seq }) => seq !== null || !arrived.has(key));
  return { ...chat, messages: isEarlier ? [...inOrder(fresh), ...kept] : inOrder([...kept, ...fresh]) };
}

/** The chat with an own message that is on its way. */
export function withSending(chat: ChatState, message: Pick<ChatMessage, 'key' | 'from' | 'text'>): ChatState {
  const sending = { ...message, seq: null, at: null, isOwn: true, state: 'sending' } as const;
  return { ...chat, messages: [...chat.messages.filter(({ key }) => key !== message.key), sending] };
}

/** The chat with the answer of the server to an own message. */
export function withAnswer(chat: ChatState, key: string, answer: { seq: number; at: number } | 'failed'): ChatState {
  const patch = answer === 'failed' ? { state: answer } : { ...answer, state: 'sent' as const };
  const messages = chat.messages.map((each) => (each.key === key && each.seq === null ? { ...each, ...patch } : each));
  return { ...chat, messages: inOrder(messages) };
}

function sent({ seq, at, from, messageId, text }: MessageRecord, isOwn: boolean): ChatMessage {
  // The ids of others are theirs to choose, so they are no keys.
  return { key: isOwn ? messageId : `#${seq}`, seq, at, from, text, isOwn, state: 'sent' };
}

function inOrder(messages: readonly ChatMessage[]): ChatMessage[] {
  const place = ({ seq }: ChatMessage) => seq ?? Number.POSITIVE_INFINITY;
  // `Infinity - Infinity` is no number, and messages that wait keep their order.
  return [...messages].sort((one, other) => (place(one) === place(other) ? 0 : place(one) - place(other)));
}
