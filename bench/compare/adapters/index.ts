import type { Adapter } from './adapter.ts';
import { bareSocketIo } from './bare-socketio.ts';
import { bareWs } from './bare-ws.ts';
import { peerServer } from './peer-server.ts';
import { thisServer, thisServerInJavaScript, thisServerWithAcks } from './this-server.ts';

/** What everybody else is a multiple of. */
export const base = bareWs;

const servers: readonly Adapter[] = [bareWs, bareSocketIo, peerServer, thisServer];

const only = process.env.ONLY?.split(',');
const chosen = (adapters: readonly Adapter[]) =>
  adapters.filter((adapter) => adapter === base || !only || only.includes(adapter.name));

/** The servers that are compared, or those that ONLY names and what they are compared with. */
export const compared = chosen(servers);

/** And this server with what it offers on top of what the others do, and without what not every machine has. */
export const comparedInDetail = chosen([...servers, thisServerWithAcks, thisServerInJavaScript]);
