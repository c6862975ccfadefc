import { useEffect, useState } from 'preact/hooks';
import type { RecordingList } from '../../client/mesh-client.ts';
import { useClient } from '../client-context.ts';
import { describeError } from '../describe-error.ts';
import type { ListedRecording } from './listed-recording.ts';

/** The time between two looks while something is still to come, in ms. */
const LOOK_EVERY = 3_000;

function isUnderWay({ state, film }: ListedRecording): boolean {
  return state === 'recording' || state === 'uploading' || film?.state === 'waiting' || film?.state === 'composing';
}

/**
 * The recordings of the workspace, and their changes.
 * @returns `list`: null before they are read; `error`: the sentence of the last attempt, or ''
 */
export function useRecordings(): { list: RecordingList | null; error: string } {
  const client = useClient();
  const [list, setList] = useState<RecordingList | null>(null);
  const [error, setError] = useState('');
  const read = async () => {
    try {
      setList(await client.recordings());
      setError('');
    } catch (failure) {
      setError(describeError(failure));
    }
  };
  useEffect(() => void read(), [client]);
  const isMoving = error !== '' || (list?.recordings.some(isUnderWay) ?? false);
  useEffect(() => {
    if (!isMoving) return;
    const timer = setInterval(() => void read(), LOOK_EVERY);
    return () => clearInterval(timer);
  }, [client, isMoving]);
  return { list, error };
}
