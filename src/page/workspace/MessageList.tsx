import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ChatMessage } from '../../client/state.ts';
import { strings } from '../strings.ts';
import { MessageItem } from './MessageItem.tsx';
import { kept, lastOf, type MessageWindow, movedDown, movedUp } from './message-window.ts';

/** Somebody who has scrolled up by more than this reads, and is not taken to the end, in CSS pixels. */
const AT_END = 40;
/** Further messages are drawn, or read from the server, when the last one that is drawn is nearer than this, in CSS pixels. */
const NEAR = 1_200;

interface MessageListProps {
  messages: readonly ChatMessage[];
  hasEarlier: boolean;
  /** Reads earlier messages into `messages`. */
  onEarlier: () => Promise<void>;
  /** Sends a message again that failed. */
  onRetry: (key: string) => void;
}

/**
 * The messages of a chat. It draws a part of them, which moves with the person who scrolls. What the person reads stays where it
 * is, while earlier messages come above and new ones below.
 */
export function MessageList({ messages, hasEarlier, onEarlier, onRetry }: MessageListProps) {
  const list = useRef<HTMLDivElement>(null);
  const isReading = useRef(false);
  const { part, isAtEnd, move } = useWindow(list, messages);
  const { start, end } = part;

  const readEarlier = async () => {
    if (isReading.current || !hasEarlier) return;
    isReading.current = true;
    await onEarlier();
    isReading.current = false;
  };
  /** Draws further messages, or reads them, before the person gets to the end of those that are drawn. */
  const goOn = ({ scrollHeight, scrollTop, clientHeight }: HTMLElement) => {
    if (isAtEnd.current) return;
    if (scrollTop < NEAR && start > 0) move(movedUp(part));
    else if (scrollTop < NEAR) void readEarlier();
    else if (scrollHeight - scrollTop - clientHeight < NEAR && end < messages.length) {
      move(movedDown(part, messages.length));
    }
  };
  const onScroll = ({ currentTarget: box }: { currentTarget: HTMLElement }) => {
    isAtEnd.current = end === messages.length && box.scrollHeight - box.scrollTop - box.clientHeight < AT_END;
    // Screen readers speak what is new, and not what the person scrolls to.
    box.ariaLive = isAtEnd.current ? 'polite' : 'off';
    goOn(box);
  };
  // Somebody at the very beginning scrolls no further, and is not to wait for that.
  useEffect(() => {
    if (list.current) goOn(list.current);
  }, [messages, start, end]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be in reach of the keyboard, in Safari too
    <div class="messages" ref={list} role="log" tabIndex={0} aria-label={strings.chat.messages} onScroll={onScroll}>
      <ol>
        {hasEarlier && start === 0 && (
          <li class="messages-earlier">
            <button
              type="button"
              class="button button-small"
              onClick={() => {
                isAtEnd.current = false;
                void readEarlier();
              }}
            >
              {strings.chat.earlier}
            </button>
          </li>
        )}
        {messages.slice(start, end).map((message, index) => (
          <MessageItem
            key={message.key}
            message={message}
            isContinued={messages[start + index - 1]?.from.id === message.from.id}
            onRetry={onRetry}
          />
        ))}
      </ol>
    </div>
  );
}

/** The part of the messages that is drawn. When it changes, the person sees the same as before, or the end where that was. */
function useWindow(list: { current: HTMLElement | null }, messages: readonly ChatMessage[]) {
  const [, draw] = useState(0);
  const isAtEnd = useRef(true);
  const part = useRef<MessageWindow>(lastOf(messages));
  const former = useRef(messages);
  const isOwnNew = messages.at(-1)?.isOwn === true && messages.at(-1)?.key !== former.current.at(-1)?.key;
  if (isOwnNew) isAtEnd.current = true;
  if (former.current !== messages) {
    part.current = isAtEnd.current ? lastOf(messages) : kept(part.current, former.current[0], messages);
    former.current = messages;
  }
  const { start, end } = part.current;

  // Where it is drawn already, the first message that stays is held in its place.
  const anchor = useRef<{ item: Element; top: number } | null>(null);
  anchor.current = isAtEnd.current ? null : anchorIn(list.current);
  useLayoutEffect(() => {
    const box = list.current;
    if (!box) return;
    if (isAtEnd.current) box.scrollTop = box.scrollHeight;
    else if (anchor.current?.item.isConnected) box.scrollTop += topOf(anchor.current.item) - anchor.current.top;
  }, [messages, start, end]);

  return {
    part: part.current,
    isAtEnd,
    move: (next: MessageWindow) => {
      part.current = next;
      draw((count) => count + 1);
    },
  };
}

const topOf = (item: Element) => item.getBoundingClientRect().top;

/** The first message in sight, and where it is. */
function anchorIn(list: HTMLElement | null): { item: Element; top: number } | null {
  const top = list?.getBoundingClientRect().top ?? 0;
  for (const item of list?.querySelectorAll('.message') ?? []) {
    const box = item.getBoundingClientRect();
    if (box.bottom > top) return { item, top: box.top };
  }
  return null;
}
