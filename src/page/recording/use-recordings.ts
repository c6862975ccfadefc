import { useEffect, useState } from 'preact/hooks';
import type { RecordingList } from '../../client/mesh-client.ts';
import { useClient } from '../client-context.ts';
import { describeError } from '../describe-error.ts';

/** The time between two looks, in ms: parts arrive, and films are made. */
const LOOK_EVERY = 4_000;

/**
 * The recordings of the workspace, and their changes.
 * @returns `list`: null before they are read; `error`: the sentence of the last attempt, or ''
 */
export function useRecordings(): { list: RecordingList | null; error: string } {
  const client = useClient();
  const [list, setList] = useState<RecordingList | null>(null);
  const [error, setError] = useState('');
  useEffect(() => {
    const read = async () => {
      try {
        setList(await client.recordings());
        setError('');
      } catch (failure) {
        setError(describeError(failure));
      }
    };
    void read();
    const timer = setInterval(() => void read(), LOOK_EVERY);
    return () => clearInterval(timer);
  }, [client]);
  return { list, error };
}
