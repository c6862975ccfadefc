import { WifiOff } from 'lucide-preact';
import { useState } from 'preact/hooks';
import type { ServerConnection } from '../../client/state.ts';
import { useClient } from '../client-context.ts';
import { MediaProblemNote } from '../parts/MediaProblemNote.tsx';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';

interface BannersProps {
  connection: ServerConnection;
  isOnCall: boolean;
  isDeviceBusy: boolean;
}

/** Problems of the moment. They lie over the stage, so that nothing moves when they come and go. */
export function Banners({ connection, isOnCall, isDeviceBusy }: BannersProps) {
  const { media } = useClient();
  const { problem } = useObservable(media.state);
  const [read, setRead] = useState<typeof problem>(null);
  return (
    <div class="banners">
      <div role="status">
        {connection === 'reconnecting' && (
          <div class="note note-warning">
            <WifiOff size={20} />
            <div>{isOnCall ? strings.serverLost : strings.serverLostNoCall}</div>
          </div>
        )}
        {isDeviceBusy && <p class="quiet-note">{strings.call.deviceBusy}</p>}
      </div>
      {problem && problem !== read && <MediaProblemNote problem={problem} onRead={() => setRead(problem)} />}
    </div>
  );
}
