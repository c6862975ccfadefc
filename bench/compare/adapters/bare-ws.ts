import { randomUUID } from 'node:crypto';
import { type Adapter, isDescription, open } from './adapter.ts';

export const bareWs: Adapter = {
  name: 'bare ws',
  program: 'bench/compare/servers/bare-ws.mjs',
  async connectGroup(url, people) {
    const ids = Array.from({ length: people }, () => randomUUID());
    const sockets = await Promise.all(ids.map((id) => open(`${url}/${id}`)));
    return sockets.map((socket) => ({
      socket,
      message: (to, payload) =>
        JSON.stringify({ to: ids[to], type: isDescription(payload) ? 'description' : 'candidate', payload }),
    }));
  },
  isRelayed: () => true,
};
