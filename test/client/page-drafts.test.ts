import { expect, it } from 'vitest';
import type { ClientState } from '../../src/client/state.ts';
import { draftIn, keepDraft } from '../../src/page/workspace/drafts.ts';

const at = (user: string | null, workspace: string) =>
  ({ user: user === null ? null : { id: user }, seat: { workspace: { id: workspace } } }) as Pick<
    ClientState,
    'user' | 'seat'
  >;

it('A message that was begun is there again in its workspace, for the same user alone, until it is sent', () => {
  keepDraft(at('ada', 'atelier'), 'Good d');
  keepDraft(at('ada', 'office'), 'Hello');
  expect(draftIn(at('ada', 'atelier'))).toBe('Good d');
  expect(draftIn(at('bob', 'atelier'))).toBe('');
  expect(draftIn(at(null, 'atelier'))).toBe('');
  keepDraft(at('ada', 'atelier'), '');
  expect(draftIn(at('ada', 'atelier'))).toBe('');
  expect(draftIn(at('ada', 'office'))).toBe('Hello');
});
