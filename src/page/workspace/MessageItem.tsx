import type { ChatMessage } from '../../client/state.ts';
import { strings } from '../strings.ts';
import { timeOfDay } from '../time-of-day.ts';
import { MessageText } from './MessageText.tsx';

interface MessageItemProps {
  message: ChatMessage;
  /** Whether the message before is of the same sender, so that the name need not stand again. */
  isContinued: boolean;
  onRetry: (key: string) => void;
}

/** One message of the chat. */
export function MessageItem({ message, isContinued, onRetry }: MessageItemProps) {
  const { key, at, from, text, isOwn, state } = message;
  return (
    <li class={isOwn ? 'message message-own' : 'message'}>
      <p class={isContinued ? 'visually-hidden' : 'message-from'}>{isOwn ? strings.chat.you : from.name}</p>
      <MessageText text={text} />
      {at !== null && (
        <time class="message-time quiet" dateTime={new Date(at).toISOString()}>
          {timeOfDay(at)}
        </time>
      )}
      {state === 'sending' && <p class="message-time quiet">{strings.chat.sending}</p>}
      {state === 'failed' && (
        <p class="message-failed">
          {strings.chat.failed}{' '}
          <button type="button" class="link-button" onClick={() => onRetry(key)}>
            {strings.tryAgain}
          </button>
        </p>
      )}
    </li>
  );
}
