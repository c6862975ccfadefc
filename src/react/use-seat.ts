import type { ClientState, MeshClient } from '../client/mesh-client.ts';
import { useActions } from './mesh-provider.ts';
import type { MeshStore } from './mesh-store.ts';
import { useMesh } from './use-mesh.ts';

const read = ({ connection, seat, waiting, ended }: ClientState) => ({ connection, seat, waiting, ended });

const actions = (store: MeshStore) => ({
  create: (...input: Parameters<MeshClient['create']>) => store.client.create(...input),
  attend: (...input: Parameters<MeshClient['attend']>) => store.client.attend(...input),
  restore: (...input: Parameters<MeshClient['restore']>) => store.client.restore(...input),
  leave: () => store.client.leave(),
  destroy: () => store.client.destroy(),
  rename: (name: string) => store.client.rename(name),
  giveUp: () => store.client.giveUp(),
  admit: (id: string) => store.client.admit(id),
  turnAway: (id: string) => store.client.turnAway(id),
});

/** The seat, or the place in the waiting room, and the ways into and out of them: methods of `MeshClient`. */
export function useSeat() {
  return { ...useMesh(read), ...useActions(actions) };
}
