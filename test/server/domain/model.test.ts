import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { NoticeName } from '../../../src/protocol/types.ts';
import type { EventType } from '../../../src/server/domain/events.ts';
import { anyStep, Model, toCall, toRecording } from './model.ts';
import { noLimit } from './people.ts';

const visit = {
  id: 'cons_1',
  externalId: null,
  subject: 'Knee',
  provider: { id: 'user-0', name: 'Dr. Ada' },
  clients: [{ id: 'user-1', name: 'Bob' }],
};

const rules = fc.record({
  capacity: fc.integer({ min: 1, max: 5 }),
  callControl: fc.constantFrom('owner' as const, 'participants' as const),
  limit: fc.constantFrom(noLimit, { maxMs: 50_000, warningsMs: [60_000, 30_000, 5_000] }),
  budgetMs: fc.constantFrom(null, 70_000),
  consultation: fc.constantFrom(null, visit),
});

const beginnings = fc.constantFrom([], toCall, toRecording);

/**
 * The source of every notice: a transition, which a step of the model must reach, or something outside the domain. A notice
 * that is missing here does not compile.
 */
const sources: Record<NoticeName, 'a transition' | 'an answer' | 'a relay' | 'a lost seat' | 'the inbox'> = {
  created: 'an answer',
  'attendance-granted': 'an answer',
  're-attendance-granted': 'an answer',
  iceservers: 'an answer',
  attendees: 'an answer',
  attend: 'a transition',
  leave: 'a transition',
  kicked: 'a transition',
  destroyed: 'a transition',
  invitation: 'a transition',
  admission: 'a transition',
  knock: 'a transition',
  'knock-ended': 'a transition',
  waiting: 'a transition',
  'turned-away': 'a transition',
  full: 'an answer',
  alert: 'an answer',
  superseded: 'a lost seat',
  ring: 'a transition',
  answer: 'a transition',
  busy: 'a transition',
  unanswered: 'a transition',
  hangup: 'a transition',
  'call-joined': 'a transition',
  'call-left': 'a transition',
  'call-ending': 'a transition',
  'call-extended': 'a transition',
  presence: 'a transition',
  negotiation: 'a relay',
  icecandidate: 'a relay',
  'consultation-closed': 'an answer',
  message: 'an answer',
  invited: 'a transition',
  'invite-ended': 'a transition',
  'invite-answered': 'a transition',
  'inbox-item': 'the inbox',
  'inbox-seen': 'the inbox',
  recording: 'a transition',
  consent: 'a transition',
  'mic-toggle': 'a transition',
  'cam-toggle': 'a transition',
};

/** What brings about each event: a step of the model has to, or something else does. One that is missing does not compile. */
const causes: Record<EventType, 'the model' | 'elsewhere'> = {
  'workspace.created': 'the model',
  'workspace.closed': 'the model',
  'attendee.joined': 'the model',
  'attendee.left': 'the model',
  'attendee.kicked': 'the model',
  'attendee.waiting': 'the model',
  'recording.started': 'the model',
  'recording.consent': 'the model',
  'recording.stopped': 'the model',
  'call.started': 'the model',
  'call.participant_joined': 'the model',
  'call.participant_left': 'the model',
  'call.ending': 'the model',
  'call.ended': 'the model',
  'call.missed': 'the model',
  'consultation.opened': 'the model',
  'consultation.closed': 'the model',
};

const namesFor = (table: Readonly<Record<string, string>>, source: string) =>
  Object.keys(table)
    .filter((name) => table[name] === source)
    .sort();

// It computes and waits for nothing, so it has all the time that a busy machine needs.
it('keeps its promises whatever happens, in whatever order', { timeout: 0 }, () => {
  const seen = new Set<string>();
  const happened = new Set<string>();
  fc.assert(
    fc.property(rules, beginnings, fc.array(anyStep, { maxLength: 80, size: 'max' }), (given, beginning, steps) => {
      const model = new Model(given);
      for (const step of [...beginning, ...steps]) model.run(step);
      for (const notice of model.seen) seen.add(notice);
      for (const type of model.happened) happened.add(type);
    }),
    { numRuns: 400 },
  );
  // Or else the steps never led to where a promise could be broken.
  expect([...seen].sort()).toEqual(namesFor(sources, 'a transition'));
  expect([...happened].sort()).toEqual(namesFor(causes, 'the model'));
});
