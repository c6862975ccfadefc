import { afterEach, expect, it, vi } from 'vitest';
import { takeUserToken, tokenIn } from '../../src/page/invitation.ts';

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
