import type { EventParticipant, NumberedEvent, WorkspaceEvent } from '../domain/events.ts';
import type { CallRecord } from './calls.ts';
import type { EventBatch } from './event-recorder.ts';
import { type RecordingRecord, recordingsOn } from './recordings.ts';
import type { Records } from './records.ts';
import type { WorkspaceRecord } from './workspaces.ts';

/** Workspaces that are closed at a time. */
const AT_ONCE = 100;

/**
 * Ends what a former process had in memory alone: workspaces that nobody can come back to, and their calls. Nobody knows
 * when that was; a call ends with the last thing that is known of its workspace.
 *
 * @param now when this process began, in ms since the epoch: later workspaces are its own
 * @returns how many workspaces
 * @throws RecordsAway
 */
export async function closeLostWorkspaces(records: Records, now: number): Promise<number> {
  let closed = 0;
  for (;;) {
    const { items } = await records.workspaces.page({ isOpen: true }, { after: { at: now, id: '' }, limit: AT_ONCE });
    if (items.length === 0) return closed;
    await records.take(await Promise.all(items.map((workspace) => lastEvents(records, workspace, now))));
    closed += items.length;
  }
}

async function lastEvents(records: Records, workspace: WorkspaceRecord, now: number): Promise<EventBatch> {
  const { id, name, externalId, metadata, ownerUser, createdAt, seq } = workspace;
  const [last] = await records.events.page(id, { after: seq - 1, limit: 1 });
  const { items: calls } = await records.calls.page({ status: 'active', workspaceId: id }, { limit: AT_ONCE });
  const recordings = await records.query((db) => recordingsOn(db, id));
  const happened: WorkspaceEvent[] = [
    ...calls.map((call) => endOf(call, workspace, last?.at ?? call.startedAt, now)),
    ...recordings.map((recording) => stopOf(recording, now)),
    { type: 'workspace.closed', at: now, data: { reason: 'idle' } },
  ];
  return {
    workspace: { id, name, externalId, metadata, ownerUser, created: createdAt },
    events: happened.map((event, index): NumberedEvent => ({ ...event, seq: seq + index + 1 })),
  };
}

function endOf(
  { id, clientCallId, startedAt, connectedAt, participants }: CallRecord,
  { externalId, metadata }: WorkspaceRecord,
  endedAt: number,
  now: number,
): WorkspaceEvent {
  return {
    type: 'call.ended',
    at: now,
    data: {
      call: { id, clientCallId },
      startedAt,
      connectedAt,
      endedAt,
      durationSeconds: secondsBetween(startedAt, endedAt),
      billableSeconds: connectedAt === null ? 0 : secondsBetween(connectedAt, endedAt),
      endReason: 'lost',
      participants: participants.map(({ attendee, user, joinedAt, leftAt, seconds }): EventParticipant => {
        const left = leftAt ?? endedAt;
        return { attendee, user, joinedAt, leftAt: left, seconds: seconds ?? secondsBetween(joinedAt, left) };
      }),
      externalId,
      metadata,
    },
  };
}

/** Browsers record until they hear of the end: what began since the last event is theirs to send. */
function stopOf({ id, callId, startedAt }: RecordingRecord, now: number): WorkspaceEvent {
  return {
    type: 'recording.stopped',
    at: now,
    data: { recording: { id }, call: { id: callId }, startedAt, stoppedAt: now },
  };
}

const secondsBetween = (from: number, until: number) => Math.max(0, Math.round((until - from) / 1000));
