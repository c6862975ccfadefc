import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { MeshClient } from '../client/mesh-client.ts';

export const ClientContext = createContext<MeshClient | null>(null);

/** The one MeshClient of this page. */
export function useClient(): MeshClient {
  const client = useContext(ClientContext);
  if (!client) throw new Error('There is no client around this component.');
  return client;
}
