import fc from 'fast-check';
import jwt from 'jsonwebtoken';
import { expect, it } from 'vitest';
import type { CommandName } from '../../src/protocol/types.ts';
import { asSeat, codeOf } from '../protocol/every-command.ts';
import { secrets } from '../support/built-server.ts';
import { attend, type Client, createWorkspace } from '../support/fixtures.ts';
import { wrongWithReply } from './allowed-replies.ts';
import { controlGroup } from './control-group.ts';
import { type ListeningServer, serve } from './serve.ts';
import { atSoak, patience } from './soak.ts';

const unhurried = { COMMANDS_PER_SECOND: '100000', BROKEN_LINKS_PER_MINUTE: '1000000', CREATES_PER_MINUTE: '1000000' };

const TOGETHER = 100;

/** Sends a command with each of these tokens. @returns the codes that they were answered with */
async function codesOf(tokens: readonly string[], send: (token: string) => Promise<unknown>) {
  const codes: (string | null)[] = [];
  for (let at = 0; at < tokens.length; at += TOGETHER) {
    codes.push(...(await Promise.all(tokens.slice(at, at + TOGETHER).map(send))).map(codeOf));
  }
  return codes;
}

/** A token with one bit changed, at every place: of its text, and (where that is another text) of its bytes. */
function bitByBit(token: string): string[] {
  const ofText = [...Buffer.from(token)].flatMap((byte, at) =>
    [1, 2, 4, 8, 16, 32, 64, 128].map((bit) => withByte(Buffer.from(token), at, byte ^ bit).toString('latin1')),
  );
  const parts = token.split('.');
  const ofBytes = parts.flatMap((part, index) => {
    const bytes = Buffer.from(part, 'base64url');
    return [...bytes].flatMap((byte, at) =>
      [1, 2, 4, 8, 16, 32, 64, 128].map((bit) =>
        parts.with(index, withByte(Buffer.from(bytes), at, byte ^ bit).toString('base64url')).join('.'),
      ),
    );
  });
  return [...new Set([...ofText, ...ofBytes])].filter((each) => each !== token);
}

function withByte(bytes: Buffer, at: number, byte: number): Buffer {
  bytes[at] = byte;
  return bytes;
}

/** Forgeries from a valid token: cut anywhere, doubled, its parts in any order, and more. */
function rearranged(token: string): string[] {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const cut = Array.from({ length: token.length }, (_, length) => token.slice(0, length));
  const orders = [
    [claims, header, signature],
    [header, signature, claims],
    [signature, claims, header],
    [header, header, signature],
    [header, claims, claims],
    [header, claims],
    [header, claims, signature, signature],
    [header, claims, ''],
    ['', claims, signature],
    [header, '', signature],
  ].map((parts) => parts.join('.'));
  const algorithms = ['none', 'None', 'NONE', 'HS384', 'HS512', 'RS256', 'ES256', 'hs256', '', null, 5].flatMap(
    (alg) => {
      const forged = Buffer.from(JSON.stringify({ alg, jwk: { k: '' }, kid: '../../dev/null' })).toString('base64url');
      return [`${forged}.${claims}.${signature}`, `${forged}.${claims}.`, `${forged}.${claims}`];
    },
  );
  const around = [
    `${token}${token}`,
    `${token}.${token}`,
    `Bearer ${token}`,
    ` ${token}`,
    `${token} `,
    `${token}\u0000`,
  ];
  return [...cut, ...orders, ...algorithms, ...around];
}

/** Signed with the right secret, but not what the server signs. */
function othersClaims(issuer: string, claims: object): string[] {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const issuers = [issuer === 'ws/a' ? 'ws/i' : 'ws/a', 'ws', '', 'WS/A', `${issuer} `, `${issuer}\u0000`, 'ws/a,ws/i'];
  return [
    ...issuers.map((iss) => ({ iss, exp, ...claims })),
    { iss: [issuer], exp, ...claims },
    { exp, ...claims },
    { iss: issuer, ...claims },
    { iss: issuer, exp, ...claims, sub: ['_a'] },
    { iss: issuer, exp, ...claims, nbf: exp },
  ].map((each) => sign(each));
}

