import { type IceProvider, toIceServers } from './provider.ts';

const urls = ['stun', 'stun1', 'stun2', 'stun3', 'stun4'].map((name) => `stun:${name}.l.google.com:19302`);

/** Google's public STUN servers: no account and no TURN, so peers behind symmetric NATs do not reach each other. */
export function googleProvider(): IceProvider {
  const stun = () => toIceServers([{ urls }]);
  return { stun, servers: async () => stun() };
}
