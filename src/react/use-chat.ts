import type { ClientState } from '../client/mesh-client.ts';
import { useActions } from './mesh-provider.ts';
import type { MeshStore } from './mesh-store.ts';
import { useMesh } from './use-mesh.ts';

const read = ({ chat }: ClientState) => chat;

const actions = (store: MeshStore) => ({
  send: (text: string) => store.client.sendMessage(text),
  /** Sends a message again whose state is 'failed'. */
  retry: (key: string) => store.client.retryMessage(key),
  /** The person has seen the chat. */
  markRead: () => store.client.readMessages(),
  loadEarlier: () => store.client.loadEarlierMessages(),
});

/** The chat of the workspace. */
export function useChat() {
  return { ...useMesh(read), ...useActions(actions) };
}
