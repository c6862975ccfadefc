import { isRefusal, type Refusal } from '../../../src/protocol/errors.ts';
import type { Change, Effect } from '../../../src/server/domain/change.ts';
import { type Arrival, attend, create } from '../../../src/server/domain/seat.ts';
import type { Workspace } from '../../../src/server/domain/workspace.ts';

/** When the examples take place, in ms since the epoch. */
export const noon = 1_700_000_000_000;
export const capacity = 5;
export const offer = { type: 'offer', sdp: 'v=0\r\n' } as const;
export const noLimit = { maxMs: null, warningsMs: [] };
export const answer = { type: 'answer', sdp: 'v=0\r\n' } as const;

/** An arrival from a page of its own. */
export function arrivalOf(id: string, changes: Partial<Omit<Arrival, 'profile'>> = {}): Arrival {
  return {
    profile: { id, name: `Somebody called ${id}`, avatar: '' },
    session: `page of ${id}`,
    connection: `connection of ${id}`,
    legacy: false,
    user: null,
    ...changes,
  };
}

/** A client of Engine.IO 3, which cannot say which page it is. */
export function legacyArrivalOf(id: string, connection = `connection of ${id}`): Arrival {
  return arrivalOf(id, { session: null, connection, legacy: true });
}

/** A workspace of `_owner` where these are seated. */
export function workspaceWith(...guests: Arrival[]): Workspace {
  const empty = done(create({ id: '_room', name: 'Room', avatar: '', pinHash: null }, arrivalOf('_owner'), noon)).next;
  return guests.reduce((workspace, guest) => done(attend(workspace, guest, capacity, noon)).next, empty);
}

/** The change of a transition that must succeed and keep the workspace. @throws Error otherwise */
export function done(result: Change | Refusal): Change & { next: Workspace } {
  if (isRefusal(result)) throw new Error(`refused: ${result.refused}`);
  const { next } = result;
  if (next === null) throw new Error('the workspace is no more');
  return { ...result, next };
}

/** The effects for one attendee, in order. */
export function toldTo(attendeeId: string, effects: readonly Effect[]): Effect[] {
  return effects.filter(({ to }) => to.includes(attendeeId));
}

/** Names of the notices that somebody is told, in order. */
export function heardBy(attendeeId: string, { effects }: Pick<Change, 'effects'>): string[] {
  return toldTo(attendeeId, effects).map(({ notice }) => notice);
}

/** Makes any change in place throw. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
