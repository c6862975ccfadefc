import { Timer, X } from 'lucide-preact';
import { useEffect, useState } from 'preact/hooks';
import type { CallState } from '../../client/state.ts';
import { announce, attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { useServerTime } from '../use-server-time.ts';
import { isEndingSoon } from './call-time.ts';
import { isTimeUsedUp } from './time-used-up.ts';

/** What one press adds, minutes. */
const CHOICES = [5, 15];

/** Lets the owner extend a call that ends soon. */
export function MoreTime({ call }: { call: CallState }) {
  const client = useClient();
  const now = useServerTime();
  const [declined, setDeclined] = useState<number | null>(null);
  if (!isEndingSoon(call, now) || declined === call.endsAt) return null;
  return (
    <AskForTime
      text={strings.call.moreTime}
      onAdd={(minutes) => void attempt(client.extendCall(minutes * 60))}
      onClose={() => setDeclined(call.endsAt)}
    />
  );
}

/** Lets the owner of a workspace whose time for calls is used up give it more, so that calls are possible again. */
export function TimeUsedUp() {
  const client = useClient();
  const isUsedUp = useObservable(isTimeUsedUp);
  // Another workspace has a time of its own.
  useEffect(() => () => isTimeUsedUp.set(false), []);
  const add = async (minutes: number) => {
    await client.extendCall(minutes * 60);
    isTimeUsedUp.set(false);
    announce(strings.call.timeAdded(minutes));
  };
  if (!isUsedUp) return null;
  return (
    <AskForTime
      text={strings.call.timeUsedUp}
      isAnswer
      onAdd={(minutes) => void attempt(add(minutes))}
      onClose={() => isTimeUsedUp.set(false)}
    />
  );
}

interface AskForTimeProps {
  text: string;
  /** Whether the owner has just done something that needs it. */
  isAnswer?: boolean;
  onAdd: (minutes: number) => void;
  onClose: () => void;
}

function AskForTime({ text, isAnswer = false, onAdd, onClose }: AskForTimeProps) {
  return (
    <div class="note note-line note-warning note-choice" role={isAnswer ? 'alert' : undefined}>
      <Timer size={20} />
      <div>{text}</div>
      <div class="note-choices">
        {CHOICES.map((minutes) => (
          <button key={minutes} type="button" class="button button-small" onClick={() => onAdd(minutes)}>
            {strings.call.addTime(minutes)}
          </button>
        ))}
      </div>
      <button type="button" class="icon-button" aria-label={strings.close} onClick={onClose}>
        <X size={18} />
      </button>
    </div>
  );
}
