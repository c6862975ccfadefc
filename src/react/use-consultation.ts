import type { ClientState, ConsultationInput, ConsultationRecord, MeshClient } from '../client/mesh-client.ts';
import { useActions } from './mesh-provider.ts';
import type { MeshStore } from './mesh-store.ts';
import { useMesh } from './use-mesh.ts';

const readAll = ({ consultations }: ClientState) => consultations;
const readWorkspace = ({ seat }: ClientState) => seat?.workspace.id ?? null;

const actions = (store: MeshStore) => ({
  open: (input: ConsultationInput) => store.client.openConsultation(input),
  join: (id: string) => store.client.joinConsultation(id),
  close: (id: string) => store.client.closeConsultation(id),
  /** Reads consultations of the user into `consultations`. */
  list: (...query: Parameters<MeshClient['consultations']>) => store.client.consultations(...query),
  messages: (...query: Parameters<MeshClient['consultationMessages']>) => store.client.consultationMessages(...query),
});

/**
 * The consultations of the user that the client knows, one of them, and what a person can do.
 * @param id of the one that is meant; default: the one in which the person sits
 */
export function useConsultation(id?: string) {
  const consultations = useMesh(readAll);
  const workspace = useMesh(readWorkspace);
  const isMeant = (each: ConsultationRecord) =>
    id === undefined ? workspace !== null && each.workspace === workspace : each.id === id;
  return { consultations, consultation: consultations.find(isMeant) ?? null, ...useActions(actions) };
}
