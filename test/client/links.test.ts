import { expect, it } from 'vitest';
import { isOwnerLink, needsNoPin, workspaceOf } from '../../src/client/invitation.ts';
import { createTokens } from '../../src/server/auth/tokens.ts';
import { blank } from '../../src/server/domain/seat.ts';

const tokens = createTokens('a secret of at least 32 characters, for tests', 1_000, 1_000);
const room = { ...blank, id: '_room', created: 1, renewals: 2 } as Parameters<typeof tokens.invitation>[0];

it('A link says by itself which workspace it opens, for whom, and whether the PIN is asked for', () => {
  const links = {
    invitation: tokens.invitation(room, 1),
    owner: tokens.ownerLink('_room'),
    personal: tokens.personalLink('_room', 'bob', null),
  };
  for (const link of Object.values(links)) expect(workspaceOf(link)).toBe('_room');
  const chosen = (isChosen: (link: string) => boolean) =>
    Object.entries(links).flatMap(([kind, link]) => (isChosen(link) ? [kind] : []));
  expect(chosen(isOwnerLink)).toEqual(['owner']);
  expect(chosen(needsNoPin)).toEqual(['owner', 'personal']);
});
