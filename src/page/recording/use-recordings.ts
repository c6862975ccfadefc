import { useCallback, useEffect, useState } from 'preact/hooks';
import type { RecordingList, RecordingsOf } from '../../client/mesh-client.ts';
import { useClient } from '../client-context.ts';
import { describeError } from '../describe-error.ts';

/** The time between two looks, in ms: parts arrive, and films are made. */
const LOOK_EVERY = 4_000;

/**
 * The recordings of a workspace, and their changes.
 * @param of what is over; undefined: the workspace of the seat
 * @returns `list`: null before they are read; `error`: the sentence of the last attempt, or ''; `read`: reads them now
 */
export function useRecordings(of?: RecordingsOf): { list: RecordingList | null; error: string; read: () => void } {
  const client = useClient();
  const [list, setList] = useState<RecordingList | null>(null);
  const [error, setError] = useState('');
  const read = useCallback(async () => {
    try {
      setList(await client.recordings(of));
      setError('');
    } catch (failure) {
      setError(describeError(failure));
    }
  }, [client]);
  useEffect(() => {
    void read();
    const timer = setInterval(() => void read(), LOOK_EVERY);
    return () => clearInterval(timer);
  }, [read]);
  return { list, error, read: () => void read() };
}
