import { X } from 'lucide-preact';
import { useEffect } from 'preact/hooks';
import type { ChatState } from '../../client/state.ts';
import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';
import { MessageForm } from './MessageForm.tsx';
import { MessageList } from './MessageList.tsx';

/** The chat of the workspace. */
export function Chat({ chat, onClose }: { chat: ChatState; onClose: () => void }) {
  const client = useClient();
  const { messages, hasEarlier, unread, isAvailable } = chat;

  useEffect(() => {
    const read = () => document.visibilityState === 'visible' && client.readMessages();
    read();
    document.addEventListener('visibilitychange', read);
    return () => document.removeEventListener('visibilitychange', read);
  }, [client, unread]);

  return (
    <aside class="panel chat" aria-label={strings.chat.title}>
      <button type="button" class="icon-button panel-close" aria-label={strings.close} onClick={onClose}>
        <X size={18} />
      </button>
      <h2>{strings.chat.title}</h2>
      <MessageList
        messages={messages}
        hasEarlier={hasEarlier}
        onEarlier={() => attempt(client.loadEarlierMessages())}
        onRetry={(key) => client.retryMessage(key)}
      />
      {messages.length === 0 && <p class="quiet">{isAvailable ? strings.chat.empty : strings.chat.unavailable}</p>}
      {isAvailable && <MessageForm />}
    </aside>
  );
}
