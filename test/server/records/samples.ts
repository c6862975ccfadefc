import type { EventAttendee, EventData, EventType, NumberedEvent } from '../../../src/server/domain/events.ts';
import type { EventBatch, WorkspaceFacts } from '../../../src/server/records/event-recorder.ts';

/** A minute of 2027, in ms since the epoch. */
export const minute = 60_000;
export const start = Date.UTC(2027, 0, 1);

export const guest: EventAttendee = { id: '_guest', name: 'Zoë 李', user: null };
export const ada: EventAttendee = { id: '_ada', name: 'Ada', user: { id: 'u-ada' } };
export const bob: EventAttendee = { id: '_bob', name: 'Bob', user: { id: 'u-bob' } };

export function workspaceOf(id = '_room', facts: Partial<WorkspaceFacts> = {}): WorkspaceFacts {
  const metadata = { ward: '7' };
  return { id, name: `Room ${id}`, externalId: null, metadata, created: start, ownerUser: null, ...facts };
}

export type Happened = { [Type in EventType]: { type: Type; data: EventData[Type]; at?: number } }[EventType];

/** The events of a workspace with their numbers, a minute after the other if nothing else is said. */
export function batchOf(workspace: WorkspaceFacts, happened: readonly Happened[], firstSeq = 1): EventBatch {
  const events = happened.map((event, index) => {
    const seq = firstSeq + index;
    return { at: start + seq * minute, ...event, seq } as NumberedEvent;
  });
  return { workspace, events };
}

export const joined = (attendee: EventAttendee): Happened => ({ type: 'attendee.joined', data: { attendee } });

export const missed = (user: string, from = ada, at?: number): Happened => ({
  type: 'call.missed',
  ...(at === undefined ? {} : { at }),
  data: { call: { id: 'c1' }, attendee: null, user: { id: user }, from, media: 'audio', reason: 'unanswered' },
});

/** A call of Ada and Bob, from its beginning to its end. */
export function wholeCall(id = 'call_1'): Happened[] {
  const call = { id, clientCallId: `client ${id}` };
  const at = (minutes: number) => start + minutes * minute;
  const stay = (attendee: EventAttendee, from: number, until: number) => ({
    attendee: { id: attendee.id },
    user: attendee.user,
    joinedAt: at(from),
    leftAt: at(until),
    seconds: (until - from) * 60,
  });
  return [
    { type: 'call.started', at: at(10), data: { call, startedAt: at(10), caller: ada } },
    { type: 'call.participant_joined', at: at(10), data: { call: { id }, attendee: ada } },
    { type: 'call.participant_joined', at: at(11), data: { call: { id }, attendee: bob } },
    { type: 'call.participant_left', at: at(30), data: { call: { id }, attendee: ada, seconds: 1200 } },
    { type: 'call.participant_left', at: at(31), data: { call: { id }, attendee: bob, seconds: 1200 } },
    {
      type: 'call.ended',
      at: at(31),
      data: {
        call,
        startedAt: at(10),
        connectedAt: at(11),
        endedAt: at(31),
        durationSeconds: 1260,
        billableSeconds: 1200,
        endReason: 'hangup',
        participants: [stay(ada, 10, 30), stay(bob, 11, 31)],
        externalId: 'appointment 7',
        metadata: { ward: '7' },
      },
    },
  ];
}
