import type { CallState } from '../../client/state.ts';
import { clock } from '../clock.ts';
import { strings } from '../strings.ts';
import { useServerTime } from '../use-server-time.ts';
import { elapsed, isEndingSoon, secondsUntil } from './call-time.ts';

/** The time since the participants are connected and, if the call has a limit, the time that is left. */
export function CallTimer({ call }: { call: CallState }) {
  const now = useServerTime();
  return (
    <>
      <p class="timer" role="timer" aria-label={strings.call.time}>
        {clock(elapsed(call, now))}
      </p>
      {call.endsAt !== null && (
        <p
          class={isEndingSoon(call, now) ? 'timer timer-ending' : 'timer'}
          role="timer"
          aria-label={strings.call.timeLeft}
        >
          {strings.call.left(clock(secondsUntil(call.endsAt, now)))}
        </p>
      )}
    </>
  );
}
