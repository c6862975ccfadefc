import type { ChatMessage } from '../../client/state.ts';

/** The most messages that are drawn at once; a chat may have thousands. */
const MOST = 120;
/** So many are drawn in addition where the person gets near the end of those that are. */
const STEP = 30;

/** The part of a chat that is drawn: the messages from `start` until before `end`. */
export interface MessageWindow {
  readonly start: number;
  readonly end: number;
}

/** The window at the end of a chat. */
export function lastOf(messages: readonly ChatMessage[]): MessageWindow {
  return { start: Math.max(0, messages.length - STEP), end: messages.length };
}

export function movedUp({ start, end }: MessageWindow): MessageWindow {
  const next = Math.max(0, start - STEP);
  return { start: next, end: Math.min(end, next + MOST) };
}

/** @param length of the chat */
export function movedDown({ start, end }: MessageWindow, length: number): MessageWindow {
  const next = Math.min(length, end + STEP);
  return { start: Math.max(start, next - MOST), end: next };
}

/**
 * The same messages in a chat that has changed: earlier ones may have come before them.
 * @param first the first message of the chat before, if it had any
 */
export function kept(
  { start, end }: MessageWindow,
  first: ChatMessage | undefined,
  messages: readonly ChatMessage[],
): MessageWindow {
  const added = first ? messages.findIndex(({ key }) => key === first.key) : -1;
  if (added < 0) return lastOf(messages);
  return { start: start + added, end: Math.min(messages.length, end + added) };
}
