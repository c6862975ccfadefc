import { useRef } from 'preact/hooks';
import type { RecordingsOf } from '../../client/mesh-client.ts';
import { useClient } from '../client-context.ts';
import { useObservable } from '../use-observable.ts';
import { ownedRecordings } from './owned-recordings.ts';

/** The recordings of the workspace in which this person sat last; null where it had none, or another owner. */
export function useLastRecordings(): RecordingsOf | null {
  const { seat } = useObservable(useClient().state);
  const owned = useObservable(ownedRecordings);
  const last = useRef<string | null>(null);
  if (seat) last.current = seat.workspace.id;
  return owned.find(({ workspace }) => workspace === last.current)?.of ?? null;
}
