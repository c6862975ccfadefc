import { type IceProvider, type IceServerEntry, isStunUrl, toIceServers } from './provider.ts';

/** A fixed list, as in RTCConfiguration. Its credentials never change, so every seat gets the same ones. */
export function staticProvider(entries: readonly IceServerEntry[]): IceProvider {
  const all = () => toIceServers(entries);
  return {
    stun: () => all().filter((server) => isStunUrl(server.url)),
    servers: async () => all(),
  };
}
