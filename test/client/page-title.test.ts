import { expect, it } from 'vitest';
import { type ConsultationRecord, initialState, type SeatState } from '../../src/client/state.ts';
import { colourId } from '../../src/page/parts/Avatar.tsx';
import { titleOf } from '../../src/page/title-of.ts';
import { roleOf } from '../../src/page/workspace/role-of.ts';
import { attendee } from './attendee.ts';

const consultation: ConsultationRecord = {
  id: 'cons_1',
  externalId: null,
  subject: '',
  status: 'open',
  workspace: '_room',
  provider: { id: 'dr', name: 'Dr. Ada' },
  clients: [
    { id: 'bob', name: 'Bob' },
    { id: 'eve', name: 'Eve' },
  ],
  openedAt: 1,
  closedAt: null,
  callSeconds: 0,
  call: null,
};

it('The room of a consultation has its subject as title, or else the others in it, for a guest its name', () => {
  const workspace = { id: '_room', name: 'Anonymous Workspace', isDial: false };
  const seat = { workspace, self: '_a', attendees: [] } as unknown as SeatState;
  const titleFor = (id: string, subject = '') => {
    const user = { id, name: id, expiresAt: null, opensConsultations: true };
    return titleOf({ ...initialState, seat, user, consultations: [{ ...consultation, subject }] });
  };
  expect(titleFor('dr')).toBe('Consultation with Bob, Eve');
  expect(titleFor('bob')).toBe('Consultation with Dr. Ada');
  expect(titleFor('bob', 'Knee')).toBe('Knee');
  expect(titleOf({ ...initialState, seat })).toBe('Anonymous Workspace');
});

it('A user has one colour on all seats, and the owner is marked, except in a call of two users', () => {
  const [one, other] = ['_1', '_2'].map((id) => attendee(id, { user: { id: 'bob' } }));
  expect(one && other && colourId(one) === colourId(other)).toBe(true);
  expect(colourId(attendee('_guest'))).toBe('_guest');
  const owner = attendee('_ann', { owner: true });
  expect([roleOf(owner, true, false), roleOf(owner, false, false), roleOf(owner, true, true)]).toEqual([
    'you, Owner',
    'Owner',
    'you',
  ]);
});
