import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RecordsConfig } from '../../../src/server/config/records.ts';
import type { WorkspaceEvent } from '../../../src/server/domain/events.ts';
import type { Workspace } from '../../../src/server/domain/workspace.ts';
import type { Recordings, RecordingsOptions } from '../../../src/server/recordings/recordings.ts';
import type { Uploads } from '../../../src/server/recordings/uploads.ts';
import type { PartRecord } from '../../../src/server/records/recording-parts.ts';
import type { Records } from '../../../src/server/records/records.ts';
import { webm } from '../../protocol/recording.ts';
import { emptyFolder } from '../../support/built-server.ts';
import { Lifetime } from '../../support/lifetime.ts';
import { open } from '../records/open.ts';
import { type Postgres, skipsPostgres, startPostgres } from '../records/postgres-server.ts';
import { workspaceOf } from '../records/samples.ts';
import { openTestRecordings, uploadsTo } from './open.ts';

const noon = 1.8e12;
const day = 86_400_000;
const ada = { id: '_ada', name: 'Ada', user: { id: 'ada' } };
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A clock that the test sets. */
class Clock {
  at = noon;
  readonly now = () => this.at;
}

interface Opened {
  records: Records;
  recordings: Recordings;
  uploads: Uploads;
  clock: Clock;
  folder: string;
  /** Opens the same folder again, as after a restart. */
  again(options?: Partial<RecordingsOptions>): Promise<Opened>;
}

async function openAll(
  records: Records,
  folder: string,
  clock: Clock,
  options: Partial<RecordingsOptions> = {},
): Promise<Opened> {
  const recordings = await openTestRecordings({
    directory: folder,
    records,
    now: clock.now,
    document: async () => ({ recording: { id: '_rec' }, outbox: [] }) as unknown as Workspace,
    ...options,
  });
  const uploads = uploadsTo(recordings);
  return {
    records,
    recordings,
    uploads,
    clock,
    folder,
    again: async (changed) => {
      await recordings.close();
      return openAll(records, folder, clock, { ...options, ...changed });
    },
  };
}

/** Tells the records what happened to a recording. */
async function happened(records: Records, seq: number, ...events: WorkspaceEvent[]): Promise<void> {
  await records.take([
    { workspace: workspaceOf('_room'), events: events.map((event, index) => ({ ...event, seq: seq + index })) },
  ]);
}

const begun = (id = '_rec', at = noon): WorkspaceEvent => ({
  type: 'recording.started',
  at,
  data: { recording: { id }, call: { id: 'call_1' }, startedAt: at, startedBy: { id: '_ada' } },
});
const agreed: WorkspaceEvent = {
  type: 'recording.consent',
  at: noon + 1,
  data: { recording: { id: '_rec' }, attendee: ada, given: true, text: '2027-01' },
};
const over = (at = noon + 60_000): WorkspaceEvent => ({
  type: 'recording.stopped',
  at,
  data: { recording: { id: '_rec' }, call: { id: 'call_1' }, startedAt: noon, stoppedAt: at },
});

async function begin({ recordings }: Opened, part = 'part-1'): Promise<PartRecord> {
  const started = await recordings.begin({
    recordingId: '_rec',
    attendee: ada.id,
    user: ada.user.id,
    name: ada.name,
    part,
    mimeType: 'video/webm;codecs=vp8',
    source: 'camera',
    startedAt: noon + 5000,
  });
  if (typeof started !== 'object') throw new Error(`the part is refused: ${started}`);
  return started;
}

function patch({ uploads }: Opened, { id }: PartRecord, body: Uint8Array, headers: Record<string, string> = {}) {
  const given = {
    Authorization: `Bearer ${id}`,
    'Tus-Resumable': '1.0.0',
    'Content-Type': 'application/offset+octet-stream',
    'Upload-Offset': '0',
    ...headers,
  };
  const request = new Request(`http://localhost/uploads/${id}`, {
    method: 'PATCH',
    headers: given,
    body: Uint8Array.from(body),
  });
  return uploads.fetch(request);
}

