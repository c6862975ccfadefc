import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { usePoliteFocus } from '../parts/use-polite-focus.ts';
import { playNotes } from '../sound.ts';
import { strings } from '../strings.ts';

/** Two notes that fall: something wants to be read. */
const QUESTION = [
  { frequency: 523, at: 0 },
  { frequency: 392, at: 0.2 },
];

/** Asks this person whether the browser may record them. Nothing else waits for the answer, and nothing is recorded without it. */
export function ConsentDialog() {
  const client = useClient();
  const dialog = useRef<HTMLDivElement>(null);
  const id = useId();
  const [isAnswering, setAnswering] = useState(false);
  const { title, text, version } = strings.recording.consent;
  // Not a button: a key that was meant for something else must not answer.
  usePoliteFocus(dialog, title);
  useEffect(() => playNotes(QUESTION), []);

  const answer = async (given: boolean) => {
    setAnswering(true);
    await attempt(client.consent(given, version));
    setAnswering(false);
  };

  return (
    <div
      ref={dialog}
      class="consent"
      role="alertdialog"
      tabIndex={-1}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
    >
      <h2 id={`${id}-title`}>
        <span class="recording-dot" />
        {title}
      </h2>
      <div id={`${id}-text`} class="consent-text">
        {text.map((paragraph) => (
          <p key={paragraph}>{paragraph}</p>
        ))}
      </div>
      <div class="consent-actions">
        <button type="button" class="button" disabled={isAnswering} onClick={() => void answer(false)}>
          {strings.recording.decline}
        </button>
        <button type="button" class="button button-primary" disabled={isAnswering} onClick={() => void answer(true)}>
          {strings.recording.agree}
        </button>
      </div>
    </div>
  );
}
