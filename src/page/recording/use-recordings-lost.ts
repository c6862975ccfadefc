import { useEffect, useState } from 'preact/hooks';
import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';
import { useObservable } from '../use-observable.ts';
import { offersRecordings } from './offers-recordings.ts';

/**
 * What an owner loses who closes a workspace with recordings: the way to download them here. Only somebody with a seat in it can
 * know whether there are any.
 * @returns the sentence that says so; '' where there is nothing to say
 */
export function useRecordingsLost(): string {
  const client = useClient();
  const { recording, seat } = useObservable(client.state);
  const isSeated = seat !== null;
  const [there, setThere] = useState<'none' | 'some' | 'perhaps'>(isSeated ? 'none' : 'perhaps');
  useEffect(() => {
    if (!isSeated || !offersRecordings()) return;
    client.recordings().then(
      ({ recordings }) => setThere(recordings.length > 0 ? 'some' : 'none'),
      () => setThere('perhaps'),
    );
  }, [client, isSeated]);
  const { some, perhaps } = strings.recording.lost;
  if (!offersRecordings()) return '';
  if (recording || there === 'some') return some;
  return there === 'perhaps' ? perhaps : '';
}
