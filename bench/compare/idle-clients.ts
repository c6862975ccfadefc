/**
 * Holds idle connections from a process of its own. The first argument has its options as JSON. It sends `ready` when all
 * are connected, and runs until it is killed or its parent has ended.
 */
import type { WebSocket } from 'ws';
import { comparedInDetail } from './adapters/index.ts';

export interface Idle {
  adapter: string;
  url: string;
  connections: number;
  /** 'seated': five in each workspace. 'connected': without any command yet. */
  as: 'seated' | 'connected';
}

const PEOPLE = 5;
/** Connections that it opens at a time. */
const AT_ONCE = 50;

const { adapter: name, url, connections, as }: Idle = JSON.parse(process.argv[2] ?? '{}');
const adapter = comparedInDetail.find((each) => each.name === name);
if (!adapter) throw new Error(`There is no server ${name}.`);
const { connect = async () => (await adapter.connectGroup(url, 1))[0]?.socket as WebSocket } = adapter;

for (let left = connections; left > 0; left -= AT_ONCE) {
  const some = Math.min(left, AT_ONCE);
  if (as === 'connected') await Promise.all(Array.from({ length: some }, () => connect(url)));
  else await Promise.all(Array.from({ length: Math.ceil(some / PEOPLE) }, () => adapter.connectGroup(url, PEOPLE)));
}
process.once('disconnect', () => process.exit());
process.send?.('ready');
