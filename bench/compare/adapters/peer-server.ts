import { randomUUID } from 'node:crypto';
import { type Adapter, beginningWith, isDescription, open } from './adapter.ts';

/** The version of PeerJS whose messages it sends. */
const CLIENT = '1.5.4';

const openPeer = (url: string, id: string) =>
  open(`${url}/peerjs?key=peerjs&id=${id}&token=${randomUUID()}&version=${CLIENT}`, '{"type":"OPEN"');

export const peerServer: Adapter = {
  name: 'PeerServer',
  program: 'bench/compare/servers/peer-server.mjs',
  async connectGroup(url, people) {
    const ids = Array.from({ length: people }, () => randomUUID());
    const sockets = await Promise.all(ids.map((id) => openPeer(url, id)));
    const connectionId = `mc_${randomUUID()}`;
    return sockets.map((socket) => ({
      socket,
      message: (to, payload) =>
        JSON.stringify(
          isDescription(payload)
            ? {
                type: payload.type.toUpperCase(),
                payload: { sdp: payload, type: 'media', connectionId },
                dst: ids[to],
              }
            : { type: 'CANDIDATE', payload: { candidate: payload, type: 'media', connectionId }, dst: ids[to] },
        ),
    }));
  },
  isRelayed: beginningWith('{"type":"CANDIDATE"', '{"type":"OFFER"', '{"type":"ANSWER"'),
};
