import { Timer, X } from 'lucide-preact';
import { useState } from 'preact/hooks';
import type { CallState } from '../../client/state.ts';
import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';
import { useServerTime } from '../use-server-time.ts';
import { isEndingSoon } from './call-time.ts';

/** What one press adds, minutes. */
const MINUTES = 5;

/** Lets the owner extend a call that ends soon. */
export function MoreTime({ call }: { call: CallState }) {
  const client = useClient();
  const now = useServerTime();
  const [declined, setDeclined] = useState<number | null>(null);
  if (!isEndingSoon(call, now) || declined === call.endsAt) return null;
  return (
    <div class="note note-line note-warning">
      <Timer size={20} />
      <div>{strings.call.moreTime}</div>
      <button type="button" class="button button-small" onClick={() => void attempt(client.extendCall(MINUTES * 60))}>
        {strings.call.addTime(MINUTES)}
      </button>
      <button type="button" class="icon-button" aria-label={strings.close} onClick={() => setDeclined(call.endsAt)}>
        <X size={18} />
      </button>
    </div>
  );
}
