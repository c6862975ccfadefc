import { SendHorizontal } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';
import { draftIn, keepDraft } from './drafts.ts';

/** The characters that the server takes by default. */
const LONGEST = 4_000;

/** The field for a new message. Enter sends, Shift and Enter begin a new line. What is not sent is there again later. */
export function MessageForm() {
  const client = useClient();
  const [text, setText] = useState(() => draftIn(client.state.value));
  const change = (next: string) => {
    setText(next);
    keepDraft(client.state.value, next);
  };
  const send = () => {
    if (text.trim() === '') return;
    client.sendMessage(text.trim());
    change('');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Enter that chooses a word of an input method sends nothing.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      class="message-form"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        rows={Math.min(5, text.split('\n').length)}
        aria-label={strings.chat.message}
        placeholder={strings.chat.placeholder}
        maxLength={LONGEST}
        value={text}
        dir="auto"
        onInput={(event) => change(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <button type="submit" class="icon-button" aria-label={strings.chat.send} title={strings.chat.send}>
        <SendHorizontal size={18} />
      </button>
    </form>
  );
}
