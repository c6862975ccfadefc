import { Phone, PhoneOff } from 'lucide-preact';
import { useEffect, useRef } from 'preact/hooks';
import type { AttendeeRecord } from '../../client/state.ts';
import { announce, attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { isTyping } from '../is-typing.ts';
import { Avatar } from '../parts/Avatar.tsx';
import { strings } from '../strings.ts';
import { useRingtone } from './use-ringtone.ts';

interface IncomingCallProps {
  caller: AttendeeRecord;
  workspaceName: string;
}

/** Announces a ring. The focus goes to Accept, unless the person types, and afterwards back to its former element. */
export function IncomingCall({ caller, workspaceName }: IncomingCallProps) {
  const client = useClient();
  const accept = useRef<HTMLButtonElement>(null);
  const title = strings.call.calling(caller.name);
  useRingtone(title);

  useEffect(() => {
    if (isTyping() || document.querySelector('dialog[open]')) {
      announce(title);
      return;
    }
    const former = document.activeElement;
    const region = accept.current?.parentElement;
    accept.current?.focus();
    return () => {
      // The person may have moved the focus in the meantime.
      if (!region?.contains(document.activeElement)) return;
      const back = former !== document.body && former?.isConnected ? former : document.querySelector('.stage');
      if (back instanceof HTMLElement) back.focus();
    };
  }, [title]);

  return (
    <div class="incoming" role="alertdialog" aria-label={title} aria-describedby="incoming-where">
      <div class="incoming-caller">
        <Avatar id={caller.id} name={caller.name} />
      </div>
      <div class="incoming-text">
        <p class="incoming-title">{title}</p>
        <p class="quiet" id="incoming-where">
          {strings.call.callingIn(workspaceName)}
        </p>
      </div>
      <div class="incoming-actions">
        <button type="button" class="button button-danger" onClick={() => void attempt(client.decline())}>
          <PhoneOff size={18} />
          {strings.call.decline}
        </button>
        <button ref={accept} type="button" class="button button-primary" onClick={() => void attempt(client.accept())}>
          <Phone size={18} />
          {strings.call.accept}
        </button>
      </div>
    </div>
  );
}
