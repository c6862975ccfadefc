import { LogOut, Phone, PhoneOff } from 'lucide-preact';
import type { CallState, SeatState } from '../../client/state.ts';
import { attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { ControlButton } from '../parts/ControlButton.tsx';
import { strings } from '../strings.ts';
import { attemptRing } from './time-used-up.ts';

/** Buttons to start, leave and end the call. The red one ends it: for everybody if the owner presses it. */
export function CallButtons({ call, seat }: { call: CallState | null; seat: SeatState }) {
  const client = useClient();
  const { isOwner, attendees, self } = seat;
  const isOnCall = call?.joined ?? false;
  if (seat.workspace.isDial) return <HangUp />;
  const isSomebodySeated = attendees.some(({ id }) => id !== self);
  return (
    <div class="controls-group">
      {isOwner && !isOnCall && (
        <button
          type="button"
          class="button button-primary button-call"
          disabled={!isSomebodySeated}
          onClick={() => void attemptRing(client.startCall())}
        >
          <Phone size={18} />
          {strings.call.start}
        </button>
      )}
      {isOnCall && (
        <ControlButton
          icon={isOwner ? LogOut : PhoneOff}
          label={strings.call.leave}
          {...(isOwner ? {} : { tone: 'danger' })}
          onClick={() => void attempt(client.leaveCall())}
        />
      )}
      {isOwner && call && (
        <ControlButton
          icon={PhoneOff}
          label={strings.call.end}
          tone="danger"
          onClick={() => void attempt(client.hangup())}
        />
      )}
    </div>
  );
}

/** A call of two users ends for both when one of them leaves it. */
function HangUp() {
  const client = useClient();
  return (
    <div class="controls-group">
      <ControlButton
        icon={PhoneOff}
        label={strings.phone.hangUp}
        tone="danger"
        onClick={() => void attempt(client.leaveCall())}
      />
    </div>
  );
}
