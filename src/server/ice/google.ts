import { type IceProvider, toIceServers } from './provider.ts';

const googles = ['stun', 'stun1', 'stun2', 'stun3', 'stun4'].map((name) => `stun:${name}.l.google.com:19302`);

/**
 * Google's public STUN servers: no account and no TURN, so peers behind symmetric NATs do not reach each other.
 * @param stunUrls in the place of Google's
 */
export function googleProvider(stunUrls: readonly string[] = []): IceProvider {
  const urls = stunUrls.length > 0 ? stunUrls : googles;
  const stun = () => toIceServers([{ urls }]);
  return { stun, servers: async () => stun() };
}
