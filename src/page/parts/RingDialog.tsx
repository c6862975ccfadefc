import { Phone, PhoneOff } from 'lucide-preact';
import { useId, useRef, useState } from 'preact/hooks';
import { attempt } from '../announcements.ts';
import { strings } from '../strings.ts';
import { Avatar } from './Avatar.tsx';
import { usePoliteFocus } from './use-polite-focus.ts';

interface RingDialogProps {
  caller: { id: string; name: string };
  /** What the call is, a line. */
  text: string;
  onAccept: () => Promise<void>;
  onDecline: () => Promise<void>;
}

/** Announces a ring. The focus goes to Accept, unless the person types, and afterwards back to its former element. */
export function RingDialog({ caller, text, onAccept, onDecline }: RingDialogProps) {
  const accept = useRef<HTMLButtonElement>(null);
  const id = useId();
  const [isAnswering, setAnswering] = useState(false);
  const title = strings.call.calling(caller.name);

  usePoliteFocus(accept, title);

  const answer = async (command: () => Promise<void>) => {
    setAnswering(true);
    await attempt(command());
    setAnswering(false);
  };

  return (
    <div class="incoming" role="alertdialog" aria-label={title} aria-describedby={id}>
      <div class="incoming-caller">
        <Avatar id={caller.id} name={caller.name} />
      </div>
      <div class="incoming-text">
        <p class="incoming-title">{title}</p>
        <p class="quiet" id={id}>
          {text}
        </p>
      </div>
      <div class="incoming-actions">
        <button
          type="button"
          class="button button-danger"
          disabled={isAnswering}
          onClick={() => void answer(onDecline)}
        >
          <PhoneOff size={18} />
          {strings.call.decline}
        </button>
        <button
          ref={accept}
          type="button"
          class="button button-primary"
          disabled={isAnswering}
          onClick={() => void answer(onAccept)}
        >
          <Phone size={18} />
          {strings.call.accept}
        </button>
      </div>
    </div>
  );
}
