import { afterEach, expect, it, vi } from 'vitest';
import { readLink, takeUserToken, tokenIn } from '../../src/page/invitation.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Opens the page at an address with this fragment. @returns what the address is afterwards, step by step */
function open(hash: string): string[] {
  const shown: string[] = [];
  vi.stubGlobal('location', { hash, pathname: '/calls/phone' });
  vi.stubGlobal('history', { replaceState: (_state: unknown, _title: string, address: string) => shown.push(address) });
  return shown;
}

it.each([
  ['#eyJ.room.x', 'eyJ.room.x', '', []],
  ['#user-token=eyJ.user.y', '', 'eyJ.user.y', ['/calls/phone']],
  ['#eyJ.room.x&user-token=eyJ.user.y', 'eyJ.room.x', 'eyJ.user.y', ['#eyJ.room.x']],
  ['#user-token=eyJ.user.y&eyJ.room.x', 'eyJ.room.x', 'eyJ.user.y', ['#eyJ.room.x']],
  ['#user-token=', '', '', []],
  ['', '', '', []],
])('The fragment %j holds an invitation and a user token, which leaves the address', (hash, invitation, user, left) => {
  expect(tokenIn(`https://calls.example/${hash}`)).toBe(invitation);
  const shown = open(hash);
  expect(takeUserToken()).toBe(user);
  expect(shown).toEqual(left);
});

const jwt = (claims: object) => `eyJ.${btoa(JSON.stringify(claims))}.x`;
const invitation = jwt({ iss: 'ws/i', sub: 'ws_1.0' });
const user = jwt({ iss: 'https://clinic.example', aud: 'mesh-workspaces', sub: 'bob' });
const unissued = jwt({ aud: 'mesh-workspaces', sub: 'bob' });

it.each([
  [invitation, invitation, ''],
  [user, '', user],
  [unissued, '', unissued],
  [`user-token=${user}`, '', user],
  [`${invitation}&user-token=${user}`, invitation, user],
  [`https://calls.example/calls/#${invitation}`, invitation, ''],
  [`https://calls.example/#user-token=${user}&${invitation}`, invitation, user],
  [` ${user}\n`, '', user],
  ['junk', 'junk', ''],
  ['', '', ''],
])('A host system may give a token, both or a whole link: %j', (given, expected, expectedUser) => {
  expect(readLink(given)).toEqual({ invitation: expected, userToken: expectedUser });
});
