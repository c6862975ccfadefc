import { X } from 'lucide-preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { ChatState } from '../../client/state.ts';
import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';
import { MessageForm } from './MessageForm.tsx';
import { MessageItem } from './MessageItem.tsx';

/** Somebody who has scrolled up by more than this reads, and is not taken to the end, in CSS pixels. */
const AT_END = 40;

/** The chat of the workspace. */
export function Chat({ chat, onClose }: { chat: ChatState; onClose: () => void }) {
  const client = useClient();
  const list = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  /** The height below the place where the person reads; kept while earlier messages come in above. */
  const heightBelow = useRef(0);
  const { messages, hasEarlier, unread, isAvailable } = chat;

  useEffect(() => {
    const read = () => document.visibilityState === 'visible' && client.readMessages();
    read();
    document.addEventListener('visibilitychange', read);
    return () => document.removeEventListener('visibilitychange', read);
  }, [client, unread]);
  const first = messages[0]?.key;
  useLayoutEffect(() => {
    if (list.current && !isAtEnd.current) list.current.scrollTop = list.current.scrollHeight - heightBelow.current;
  }, [first]);
  useLayoutEffect(() => {
    if (list.current && isAtEnd.current) list.current.scrollTop = list.current.scrollHeight;
  }, [messages]);

  const onScroll = ({ currentTarget: { scrollHeight, scrollTop, clientHeight } }: { currentTarget: HTMLElement }) => {
    heightBelow.current = scrollHeight - scrollTop;
    isAtEnd.current = heightBelow.current - clientHeight < AT_END;
  };
  return (
    <aside class="panel chat" aria-label={strings.chat.title}>
      <button type="button" class="icon-button panel-close" aria-label={strings.close} onClick={onClose}>
        <X size={18} />
      </button>
      <h2>{strings.chat.title}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be in reach of the keyboard, in Safari too */}
      <div class="messages" ref={list} role="log" tabIndex={0} aria-label={strings.chat.messages} onScroll={onScroll}>
        <ol>
          {hasEarlier && (
            <li class="messages-earlier">
              <button
                type="button"
                class="button button-small"
                onClick={() => {
                  isAtEnd.current = false;
                  void attempt(client.loadEarlierMessages());
                }}
              >
                {strings.chat.earlier}
              </button>
            </li>
          )}
          {messages.map((message, index) => (
            <MessageItem
              key={message.key}
              message={message}
              isContinued={index > 0 && messages[index - 1]?.from.id === message.from.id}
              onRetry={(key) => client.retryMessage(key)}
            />
          ))}
        </ol>
      </div>
      {messages.length === 0 && <p class="quiet">{isAvailable ? strings.chat.empty : strings.chat.unavailable}</p>}
      {isAvailable && <MessageForm />}
    </aside>
  );
}
