import { measureStore } from '../store.ts';
import type { PartName, Parts } from './figures.ts';
import { DRIVER_CORE, EVERY_CORE } from './processes.ts';
import { measureChat } from './workloads/chat.ts';
import { measureConnections } from './workloads/connections.ts';
import { measureConsultations } from './workloads/consultations.ts';
import { measureEvents } from './workloads/events.ts';
import { measureIdle } from './workloads/idle.ts';
import { measurePairs } from './workloads/pairs.ts';
import { measurePins } from './workloads/pins.ts';
import { measureRate } from './workloads/rate.ts';
import { measureRelay } from './workloads/relay.ts';
import { measureWorkspaces } from './workloads/workspaces.ts';

/** How the bench measures each part, and on which cores it runs. */
export const parts: { [Name in PartName]: { cores: string; measure(): Promise<Parts[Name]> } } = {
  relay: { cores: DRIVER_CORE, measure: measureRelay },
  pairs: { cores: DRIVER_CORE, measure: measurePairs },
  rate: { cores: DRIVER_CORE, measure: measureRate },
  idle: { cores: DRIVER_CORE, measure: measureIdle },
  connections: { cores: DRIVER_CORE, measure: measureConnections },
  workspaces: { cores: DRIVER_CORE, measure: measureWorkspaces },
  pins: { cores: DRIVER_CORE, measure: measurePins },
  store: { cores: EVERY_CORE, measure: measureStore },
  events: { cores: DRIVER_CORE, measure: measureEvents },
  chat: { cores: EVERY_CORE, measure: measureChat },
  consultations: { cores: EVERY_CORE, measure: measureConsultations },
};

export const isPart = (name: string): name is PartName => Object.hasOwn(parts, name);
