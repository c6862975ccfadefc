import { type IceProvider, type IceServerEntry, isStunUrl, toIceServers } from './provider.ts';

/**
 * A fixed list, as in RTCConfiguration. Its credentials never change, so every seat gets the same ones.
 * @param stunUrls for those without a seat, in the place of the STUN servers in the list
 */
export function staticProvider(entries: readonly IceServerEntry[], stunUrls: readonly string[] = []): IceProvider {
  const all = () => toIceServers(entries);
  return {
    stun: () =>
      stunUrls.length > 0 ? toIceServers([{ urls: stunUrls }]) : all().filter((server) => isStunUrl(server.url)),
    servers: async () => all(),
  };
}
