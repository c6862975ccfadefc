import { useRef } from 'preact/hooks';
import type { ConsultationRecord } from '../../client/state.ts';
import { useClient } from '../client-context.ts';
import { useObservable } from '../use-observable.ts';

/** The consultation in whose workspace the user sat last; null where the last workspace was that of none. */
export function useLastConsultation(): ConsultationRecord | null {
  const client = useClient();
  const { seat, user, consultations } = useObservable(client.state);
  const last = useRef<string | null>(null);
  if (seat) last.current = consultations.find(({ workspace }) => workspace === seat.workspace.id)?.id ?? null;
  return user ? (consultations.find(({ id }) => id === last.current) ?? null) : null;
}
