import type { ClientState } from '../client/mesh-client.ts';
import { useActions } from './mesh-provider.ts';
import type { MeshStore } from './mesh-store.ts';
import { useMesh } from './use-mesh.ts';

const read = ({ call, incoming, ringing, recording, seat }: ClientState) => ({
  call,
  incoming,
  ringing,
  recording,
  isOwner: seat?.isOwner ?? false,
});

const actions = (store: MeshStore) => ({
  start: () => store.client.startCall(),
  ring: (attendeeId: string) => store.client.ring(attendeeId),
  accept: () => store.client.accept(),
  decline: () => store.client.decline(),
  leave: () => store.client.leaveCall(),
  hangup: () => store.client.hangup(),
  extend: (seconds: number) => store.client.extendCall(seconds),
  /** The time by the clock of the server, to compare with the times of `call`, in ms since the epoch. */
  now: () => store.client.serverNow(),
});

/** The call of the workspace, the ring that waits for an answer, and what a person can do: methods of `MeshClient`. */
export function useCall() {
  return { ...useMesh(read), ...useActions(actions) };
}
