import { expect, it } from 'vitest';
import type { WorkspaceEvent } from '../../../src/server/domain/events.ts';
import {
  type Agreements,
  allAgreements,
  consentAt,
  endOf,
  presentConsent,
  wasOn,
} from '../../../src/server/recordings/agreement.ts';
import type { Move } from '../../../src/server/records/moves.ts';
import type { PartRecord } from '../../../src/server/records/recording-parts.ts';
import type { ConsentRecord, RecordingRecord } from '../../../src/server/records/recordings.ts';

const noon = 1.8e12;

/** What an attendee said, so many ms after noon. */
const said = (after: number, given: boolean, who: Partial<ConsentRecord> = {}): ConsentRecord => ({
  attendee: '_ada',
  user: null,
  name: 'Ada',
  given,
  text: '1',
  at: noon + after,
  ...who,
});

const agreements = (consents: ConsentRecord[], stoppedAt: number | null = null, moves: Move[] = []): Agreements => ({
  recording: { id: '_rec', startedAt: noon, stoppedAt } as RecordingRecord,
  consents,
  moves,
});

it('A part is one of an attendee who had agreed when it began', () => {
  const given = agreements([
    said(10_000, true),
    said(20_000, false, { attendee: '_bob' }),
    said(30_000, false),
    said(40_000, true, { text: '2' }),
  ]);
  const textAt = (after: number) => consentAt(given, '_ada', noon + after)?.text ?? null;
  const times = [0, 8_999, 9_000, 10_000, 29_999, 30_000, 38_999, 39_000, 90_000];
  expect(times.map(textAt)).toEqual([null, null, '1', '1', '1', null, null, '2', '2']);
  expect(consentAt(given, '_bob', noon + 25_000)).toBeNull();
  expect(consentAt(given, '_eve', noon + 25_000)).toBeNull();
});

it('Of somebody who left or was removed nothing is taken that began later, until the attendee is back', () => {
  const moved = (after: number, isThere: boolean): Move => ({ attendee: '_ada', at: noon + after, isThere });
  const gone = agreements([said(10_000, true)], null, [moved(0, true), moved(20_000, false)]);
  const at = (given: Agreements, after: number) => consentAt(given, '_ada', noon + after) !== null;
  expect([at(gone, 19_999), at(gone, 20_000), at(gone, 90_000)]).toEqual([true, false, false]);
  expect(presentConsent(gone, '_ada')).toBeNull();
  expect(endOf(gone, { attendee: '_ada', startedAt: noon + 15_000 } as PartRecord)).toBe(noon + 20_000);
  const back = { ...gone, moves: [...gone.moves, moved(30_000, true)] };
  expect([at(back, 25_000), at(back, 30_000)]).toEqual([false, true]);
  expect(presentConsent(back, '_ada')).toMatchObject({ text: '1' });
  const silent = agreements([said(10_000, false)], null, [moved(20_000, false), moved(30_000, true)]);
  expect(presentConsent(silent, '_ada')).toBeNull();
});

it('Nothing is taken any more of a user who was erased', () => {
  const gone = { user: 'ada', name: 'removed' };
  expect(consentAt(agreements([said(0, true, gone)]), '_ada', noon)).toBeNull();
  // A guest may call himself so.
  expect(consentAt(agreements([said(0, true, { name: 'removed' })]), '_ada', noon)).not.toBeNull();
});

it('A part begins while its recording is on, by a clock that may be late, and ends with it or with the consent', () => {
  const over = agreements([said(0, true), said(30_000, false)], noon + 60_000);
  expect([-1_001, -1_000, 60_000, 60_001].map((after) => wasOn(over, noon + after))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  const part = (after: number) => ({ attendee: '_ada', startedAt: noon + after }) as PartRecord;
  expect(endOf(over, part(0))).toBe(noon + 30_000);
  expect(endOf(over, part(40_000))).toBe(noon + 60_000);
  expect(endOf(agreements([]), part(0))).toBe(Number.POSITIVE_INFINITY);
});

it('What a workspace knows counts before the records have heard of it, and afterwards no less', () => {
  const event = (type: string, after: number, data: object) =>
    ({ type, at: noon + after, data: { recording: { id: '_rec' }, ...data } }) as WorkspaceEvent;
  const ada = { id: '_ada', name: 'Ada', user: { id: 'ada' } };
  const events = [
    event('recording.started', 0, { startedAt: noon }),
    event('recording.consent', 10_000, { attendee: ada, given: true, text: '1' }),
    event('recording.consent', 15_000, { recording: { id: '_other' }, attendee: ada, given: false, text: '' }),
    event('recording.consent', 20_000, { attendee: ada, given: false, text: '' }),
    event('recording.stopped', 60_000, { stoppedAt: noon + 60_000 }),
  ];
  const ids = { id: '_rec', workspaceId: '_room' };
  const fresh = allAgreements(null, ids, events);
  for (const each of [fresh, allAgreements(fresh, ids, events), allAgreements(fresh, ids, [])]) {
    const times = [5_000, 10_000, 19_999, 20_000].map(
      (after) => each && (consentAt(each, '_ada', noon + after)?.user ?? 'nobody'),
    );
    expect(times).toEqual(['nobody', 'ada', 'ada', 'nobody']);
    expect(each?.recording).toEqual({ ...ids, startedAt: noon, stoppedAt: noon + 60_000 });
  }
  expect(allAgreements(null, ids, events.slice(1))).toBeNull();
  expect(allAgreements(fresh, { ...ids, workspaceId: '_another' }, events)).toBeNull();
});
