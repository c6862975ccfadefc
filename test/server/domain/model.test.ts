import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyStep, Model } from './model.ts';

const rules = fc.record({
  capacity: fc.integer({ min: 1, max: 5 }),
  callControl: fc.constantFrom('owner' as const, 'participants' as const),
});

it('keeps its promises whatever happens, in whatever order', { timeout: 60_000 }, () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(rules, fc.array(anyStep, { maxLength: 80, size: 'max' }), (given, steps) => {
      const model = new Model(given);
      for (const step of steps) model.run(step);
      for (const notice of model.seen) seen.add(notice);
    }),
    { numRuns: 400 },
  );
  // Or else the steps never led to where a promise could be broken.
  expect([...seen].sort()).toEqual([
    'answer',
    'attend',
    'busy',
    'call-joined',
    'call-left',
    'cam-toggle',
    'destroyed',
    'hangup',
    'kicked',
    'leave',
    'mic-toggle',
    'presence',
    'ring',
    'unanswered',
  ]);
});
