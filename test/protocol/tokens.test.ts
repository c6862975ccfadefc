import jwt from 'jsonwebtoken';
import { describe, expect, it } from 'vitest';
import { secrets } from '../support/built-server.ts';
import { type Client, candidate, createWorkspace, inOneProcess, startServer, unhurried } from '../support/fixtures.ts';
import { asSeat, codeOf, withField } from './every-command.ts';
import { room, silent } from './room.ts';
import { inAnHour, signed } from './signing.ts';

const withItsClock = inOneProcess('the clock of a process cannot be set from outside');

describe('tokens', () => {
  it('an invitation is no access token, and an access token is no invitation', async () => {
    const server = await startServer();
    const { owner, bob } = await room(server);
    const stranger = await server.connect();
    expect(await stranger.refused('attendees', { ...bob.proof, accessToken: owner.token })).toMatchObject({
      code: 'INVALID_TOKEN',
    });
    for (const token of [bob.accessToken, owner.accessToken]) {
      expect(await stranger.refused('attend', { workspace: { token }, attendee: {} })).toMatchObject({
        code: 'INVALID_TOKEN',
      });
    }
    await silent(owner, bob);
  });

  it('refuses access tokens that it did not sign the way it signs, and relays nothing', async () => {
    const server = await startServer(unhurried);
    const { owner, bob } = await room(server);
    const claims = { iss: 'ws/a', sub: bob.id, w: owner.workspaceId, exp: inAnHour() };
    const [header, body, signature] = bob.accessToken.split('.') as [string, string, string];
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const forged = {
      'of algorithm none': jwt.sign(claims, '', { algorithm: 'none' }),
      'of algorithm none, with a signature': `${none}.${body}.${signature}`,
      'of HS512': signed(claims, secrets.MAGICK_TOKEN, 'HS512'),
      'of HS384': signed(claims, secrets.MAGICK_TOKEN, 'HS384'),
      'of another secret': signed(claims, 'another-secret-another-secret-another'),
      'of the other secret of the server': signed(claims, secrets.SALT_STRING),
      'of an empty secret': `${header}.${body}.`,
      'of another issuer': signed({ ...claims, iss: 'ws/i' }),
      'of a foreign issuer': signed({ ...claims, iss: 'https://accounts.example.com' }),
      'of no issuer': signed({ sub: bob.id, w: owner.workspaceId, exp: inAnHour() }),
      'of a list of issuers': signed({ ...claims, aud: ['ws/a'], iss: 'ws/a,ws/i' }),
      'that never expires': signed({ iss: 'ws/a', sub: bob.id, w: owner.workspaceId }),
      'without a workspace': signed({ iss: 'ws/a', sub: bob.id, exp: inAnHour() }),
      'without an attendee': signed({ iss: 'ws/a', w: owner.workspaceId, exp: inAnHour() }),
      'with a workspace of another type': signed({ ...claims, w: [owner.workspaceId] }),
      'that is only text': jwt.sign('text', secrets.MAGICK_TOKEN),
      'with white space behind': `${bob.accessToken}\n`,
      'with padding behind': `${bob.accessToken}=`,
      'without a signature': `${header}.${body}`,
      'with another part': `${bob.accessToken}.${signature}`,
      empty: '',
      garbage: 'not.a.token',
    };
    const stranger = await server.connect();
    for (const [kind, accessToken] of Object.entries(forged)) {
      for (const [command, payload] of asSeat(bob, owner)) {
        expect(codeOf(await stranger.askRaw(command, { ...payload, accessToken })), `${command} ${kind}`).toBe(
          'INVALID_TOKEN',
        );
      }
    }
    await silent(owner, bob);
    expect(codeOf(await stranger.askRaw('attendees', { ...bob.proof, accessToken: signed(claims) }))).toBeNull();
  });

  it('refuses expired tokens, and says so', async () => {
    const server = await startServer();
    const { owner, bob } = await room(server);
    const exp = Math.floor(Date.now() / 1000) - 1;
    const accessToken = signed({ iss: 'ws/a', sub: bob.id, w: owner.workspaceId, exp });
    const stranger = await server.connect();
    for (const [command, payload] of asSeat(bob, owner)) {
      expect(codeOf(await stranger.askRaw(command, { ...payload, accessToken })), command).toBe('TOKEN_EXPIRED');
    }
    const token = signed({ iss: 'ws/i', sub: owner.workspaceId, exp });
    expect(await stranger.refused('attend', { workspace: { token }, attendee: {} })).toMatchObject({
      code: 'TOKEN_EXPIRED',
    });
    await silent(owner, bob);
  });

  withItsClock('stops believing a token that expires while its connection stays open', async () => {
    let now = Date.now();
    const server = await startServer({ ACCESS_TOKEN_HOURS: '1' }, { now: () => now });
    const { owner, bob } = await room(server);
    await bob.client.must('icecandidate', { ...bob.to(owner), candidate });
    await owner.client.notice('icecandidate');
    now += 3600_000 + 1000;
    expect(await bob.client.refused('icecandidate', { ...bob.to(owner), candidate })).toMatchObject({
      code: 'TOKEN_EXPIRED',
    });
    expect(await bob.client.refused('attendees', bob.proof)).toMatchObject({ code: 'TOKEN_EXPIRED' });
    await silent(owner);
  });

  it('refuses access tokens with one changed bit at any place', async () => {
    const server = await startServer(unhurried);
    const { owner, bob } = await room(server);
    const stranger = await server.connect();
    const flipped = (token: string, at: number, bit: number) =>
      token.slice(0, at) + String.fromCharCode(token.charCodeAt(at) ^ bit) + token.slice(at + 1);
    // One bit of each character; the tests of hostile tokens change them all.
    const bits = [1, 2, 4, 32];
    const replies = [...bob.accessToken].map(async (_, at) => {
      const accessToken = flipped(bob.accessToken, at, bits[at % bits.length] ?? 1);
      return codeOf(await stranger.askRaw('icecandidate', { ...bob.to(owner), candidate, accessToken }));
    });
    expect(new Set(await Promise.all(replies))).toEqual(new Set(['INVALID_TOKEN']));
    await silent(owner);
  });

  it('refuses invitations with one changed bit at any place', async () => {
    const server = await startServer(unhurried);
    const { owner, bob } = await room(server);
    const stranger = await server.connect();
    for (let at = 0; at < owner.token.length; at += 1) {
      const changed = String.fromCharCode(owner.token.charCodeAt(at) ^ 1);
      const token = owner.token.slice(0, at) + changed + owner.token.slice(at + 1);
      const { code } = await stranger.refused('attend', { workspace: { token }, attendee: {} });
      expect(code, `at ${at}`).toBe('INVALID_TOKEN');
    }
    await silent(owner, bob);
  });

  it('refuses what contradicts the token, in whatever command, and relays nothing', async () => {
    const server = await startServer(unhurried);
    const { owner, bob, eve } = await room(server);
    const elsewhere = await createWorkspace(server);
    for (const client of [bob.client, await server.connect()]) {
      for (const [command, payload] of asSeat(bob, owner)) {
        // Only the ids change, because a command may have more in its workspace or attendee.
        const sender = 'broadcaster' in payload ? 'broadcaster' : 'attendee';
        const contradictions = [
          withField(payload, ['workspace', 'id'], elsewhere.workspaceId),
          withField(payload, ['accessToken'], elsewhere.accessToken),
          withField(payload, [sender, 'id'], eve.id),
        ];
        if (sender === 'broadcaster') contradictions.push(withField(payload, ['broadcaster', 'id'], owner.id));
        for (const contradiction of contradictions) {
          expect(codeOf(await client.askRaw(command, contradiction)), command).toBe('INVALID_TOKEN');
        }
      }
    }
    await silent(owner, bob, eve, elsewhere);
  });

  it('strangers without a token cannot speak in the name of anybody, nor to anybody', async () => {
    const server = await startServer(unhurried);
    const { owner, bob, eve } = await room(server);
    const elsewhere = await createWorkspace(server);
    const stranger = await server.connect();
    for (const [command, payload] of asSeat(bob, owner)) {
      const { accessToken: _, ...without } = payload as { accessToken: string };
      expect(codeOf(await stranger.askRaw(command, without)), command).toBe('INVALID_PAYLOAD');
      stranger.send(command, without);
    }
    // Seated, but in another workspace: neither its own workspace nor the other one brings anything over.
    for (const workspace of [{ id: elsewhere.workspaceId }, { id: owner.workspaceId }]) {
      const relay = { ...elsewhere.to(bob), workspace, candidate };
      expect(codeOf(await elsewhere.client.askRaw('icecandidate', relay))).toMatch(
        /^(NO_SUCH_ATTENDEE|INVALID_TOKEN)$/,
      );
    }
    await stranger.settled();
    await silent(owner, bob, eve, elsewhere);
  });

  it('gives TURN servers to seats only', async () => {
    const server = await startServer({
      ICE_PROVIDER: 'coturn',
      COTURN_URLS: 'turn:turn.example.com',
      COTURN_SECRET: 'shared-with-coturn',
      STUN_URLS: 'stun:stun.example.com',
    });
    const { owner, bob, eve } = await room(server);
    const hasTurn = async (client: Client, payload: object) => {
      const reply = await client.askRaw('iceservers', payload);
      expect(codeOf(reply)).toBeNull();
      return (reply as { iceServers: { urls: string }[] }).iceServers.some(({ urls }) => urls.startsWith('turn:'));
    };
    expect(await hasTurn(bob.client, bob.proof)).toBe(true);
    await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: eve.id } });
    const stranger = await server.connect();
    for (const payload of [
      {},
      eve.proof,
      { ...bob.proof, accessToken: owner.token },
      { ...bob.proof, accessToken: signed({ iss: 'ws/a', sub: bob.id, w: owner.workspaceId, exp: 1 }) },
      { ...bob.proof, attendee: { id: owner.id } },
      { accessToken: bob.accessToken },
    ]) {
      expect(await hasTurn(stranger, payload)).toBe(false);
    }
    expect(await hasTurn(eve.client, eve.proof)).toBe(false);
  });
});