const stateOf = async ({ records }: Opened, id = '_rec') => (await records.recordings.get(id))?.state;
const partsOf = ({ records }: Opened) => records.recordingParts.of(['_rec']);

const lifetime = new Lifetime();
let postgres: Postgres;
beforeAll(async () => {
  if (!skipsPostgres()) postgres = await startPostgres(lifetime.atEnd);
});
afterAll(() => lifetime.end());

const kinds: [string, boolean, () => Promise<RecordsConfig>][] = [
  ['SQLite', false, async () => ({ kind: 'sqlite', file: null })],
  ['PostgreSQL', skipsPostgres(), async () => ({ kind: 'postgres', url: await postgres.database() })],
];

for (const [kind, isSkipped, configOf] of kinds) {
  const it = test.skipIf(isSkipped);
  const started = async (options: Partial<RecordingsOptions> = {}): Promise<Opened> => {
    const clock = new Clock();
    const records = await open(await configOf(), { now: clock.now, webhooks: ['configured'] });
    const opened = await openAll(records, await emptyFolder(), clock, options);
    await happened(records, 1, begun(), agreed);
    return opened;
  };
  const deliveries = ({ records }: Opened) =>
    records.query((db) =>
      db
        .selectFrom('deliveries')
        .select(['type', 'seq', 'message'])
        .where('type', 'like', 'recording.%')
        .orderBy('id')
        .execute(),
    );

  describe(`A recording, in ${kind}`, () => {
    it('is completed once it is over and all of its parts are whole, and endpoints hear it once', async () => {
      const opened = await started();
      const [one, two] = [await begin(opened), await begin(opened, 'part-2')];
      const bytes = webm(1000);
      opened.clock.at = noon + 30_000;
      await patch(opened, one, bytes, { 'Upload-Length': '1000', 'Part-Ended-At': String(noon + 20_000) });
      opened.clock.at = noon + 60_000;
      await happened(opened.records, 3, over());
      await opened.recordings.sweep();
      expect(await stateOf(opened)).toBe('uploading');
      await patch(opened, two, bytes, { 'Upload-Length': '1000' });
      expect(await stateOf(opened)).toBe('completed');
      await opened.recordings.sweep();
      const whole = { bytes: 1000, sha256: sha256(bytes), state: 'complete' };
      expect(await partsOf(opened)).toMatchObject([
        { n: 1, name: 'Ada', startedAt: noon + 5000, endedAt: noon + 20_000, ...whole },
        { n: 2, endedAt: null, ...whole },
      ]);
      const sent = await deliveries(opened);
      expect(sent.map(({ type, seq }) => [type, seq])).toEqual([
        ['recording.started', 1],
        ['recording.consent', 2],
        ['recording.stopped', 3],
        ['recording.completed', null],
      ]);
      expect(JSON.parse(sent.at(-1)?.message ?? '')).toEqual({
        at: noon + 60_000,
        data: {
          recording: { id: '_rec' },
          call: { id: 'call_1' },
          startedAt: noon,
          stoppedAt: noon + 60_000,
          parts: 2,
          missing: 0,
          bytes: 2000,
        },
      });
      // The same part again is that part.
      expect(await begin(opened)).toMatchObject({ id: one.id, state: 'complete' });
      expect(await stateOf(opened)).toBe('completed');
      expect(await opened.records.recordings.consents('_rec')).toEqual([
        { attendee: '_ada', user: 'ada', name: 'Ada', given: true, text: '2027-01', at: noon + 1 },
      ]);
    });

    it('is completed once more where a part comes late, and endpoints hear that too', async () => {
      const opened = await started();
      await patch(opened, await begin(opened), webm(1000), { 'Upload-Length': '1000' });
      await happened(opened.records, 3, over());
      await opened.recordings.sweep();
      expect(await stateOf(opened)).toBe('completed');
      const late = await begin(opened, 'late');
      expect(await stateOf(opened)).toBe('uploading');
      await patch(opened, late, webm(500), { 'Upload-Length': '500' });
      expect(await stateOf(opened)).toBe('completed');
      const ends = (await deliveries(opened)).filter(({ type }) => type === 'recording.completed');
      expect(ends.map(({ message }) => JSON.parse(message ?? '').data.parts)).toEqual([1, 2]);
      // The time for uploads counts from the end of the recording, also for a part that came late.
      await begin(opened, 'too late');
      opened.clock.at = noon + 60_001 + 7 * day;
      await opened.recordings.sweep();
      expect(await stateOf(opened)).toBe('partly');
    });

    it('takes late parts as long as there is time for uploads, and what was said about it is known', async () => {
      const opened = await started();
      await happened(opened.records, 3, over());
      const agreements = await opened.recordings.agreements('_rec');
      expect(agreements).toMatchObject({ recording: { stoppedAt: noon + 60_000 }, consents: [{ given: true }] });
      const { recording } = agreements ?? { recording: null };
      if (!recording) throw new Error('the recording is not there');
      opened.clock.at = noon + 60_000 + 7 * day;
      expect(opened.recordings.takesParts(recording)).toBe(true);
      opened.clock.at += 1;
      expect(opened.recordings.takesParts(recording)).toBe(false);
      await opened.recordings.delete('_rec');
      expect(await opened.recordings.agreements('_rec')).toBeNull();
    });

    it('lets no part go on beyond its end, or beyond the withdrawal of its attendee', async () => {
      const opened = await started();
      const [one, two] = [await begin(opened), await begin(opened, 'part-2')];
      const withdrawn = { ...agreed, at: noon + 40_000, data: { ...agreed.data, given: false } } as WorkspaceEvent;
      const ended = { 'Upload-Length': '100', 'Part-Ended-At': String(noon + 90_000) };
      opened.clock.at = noon + 100_000;
      await happened(opened.records, 3, over());
      await patch(opened, one, webm(100), ended);
      await happened(opened.records, 4, withdrawn);
      await patch(opened, two, webm(100), ended);
      expect(await partsOf(opened)).toMatchObject([{ endedAt: noon + 60_000 }, { endedAt: noon + 40_000 }]);
    });

    it('fails where parts do not come in time, and keeps what has come of them', async () => {
      const opened = await started();
      const [some, none, whole] = [await begin(opened), await begin(opened, 'b'), await begin(opened, 'c')];
      const bytes = webm(500);
      await patch(opened, some, bytes);
      await patch(opened, whole, bytes, { 'Upload-Length': '500' });
      await happened(opened.records, 3, over());
      opened.clock.at = noon + 60_000 + 7 * day;
      await opened.recordings.sweep();
      expect(await stateOf(opened)).toBe('uploading');
      opened.clock.at += 1;
      await opened.recordings.sweep();
      expect(await stateOf(opened)).toBe('partly');
      expect(await partsOf(opened)).toMatchObject([
        { state: 'partial', bytes: 500, sha256: sha256(bytes) },
        { state: 'lost', bytes: 0, sha256: null },
        { state: 'complete', bytes: 500 },
      ]);
      expect((await patch(opened, some, bytes, { 'Upload-Offset': '500' })).status).toBe(410);
      expect((await patch(opened, none, bytes)).status).toBe(410);
      expect((await deliveries(opened)).at(-1)).toMatchObject({
        type: 'recording.failed',
        message: expect.stringContaining('"parts":1,"missing":2,"bytes":1000'),
      });
    });

    it('ends late uploads at their deadline, without waiting for its next round, also after a restart', async () => {
      const now = { now: Date.now, uploadDays: 0.4 / 86_400 };
      const opened = await started(now);
      await patch(opened, await begin(opened), webm(500));
      await happened(opened.records, 3, over(Date.now()));
      const next = await opened.again(now);
      await expect.poll(() => stateOf(next), { timeout: 5000 }).toBe('partly');
    });

    it('is not held back by a part whose bytes are of another type', async () => {
      const opened = await started();
      const [good, bad] = [await begin(opened), await begin(opened, 'bad')];
      await patch(opened, good, webm(500), { 'Upload-Length': '500' });
      await happened(opened.records, 3, over());
      await opened.recordings.sweep();
      expect(await stateOf(opened)).toBe('uploading');
      expect((await patch(opened, bad, Buffer.from('<script>alert(1)</script>'))).status).toBe(415);
      expect(await stateOf(opened)).toBe('partly');
      expect(await partsOf(opened)).toMatchObject([{ state: 'complete' }, { state: 'lost', bytes: 0 }]);
      expect(await readdir(opened.folder)).toEqual([good.id]);
      expect((await patch(opened, bad, webm(500))).status).toBe(410);
    });

    it('refuses a length for which there will never be room, and changes nothing', async () => {
      const opened = await started({ quota: { recordingBytes: 6_000_000, freeBytes: 0 } });
      const part = await begin(opened);
      for (const length of ['9007199254740991', '30000000', '6000001']) {
        const refused = await patch(opened, part, webm(500), { 'Upload-Length': length });
        expect([refused.status, await refused.text()], length).toEqual([413, expect.stringContaining('room')]);
      }
      expect(await partsOf(opened)).toMatchObject([{ state: 'uploading', declaredBytes: null }]);
      expect(await readFile(join(opened.folder, part.id))).toHaveLength(0);
      expect((await patch(opened, part, webm(500), { 'Upload-Length': '6000000' })).status).toBe(204);
    });

    it('whose last byte came before a death is found whole at the next start', async () => {
      const opened = await started();
      const part = await begin(opened);
      await happened(opened.records, 3, over());
      const bytes = webm(2000);
      // What a process leaves that dies between the last byte and its note.
      await opened.records.recordingParts.declare(part.id, bytes.length);
      await writeFile(join(opened.folder, part.id), bytes);
      expect(await stateOf(opened)).toBe('uploading');
      const next = await opened.again();
      await next.recordings.sweep();
      expect(await partsOf(next)).toMatchObject([{ state: 'complete', bytes: 2000, sha256: sha256(bytes) }]);
      expect(await stateOf(next)).toBe('completed');
      expect((await deliveries(next)).filter(({ type }) => type === 'recording.completed')).toHaveLength(1);
    });

    it('ends when its workspace has gone without a word', async () => {
      const opened = await started();
      opened.clock.at = noon + 3_600_000;
      await opened.recordings.sweep();
      expect(await stateOf(opened)).toBe('recording');
      const next = await opened.again({ document: async () => null });
      await next.recordings.sweep();
      expect(await stateOf(next)).toBe('completed');
      expect(await next.records.recordings.get('_rec')).toMatchObject({ stoppedAt: noon + 3_600_000 });
    });

    it('goes with its files after its time, and never before it is settled', async () => {
      const opened = await started();
      const part = await begin(opened);
      await patch(opened, part, webm(100), { 'Upload-Length': '100' });
      opened.clock.at = noon + 40 * day;
      await opened.recordings.sweep();
      expect(await stateOf(opened)).toBe('recording');
      await happened(opened.records, 3, over());
      opened.clock.at = noon + 30 * day;
      await opened.recordings.sweep();
      expect(await stateOf(opened)).toBe('completed');
      expect(await readFile(join(opened.folder, part.id))).toHaveLength(100);
      opened.clock.at += 1;
      await opened.recordings.sweep();
      expect(await stateOf(opened)).toBeUndefined();
      expect(await partsOf(opened)).toEqual([]);
      expect(await opened.records.recordings.consents('_rec')).toEqual([]);
      expect(await readdir(opened.folder)).toEqual([]);
      expect((await patch(opened, part, webm(100))).status).toBe(404);
    });

    it('is deleted wholly also where a death came between', async () => {
      const opened = await started();
      const part = await begin(opened);
      await patch(opened, part, webm(100));
      await opened.records.recordings.markDeleted('_rec');
      expect(await stateOf(opened)).toBeUndefined();
      expect((await patch(opened, part, Buffer.alloc(1), { 'Upload-Offset': '100' })).status).toBe(404);
      const next = await opened.again();
      await next.recordings.sweep();
      expect(await readdir(next.folder)).toEqual([]);
      expect(await partsOf(next)).toEqual([]);
    });

    it('loses the parts of a user who is erased, and the name', async () => {
      const opened = await started();
      const part = await begin(opened);
      await patch(opened, part, webm(100), { 'Upload-Length': '100' });
      await opened.records.users.erase('ada', noon);
      await opened.recordings.eraseFiles();
      expect(await readdir(opened.folder)).toEqual([]);
      expect(await partsOf(opened)).toMatchObject([{ state: 'erased', name: 'removed', bytes: null, sha256: null }]);
      expect(await opened.records.recordings.consents('_rec')).toMatchObject([{ name: 'removed', user: 'ada' }]);
      expect((await patch(opened, part, webm(100))).status).toBe(404);
      await happened(opened.records, 3, over());
      await opened.recordings.sweep();
      expect(await stateOf(opened)).toBe('completed');
    });

    it('takes no more bytes than it may, nor those that the disk shall keep free', async () => {
      const opened = await started({ quota: { recordingBytes: 1500, freeBytes: 0 } });
      const [one, two] = [await begin(opened), await begin(opened, 'part-2')];
      expect((await patch(opened, one, webm(1000))).status).toBe(204);
      const full = await patch(opened, two, webm(501));
      expect([full.status, full.headers.get('Retry-After')]).toEqual([507, '60']);
      expect(await full.text()).toContain('room');
      expect((await patch(opened, two, webm(500))).status).toBe(204);
      const nearlyFull = await opened.again({ quota: { recordingBytes: 1e9, freeBytes: Number.MAX_SAFE_INTEGER } });
      expect((await patch(nearlyFull, one, Buffer.alloc(1), { 'Upload-Offset': '1000' })).status).toBe(507);
    });

    it('takes no more bytes than it may when many come at once', async () => {
      const opened = await started({ quota: { recordingBytes: 2500, freeBytes: 0 } });
      const parts: PartRecord[] = [];
      for (let n = 0; n < 20; n += 1) parts.push(await begin(opened, `part-${n}`));
      const answers = await Promise.all(parts.map((part) => patch(opened, part, webm(1000))));
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 204, ...Array(18).fill(507)]);
      // What was refused has taken nothing of the room that is left.
      const [refused] = parts.filter((_, index) => answers[index]?.status === 507);
      expect((await patch(opened, refused as PartRecord, webm(500))).status).toBe(204);
      expect((await patch(opened, refused as PartRecord, Buffer.alloc(1), { 'Upload-Offset': '500' })).status).toBe(
        507,
      );
    });

    it('has no end of parts for one because another has begun too many', async () => {
      const opened = await started();
      const { recordingParts } = opened.records;
      const own = { recordingId: '_rec', user: null, name: 'Bob', mimeType: 'audio/webm', source: 'camera' };
      const begun = (attendee: string, n: number) =>
        recordingParts.begin({ ...own, attendee, id: `_${attendee}${n}`, part: `${n}`, startedAt: noon }, noon);
      for (let n = 0; n < 1000; n += 1) await begun('_bob', n);
      expect(await begun('_bob', 1000)).toBe('full');
      expect(await begun('_bob', 0)).toMatchObject({ n: 1 });
      expect(await begun('_ada', 0)).toMatchObject({ n: 1001 });
    });

    it('begins a part once, also where several requests for it come at once', async () => {
      const opened = await started();
      const parts = await Promise.all(['a', 'a', 'b', 'b', 'c'].map((part) => begin(opened, part)));
      expect(new Set(parts.map(({ id }) => id)).size).toBe(3);
      expect((await partsOf(opened)).map(({ n }) => n)).toEqual([1, 2, 3]);
      expect((await readdir(opened.folder)).sort()).toEqual([...new Set(parts.map(({ id }) => id))].sort());
      expect(await opened.recordings.begin({ ...(parts[0] as PartRecord), recordingId: '_other' })).toBe('unknown');
    });
  });
}

test('A folder of recordings that cannot be written is named at the start', async () => {
  const folder = await emptyFolder();
  await writeFile(join(folder, 'file'), '');
  const records = await open({ kind: 'sqlite', file: null });
  await expect(openAll(records, join(folder, 'file', 'below'), new Clock())).rejects.toThrow(
    /^The folder of the recordings, .*below, cannot be written \(ENOTDIR\)\. Make it writable, or set RECORDINGS_DIR/,
  );
});
