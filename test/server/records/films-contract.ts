import { expect, type TestAPI } from 'vitest';
import type { Records } from '../../../src/server/records/records.ts';
import { workspaceOf } from './samples.ts';

const noon = 1.8e12;
const recording = { id: '_rec' };
const whole = { madeOf: 'parts', startedAt: noon, durationMs: 9040, bytes: 5, sha256: 'a'.repeat(64) };

/** What the records know of films, whatever the database. */
export function filmsContract(
  it: ReturnType<TestAPI['skipIf']>,
  openRecords: (options?: { now?: () => number }) => Promise<Records>,
): void {
  /** A recording that is over, with a part of Ada's, who is a user. */
  const opened = async () => {
    const records = await openRecords({ now: () => noon });
    const base = { recording, call: { id: 'call_1' }, startedAt: noon };
    await records.take([
      {
        workspace: workspaceOf('_room'),
        events: [
          { seq: 1, type: 'recording.started', at: noon, data: { ...base, startedBy: null } },
          { seq: 2, type: 'recording.stopped', at: noon, data: { ...base, stoppedAt: noon + 9000 } },
        ],
      },
    ]);
    const part = { recordingId: '_rec', attendee: '_ada', user: 'ada', name: 'Ada', part: 'a', startedAt: noon };
    await records.recordingParts.begin({ ...part, id: '_part', mimeType: 'video/webm', source: 'camera' }, noon);
    return records;
  };
  const settled = async () => {
    const records = await opened();
    await records.recordingParts.finish('_part', { state: 'complete', bytes: 5, sha256: null });
    await records.settleRecording('_rec');
    return records;
  };

  it('know which films are missing: those of recordings that are settled lately, with something in them', async () => {
    const records = await opened();
    expect(await records.films.missing(noon, 9)).toEqual([]);
    await records.recordingParts.finish('_part', { state: 'partial', bytes: 5, sha256: null });
    await records.settleRecording('_rec');
    expect(await records.films.missing(noon + 1, 9)).toEqual([]);
    expect(await records.films.missing(noon, 9)).toEqual(['_rec']);
    await records.films.want('_rec', '_one', noon);
    await records.films.want('_rec', '_two', noon);
    expect(await records.films.missing(noon, 9)).toEqual([]);
    expect(await records.films.get('_rec')).toMatchObject({ id: '_one', state: 'waiting', attempts: 0 });
  });

  it('try a film until it is whole', async () => {
    const { films } = await settled();
    await films.want('_rec', '_film', noon);
    expect(await films.begin('_film')).toBe(1);
    await films.postpone('_film', { problem: 'No luck.', nextAt: noon + 100 });
    expect(await films.due(noon + 99, 9)).toEqual([]);
    expect(await films.due(noon + 100, 9)).toMatchObject([{ id: '_film', state: 'waiting', problem: 'No luck.' }]);
    expect(await films.begin('_film')).toBe(2);
    // A death came between: it is due again.
    expect(await films.due(noon + 100, 9)).toMatchObject([{ state: 'composing' }]);
    await films.interrupt('_film');
    expect(await films.begin('_film')).toBe(2);
    expect(await films.finish('_film', whole)).toBe(true);
    expect(await films.finish('_film', whole)).toBe(false);
    expect(await films.begin('_film')).toBeNull();
    const film = { ...whole, recordingId: '_rec', id: '_film', state: 'complete', attempts: 2, problem: null };
    expect(await films.byId('_film')).toEqual(film);
    expect(await films.of(['_rec', '_other'])).toEqual([film]);
    expect(await films.due(noon + 1e9, 9)).toEqual([]);
  });

  it('try no film that is given up', async () => {
    const { films } = await settled();
    await films.want('_rec', '_film', noon);
    await films.begin('_film');
    await films.postpone('_film', { problem: 'No luck.', nextAt: null });
    expect(await films.get('_rec')).toMatchObject({ state: 'failed', problem: 'No luck.' });
    expect(await films.due(noon + 1e9, 9)).toEqual([]);
  });

  it('let a film go with a user who is in it, and with its recording', async () => {
    const records = await settled();
    const { films } = records;
    await films.want('_rec', '_film', noon);
    await records.users.erase('bob', noon);
    expect(await films.erasing(9)).toEqual([]);
    await films.remove('_film');
    expect(await films.get('_rec')).not.toBeNull();
    await records.users.erase('ada', noon);
    expect(await films.erasing(9)).toMatchObject([{ id: '_film' }]);
    expect(await films.begin('_film')).toBeNull();
    await films.remove('_film');
    expect(await films.get('_rec')).toBeNull();
    await films.want('_rec', '_next', noon);
    await films.discard('_rec');
    expect(await films.erasing(9)).toMatchObject([{ id: '_next' }]);
    await records.recordings.remove('_rec');
    expect(await films.byId('_next')).toBeNull();
  });
}
