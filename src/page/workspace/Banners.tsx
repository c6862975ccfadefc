import { WifiOff } from 'lucide-preact';
import { useState } from 'preact/hooks';
import type { CallState, SeatState, ServerConnection } from '../../client/state.ts';
import { useClient } from '../client-context.ts';
import { MediaProblemNote } from '../parts/MediaProblemNote.tsx';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { KnockNote } from './KnockNote.tsx';
import { MoreTime, TimeUsedUp } from './MoreTime.tsx';

interface BannersProps {
  connection: ServerConnection;
  call: CallState | null;
  isOwner: boolean;
  /** The people who wait, where the list of them is not in sight. */
  waiting: SeatState['waiting'];
  isDeviceBusy: boolean;
}

/** Problems of the moment. */
export function Banners({ connection, call, isOwner, waiting, isDeviceBusy }: BannersProps) {
  const { media } = useClient();
  const { problem } = useObservable(media.state);
  const [read, setRead] = useState<typeof problem>(null);
  return (
    <div class="banners">
      <div role="status">
        {connection === 'reconnecting' && (
          <div class="note note-warning">
            <WifiOff size={20} />
            <div>{call?.joined ? strings.serverLost : strings.serverLostNoCall}</div>
          </div>
        )}
        {isDeviceBusy && <p class="quiet-note">{strings.call.deviceBusy}</p>}
      </div>
      <KnockNote waiting={waiting} />
      {isOwner && call?.joined && <MoreTime call={call} />}
      {isOwner && !call?.joined && <TimeUsedUp />}
      {problem && problem !== read && <MediaProblemNote problem={problem} onRead={() => setRead(problem)} />}
    </div>
  );
}
