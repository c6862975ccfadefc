import { setTimeout as sleep } from 'node:timers/promises';
import type { Adapter } from '../adapters/adapter.ts';
import { compared } from '../adapters/index.ts';
import type { Idle } from '../idle-clients.ts';
import { heard, startHelper, startServer } from '../processes.ts';

const CONNECTIONS = 10_000;
/** The rest before memory is read: V8 collects garbage some seconds after the last work. */
const SETTLE_MS = 12_000;

interface IdleRow {
  connections: number;
  /** Memory of the server's process, bytes: when it listens, and when all are connected. */
  atStart: number;
  full: number;
  /** The growth by each connection. */
  perConnection: number;
  /** µs of the server's processor to let one in, with its seat where it has one. */
  connecting: number;
  /** µs of the server's processor for each idle connection in a second: heartbeats. */
  resting: number;
}

export type IdleFigures = Record<string, IdleRow>;

export async function holdIdle(idle: Idle) {
  const holder = startHelper(new URL('../idle-clients.ts', import.meta.url), idle);
  await heard(holder);
  return holder;
}

async function measure(adapter: Adapter, as: Idle['as']): Promise<IdleRow> {
  const server = await startServer(adapter);
  await sleep(1000);
  const [atStart, cpuAtStart] = [server.resident(), server.cpu()];
  const holder = await holdIdle({ adapter: adapter.name, url: server.url, connections: CONNECTIONS, as });
  const cpuWhenThere = server.cpu();
  await sleep(SETTLE_MS);
  const full = server.resident();
  const [connecting, resting] = [cpuWhenThere - cpuAtStart, server.cpu() - cpuWhenThere];
  holder.kill();
  await server.stop();
  return {
    connections: CONNECTIONS,
    atStart,
    full,
    perConnection: (full - atStart) / CONNECTIONS,
    connecting: connecting / CONNECTIONS,
    resting: resting / CONNECTIONS / (SETTLE_MS / 1000),
  };
}

/** The cost of idle connections, one server after the other. */
export async function measureIdle(): Promise<IdleFigures> {
  const figures: IdleFigures = {};
  for (const adapter of compared) {
    if (adapter.connect) {
      figures[`${adapter.name}, connected`] = await measure(adapter, 'connected');
      figures[`${adapter.name}, seated`] = await measure(adapter, 'seated');
    } else figures[adapter.name] = await measure(adapter, 'seated');
  }
  return figures;
}
