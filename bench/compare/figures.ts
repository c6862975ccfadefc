import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg } from 'node:os';
import type { StoreRow } from '../store.ts';
import type { ChatFigures } from './workloads/chat.ts';
import type { ConnectionsFigures } from './workloads/connections.ts';
import type { ConsultationsFigures } from './workloads/consultations.ts';
import type { EventsFigures } from './workloads/events.ts';
import type { IdleFigures } from './workloads/idle.ts';
import type { PairsFigures } from './workloads/pairs.ts';
import type { PinsFigures } from './workloads/pins.ts';
import type { RateFigures } from './workloads/rate.ts';
import type { RelayFigures } from './workloads/relay.ts';
import type { WorkspacesFigures } from './workloads/workspaces.ts';

/** The figures of each part. */
export interface Parts {
  relay: RelayFigures;
  pairs: PairsFigures;
  rate: RateFigures;
  idle: IdleFigures;
  connections: ConnectionsFigures;
  workspaces: WorkspacesFigures;
  pins: PinsFigures;
  store: StoreRow[];
  events: EventsFigures;
  chat: ChatFigures;
  consultations: ConsultationsFigures;
}

export type PartName = keyof Parts;

/** When and where a part was measured, and the load of the machine then. */
export interface Circumstances {
  date: string;
  seconds: number;
  cores: number;
  processor: string;
  node: string;
  /** The load average of a minute before. */
  load: number;
  versions: Record<string, string>;
}

/** The file of all figures. Parts are measured on their own, so each knows its circumstances. */
export type Figures = { [Name in PartName]?: { circumstances: Circumstances; figures: Parts[Name] } };

const file = new URL('../../docs/figures/bench.json', import.meta.url);

export function readFigures(): Figures {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/** Replaces the figures of a part. */
export function keepFigures<Name extends PartName>(
  name: Name,
  circumstances: Circumstances,
  figures: Parts[Name],
): void {
  mkdirSync(new URL('.', file), { recursive: true });
  const text = JSON.stringify({ ...readFigures(), [name]: { circumstances, figures } }, null, 2);
  writeFileSync(file, `${text}\n`);
}

/**
 * The versions of the compared servers. All use the same ws: bench/package.json overrides PeerServer's with the project's,
 * so update the two together.
 */
function versions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const versionOf = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version;
  return {
    ws: require('ws/package.json').version,
    'socket.io': require('socket.io/package.json').version,
    peer: versionOf('../node_modules/peer/package.json'),
  };
}

export function circumstancesNow(): Omit<Circumstances, 'seconds'> {
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: cpus().length,
    processor: cpus()[0]?.model.trim() ?? '',
    node: process.version,
    load: Number((loadavg()[0] ?? Number.NaN).toFixed(2)),
    versions: versions(),
  };
}
