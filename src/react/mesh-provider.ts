import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useInsertionEffect,
  useMemo,
} from 'react';
import { MeshClient, type MeshClientOptions } from '../client/mesh-client.ts';
import { MeshStore } from './mesh-store.ts';

const StoreContext = createContext<MeshStore | null>(null);

/** What `MeshProvider` takes: the options of a client, or a client. */
export interface MeshProviderProps extends MeshClientOptions {
  /** A client of your own, which you close yourself. Without it the provider makes one with the options. */
  readonly client?: MeshClient;
  readonly children?: ReactNode;
}

/**
 * Has a MeshClient for everything below it. It connects when it is in the document, and is closed with all its connections,
 * cameras and microphones when it leaves that. The options count then; give it a `key` to begin anew with others.
 */
export function MeshProvider({ client: given, children, ...options }: MeshProviderProps): ReactElement {
  // biome-ignore lint/correctness/useExhaustiveDependencies: components below have to notice another client
  const store = useMemo(() => new MeshStore(), [given]);
  // It comes before the effects below, and StrictMode does not repeat it: there is one client and one connection.
  // biome-ignore lint/correctness/useExhaustiveDependencies: options count at the beginning, and a new client has a new store
  useInsertionEffect(() => {
    const client = given ?? new MeshClient(options);
    const detach = store.attach(client);
    return () => {
      detach();
      if (!given) client.close();
    };
  }, [store]);
  return createElement(StoreContext.Provider, { value: store }, children);
}

/** @throws Error without a MeshProvider around */
export function useStore(): MeshStore {
  const store = useContext(StoreContext);
  if (!store) throw new Error('There is no MeshProvider around this component.');
  return store;
}

/** Makes functions that act on the client, once for each client. @param make must be the same at every rendering */
export function useActions<Actions>(make: (store: MeshStore) => Actions): Actions {
  const store = useStore();
  return useMemo(() => make(store), [store, make]);
}

/**
 * The client, for all that no hook has: call the function in an effect or an event handler.
 * @example
 * const client = useMeshClient();
 * return <button onClick={() => client().renewInvitation()}>New link</button>;
 */
export function useMeshClient(): () => MeshClient {
  return useActions(clientOf);
}

const clientOf = (store: MeshStore) => () => store.client;
