import type { Adapter } from './adapter.ts';
import { bareSocketIo } from './bare-socketio.ts';
import { bareWs } from './bare-ws.ts';
import { peerServer } from './peer-server.ts';
import { thisServer, thisServerInJavaScript, thisServerWithAcks } from './this-server.ts';

/** The base of all ratios. */
export const base = bareWs;

const servers: readonly Adapter[] = [bareWs, bareSocketIo, peerServer, thisServer];

const only = process.env.ONLY?.split(',');
const chosen = (adapters: readonly Adapter[]) =>
  adapters.filter((adapter) => adapter === base || !only || only.includes(adapter.name));

/** The compared servers, or with ONLY the base and the servers that ONLY names. */
export const compared = chosen(servers);

/** The compared servers, and this server with its extra features and without the optional add-on. */
export const comparedInDetail = chosen([...servers, thisServerWithAcks, thisServerInJavaScript]);
