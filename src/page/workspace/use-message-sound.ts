import { useEffect } from 'preact/hooks';
import { announce, dismiss } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { playNotes } from '../sound.ts';
import { strings } from '../strings.ts';

/** One short note, lower than a ringtone. */
const NOTES = [{ frequency: 494, at: 0 }];

/** Announces a message, and plays a note, where the person does not see the chat. */
export function useMessageSound(isChatOpen: boolean): void {
  const client = useClient();
  useEffect(() => {
    const shown = new Set<number>();
    const stop = client.on('message', ({ attendee }) => {
      if (isChatOpen && document.visibilityState === 'visible') return;
      shown.add(announce(strings.chat.from(attendee.name)));
      playNotes(NOTES);
    });
    // The person sees the chat now, or has left it.
    return () => {
      stop();
      for (const id of shown) dismiss(id);
    };
  }, [client, isChatOpen]);
}
