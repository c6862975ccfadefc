import { describe, expect, it } from 'vitest';
import { isRefusal } from '../../../src/protocol/errors.ts';
import { answer, ring } from '../../../src/server/domain/call.ts';
import { withHistory } from '../../../src/server/domain/history.ts';
import { consent, startRecording } from '../../../src/server/domain/recording.ts';
import type { Workspace } from '../../../src/server/domain/workspace.ts';
import { workspaceSchema } from '../../../src/server/storage/schema.ts';
import { arrivalOf, answer as description, done, noLimit, noon, offer, workspaceWith } from './people.ts';

/** The owner and Bob on a call that is recorded. */
function recorded(): Workspace {
  const described = { caller: '_owner', callee: '_bob', call: { id: 'call-1' }, offer, nonce: '', timeoutMs: 45_000 };
  const ringing = done(
    ring(workspaceWith(arrivalOf('_bob')), { ...described, newUid: 'call_1', limit: noLimit }, noon),
  );
  const { caller, callee, call } = described;
  const { next } = done(answer(ringing.next, { caller, callee, call, answer: description, nonce: '' }, noon));
  return done(startRecording(next, { id: '_rec', startedBy: '_owner' }, noon)).next;
}

const say = (workspace: Workspace, given: boolean, text = '1', now = noon + 1) =>
  consent(workspace, { recording: '_rec', attendee: '_bob', given, text }, now);

const mayRecordBob = ({ recording }: Workspace) =>
  recording?.consents.some(({ attendee, given }) => attendee === '_bob' && given) ?? false;

describe('Consent to a recording', () => {
  it('that says what was said already changes nothing, and nobody is told', () => {
    const agreed = done(say(recorded(), true)).next;
    expect(done(say(agreed, true))).toEqual({ next: agreed, effects: [], ended: [] });
    const withdrawn = done(say(agreed, false)).next;
    expect(done(say(withdrawn, false)).next).toBe(withdrawn);
    // Nobody needs to know which text was shown to somebody who says no again.
    expect(done(say(withdrawn, false, '2')).next).toBe(withdrawn);
    // Another text is another agreement.
    expect(done(say(agreed, true, '2')).effects).toHaveLength(1);
  });

  it('can be given only so often, and always be withdrawn', () => {
    let workspace = recorded();
    let events = 0;
    let isRefused = false;
    const take = (given: boolean, index: number) => {
      const said = say(workspace, given, `text ${index}`, noon + index);
      if (isRefusal(said)) return said;
      const { next } = done(withHistory(workspace, said, 0, noon + index));
      events += next.outbox.length - workspace.outbox.length;
      // As after a restart of the server.
      workspace = workspaceSchema.parse(JSON.parse(JSON.stringify(next)));
      return null;
    };
    for (let index = 0; index < 300; index += 1) {
      const refused = take(index % 3 !== 2, index);
      if (refused) {
        isRefused = true;
        expect(refused).toMatchObject({ refused: 'NOT_ALLOWED', message: expect.stringContaining('too often') });
      }
      if (index % 3 === 2) expect(mayRecordBob(workspace)).toBe(false);
    }
    expect(isRefused).toBe(true);
    expect(events).toBeLessThanOrEqual(101);
  });

  it('is withdrawn also by somebody whose last agreement was the last that is taken', () => {
    let workspace = recorded();
    for (let index = 0; index < 200; index += 1) {
      const said = say(workspace, true, `text ${index}`);
      if (!isRefusal(said)) workspace = done(said).next;
    }
    expect(mayRecordBob(workspace)).toBe(true);
    workspace = done(say(workspace, false)).next;
    expect(mayRecordBob(workspace)).toBe(false);
    expect(isRefusal(say(workspace, true))).toBe(true);
  });
});
