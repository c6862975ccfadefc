import { randomUUID } from 'node:crypto';
import { type Adapter, isDescription } from './adapter.ts';
import { event, isRelayed, openSocketIo } from './socketio-frames.ts';

export const bareSocketIo: Adapter = {
  name: 'bare Socket.IO',
  program: 'bench/compare/servers/bare-socketio.mjs',
  async connectGroup(url, people) {
    const ids = Array.from({ length: people }, () => randomUUID());
    const sockets = await Promise.all(ids.map(() => openSocketIo(url)));
    return sockets.map((socket, index) => {
      socket.send(event('hello', ids[index]));
      return {
        socket,
        message(to, payload) {
          const attendee = { id: ids[to] };
          return isDescription(payload)
            ? event('negotiation', { attendee, message: { type: payload.type, data: payload } })
            : event('icecandidate', { attendee, candidate: payload });
        },
      };
    });
  },
  isRelayed,
};