/** As jsonwebtoken would not: it checks what it signs. */
function sign(claims: object): string {
  return jwt.sign(JSON.stringify(claims), secrets.MAGICK_TOKEN, { algorithm: 'HS256' });
}

async function people(server: ListeningServer) {
  const owner = await createWorkspace(server);
  const guest = await attend(server, owner);
  await guest.client.settled();
  guest.client.received.length = 0;
  return { owner, guest };
}

async function refusedAll(tokens: readonly string[], send: (token: string) => Promise<unknown>): Promise<void> {
  expect(new Set(await codesOf(tokens, send))).toEqual(new Set(['INVALID_TOKEN']));
}

it('An access token with any bit changed, cut, rearranged or of another issuer proves nothing', {
  timeout: patience(5),
}, async () => {
  const server = await serve({ ...unhurried, ...secrets });
  const others = await controlGroup(server);
  const { owner, guest } = await people(server);
  const stranger = await server.connect();
  const tokens = [
    ...bitByBit(guest.accessToken),
    ...rearranged(guest.accessToken),
    ...othersClaims('ws/a', { sub: guest.id, w: owner.workspaceId }),
    owner.token,
  ];
  const commands: [CommandName, object][] = asSeat(guest, owner).slice(0, atSoak(1, Number.POSITIVE_INFINITY));
  for (const [command, payload] of commands) {
    await refusedAll(tokens, (accessToken) => stranger.askRaw(command, { ...payload, accessToken }));
  }
  // A request for TURN servers with it gets none, and no error either.
  const { iceServers } = await stranger.must('iceservers', { ...guest.proof, accessToken: tokens[0] ?? '' });
  expect(JSON.stringify(iceServers)).not.toContain('turn:');
  await guest.client.settled();
  expect(guest.client.heard).toEqual([]);
  expect(codeOf(await stranger.askRaw('attendees', guest.proof))).toBeNull();
  await others.expectUnaffected();
});

it('An invitation with any bit changed, cut, rearranged or of another issuer opens nothing', {
  timeout: patience(5),
}, async () => {
  const server = await serve({ ...unhurried, ...secrets });
  const others = await controlGroup(server);
  const { owner, guest } = await people(server);
  const strangers: Client[] = await Promise.all(Array.from({ length: 4 }, () => server.connect()));
  const tokens = [
    ...bitByBit(owner.token),
    ...rearranged(owner.token),
    ...othersClaims('ws/i', { sub: owner.workspaceId }),
    guest.accessToken,
  ];
  let turn = 0;
  await refusedAll(tokens, (token) => {
    turn += 1;
    const stranger = strangers[turn % strangers.length] as Client;
    return stranger.askRaw('attend', { workspace: { token }, attendee: {} });
  });
  await guest.client.settled();
  expect(guest.client.heard).toEqual([]);
  await attend(server, owner);
  await others.expectUnaffected();
});

it('A token of any text is refused in words of the protocol, and no log holds it', {
  timeout: patience(5),
}, async () => {
  const server = await serve({ ...unhurried, ...secrets, LOG_LEVEL: 'trace' });
  const { owner, guest } = await people(server);
  const stranger = await server.connect();
  const part = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 50 }),
    fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString('base64url')),
    fc.constantFrom(...owner.token.split('.'), ...guest.accessToken.split('.')),
  );
  const token = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
  const genuine = [owner.token, guest.accessToken];
  const property = fc.asyncProperty(fc.array(token, { minLength: 50, maxLength: 50 }), async (tokens) => {
    const forged = tokens.filter((each) => !genuine.includes(each));
    const replies = forged.flatMap((each) => [
      stranger.askRaw('attend', { workspace: { token: each }, attendee: {} }),
      stranger.askRaw('attendees', { ...guest.proof, accessToken: each }),
    ]);
    for (const reply of await Promise.all(replies)) {
      expect(codeOf(reply)).toBe('INVALID_TOKEN');
      expect(wrongWithReply('attend', reply)).toBeNull();
    }
  });
  await fc.assert(property, { numRuns: atSoak(2, 100) });
  expect(server.output.stdout).not.toMatch(/eyJ[\w-]{15}/);
  expect(server.output.stderr).toBe('');
});
