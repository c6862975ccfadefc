import { useEffect, useState } from 'preact/hooks';
import type { RecordingsOf } from '../../client/mesh-client.ts';
import { useClient } from '../client-context.ts';
import { offersRecordings } from './offers-recordings.ts';

/** Whether there are recordings that this person can have. @param of what is over; undefined: the workspace of the seat */
export function useAnyRecordings(of?: RecordingsOf): boolean {
  const client = useClient();
  const [isAny, setAny] = useState(false);
  useEffect(() => {
    if (!offersRecordings()) return;
    client.recordings(of).then(
      ({ recordings }) => setAny(recordings.length > 0),
      () => setAny(false),
    );
  }, [client]);
  return isAny;
}
