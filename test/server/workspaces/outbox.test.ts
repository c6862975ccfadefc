import { pino } from 'pino';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { NumberedEvent } from '../../../src/server/domain/events.ts';
import { withHistory } from '../../../src/server/domain/history.ts';
import type { EventBatch, EventRecorder } from '../../../src/server/records/event-recorder.ts';
import type { Records } from '../../../src/server/records/records.ts';
import { memoryStore } from '../../../src/server/storage/memory.ts';
import { StoreAway } from '../../../src/server/storage/store.ts';
import { Outbox } from '../../../src/server/workspaces/outbox.ts';
import { attend, createWorkspace, startServer } from '../../support/fixtures.ts';
import { arrivalOf, workspaceWith } from '../domain/people.ts';

/** Records in memory, which can be away. */
class Recorder implements EventRecorder {
  isAway = false;
  readonly events: NumberedEvent[] = [];
  /** How often it was given something. */
  given = 0;

  async take(batch: readonly EventBatch[]): Promise<ReadonlyMap<string, number>> {
    this.given += 1;
    if (this.isAway) throw new StoreAway('the records are away');
    for (const { events } of batch) this.events.push(...events.filter(({ seq }) => seq > this.events.length));
    return new Map(batch.map(({ workspace }) => [workspace.id, this.events.length]));
  }

  async close(): Promise<void> {}

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }
}

const hour = 3_600_000;

async function startRecording(idleMs = hour, env: Record<string, string> = {}) {
  const records = new Recorder();
  const store = memoryStore({ idleMs, now: Date.now, keepsGone: true });
  onTestFinished(() => store.close());
  return { records, store, server: await startServer(env, { records: records as unknown as Records, store }) };
}

it('hands on what happens in a workspace, in order, and keeps nothing that was handed on', async () => {
  const { records, store, server } = await startRecording();
  const owner = await createWorkspace(server);
  const guest = await attend(server, owner);
  await guest.client.must('leave', guest.proof);
  await vi.waitFor(() =>
    expect(records.types).toEqual(['workspace.created', 'attendee.joined', 'attendee.joined', 'attendee.left']),
  );
  await attend(server, owner);
  await vi.waitFor(() => expect(records.events).toHaveLength(5));
  await owner.client.must('mic-toggle', { ...owner.proof, state: false });
  expect(await store.get(owner.workspaceId)).toMatchObject({ seq: 5, outbox: [] });
});

it('keeps events in their workspace while the records are away, and hands them on when they are there', async () => {
  const { records, store, server } = await startRecording();
  records.isAway = true;
  const owner = await createWorkspace(server);
  await attend(server, owner);
  await vi.waitFor(() => expect(records.given).toBeGreaterThan(0));
  expect((await store.get(owner.workspaceId))?.outbox).toHaveLength(3);
  records.isAway = false;
  await vi.waitFor(() => expect(records.events).toHaveLength(3), { timeout: 5000 });
});

it('keeps a workspace that was closed until its last events are handed on, and nobody gets in', async () => {
  const { records, store, server } = await startRecording();
  const owner = await createWorkspace(server);
  records.isAway = true;
  await owner.client.must('destroy', owner.proof);
  const late = await server.connect();
  expect(await late.ask('attend', { workspace: { token: owner.token }, attendee: {} })).toMatchObject({
    error: { code: 'WORKSPACE_GONE' },
  });
  expect(await store.read(owner.workspaceId)).toMatchObject({ attendees: [], closed: expect.any(Number) });
  records.isAway = false;
  await vi.waitFor(() => expect(records.types.at(-1)).toBe('workspace.closed'), { timeout: 5000 });
  await vi.waitFor(async () => expect(await store.read(owner.workspaceId)).toBeNull());
});

it('hands events on at once where somebody waits for it, and does not make them wait for records that are away', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const records = new Recorder();
  const outbox = new Outbox(records, () => {}, pino({ enabled: false }));
  const workspace = withHistory(null, { next: workspaceWith(arrivalOf('_bob')), effects: [], ended: [] }, 0, 1).next;
  if (!workspace) throw new Error('the workspace has a document');
  outbox.note(workspace);
  // No timer runs in this test.
  await outbox.caughtUp(60_000);
  expect(records.types).toEqual(['workspace.created', 'attendee.joined', 'attendee.joined']);

  records.isAway = true;
  outbox.note({ ...workspace, id: '_other' });
  await outbox.caughtUp(60_000);
  expect(records.given).toBe(2);
  records.isAway = false;
  await outbox.caughtUp(60_000);
  expect(records.given).toBe(3);
});

it('says that a workspace was closed because nobody came any more', async () => {
  const { records, store, server } = await startRecording(400, {
    SEAT_GRACE_SECONDS: '0.1',
    WORKSPACE_IDLE_HOURS: String(400 / hour),
  });
  const owner = await createWorkspace(server);
  await owner.client.must('leave', owner.proof);
  await vi.waitFor(
    () => expect(records.events.at(-1)).toMatchObject({ type: 'workspace.closed', data: { reason: 'idle' } }),
    {
      timeout: 5000,
    },
  );
  expect(await store.get(owner.workspaceId)).toBeNull();
});
