import { useEffect } from 'preact/hooks';
import type { ConsultationRecord, SeatState } from '../../client/state.ts';
import { useClient } from '../client-context.ts';
import { useObservable } from '../use-observable.ts';

/** The consultation that a workspace belongs to, as far as the user may know; null: none. */
export function useConsultationOf({ workspace }: SeatState): ConsultationRecord | null {
  const client = useClient();
  const { user, consultations } = useObservable(client.state);
  const known = consultations.find((each) => each.workspace === workspace.id) ?? null;
  const isKnown = known !== null;
  useEffect(() => {
    // A reload has forgotten which consultations there are.
    if (user && !isKnown) client.consultations({ status: 'open' }).catch(() => {});
  }, [client, user, workspace.id, isKnown]);
  return known;
}
