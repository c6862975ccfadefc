import { useMemo } from 'react';
import type { ClientState, InviteRecord, MeshClient } from '../client/mesh-client.ts';
import { useActions } from './mesh-provider.ts';
import type { MeshStore } from './mesh-store.ts';
import { useMesh } from './use-mesh.ts';

const read = ({ user, invites, outgoing, recent, inbox }: ClientState) => ({ user, invites, outgoing, recent, inbox });

const actions = (store: MeshStore) => ({
  signIn: (...credentials: Parameters<MeshClient['signIn']>) => store.client.signIn(...credentials),
  signOut: () => store.client.signOut(),
  dial: (...call: Parameters<MeshClient['dial']>) => store.client.dial(...call),
  invite: (...call: Parameters<MeshClient['invite']>) => store.client.invite(...call),
  cancel: (invite: { id: string }) => store.client.cancelInvite(invite),
  accept: (invite: InviteRecord) => store.client.accept(invite),
  decline: (...answer: Parameters<MeshClient['decline']>) => store.client.decline(...answer),
  markInboxSeen: () => store.client.markInboxSeen(),
});

/** The user who has signed in, the calls that ring (`rings`), other invites, what was dialled and missed, and what a person can do. */
export function usePhone() {
  const state = useMesh(read);
  const { invites } = state;
  const rings = useMemo(() => invites.filter(({ ring }) => ring), [invites]);
  return { ...state, rings, ...useActions(actions) };
}
