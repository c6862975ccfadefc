import type { RecordingsOf } from '../../client/mesh-client.ts';
import { useClient } from '../client-context.ts';
import { strings } from '../strings.ts';
import { useAnyRecordings } from './use-any-recordings.ts';

/**
 * What an owner who closes a workspace or a consultation may want to know of its recordings.
 * @returns a sentence; '' where there are none
 */
export function useRecordingsKept(of?: RecordingsOf): string {
  const { user } = useClient().state.value;
  const isAny = useAnyRecordings(of);
  const { byUser, byGuest } = strings.recording.kept;
  if (!isAny) return '';
  return user ? byUser : byGuest;
}
