import jwt from 'jsonwebtoken';
import { describe, expect, it, vi } from 'vitest';
import type { CommandName } from '../../src/protocol/types.ts';
import {
  attend,
  type Client,
  candidate,
  connectCall,
  createWorkspace,
  generations,
  inOneProcess,
  offer,
  processes,
  reattend,
  type Seat,
  startServer,
  type TestServer,
} from '../support/fixtures.ts';
import { asSeat, codeOf, examples, fieldsOf, forget, withField } from './every-command.ts';

const MAGICK_TOKEN = 'the-signing-secret-of-these-tests-0123456789';
const SALT_STRING = 'the-hashing-secret-of-these-tests-9876543210';
const secrets = { MAGICK_TOKEN, SALT_STRING };
const unhurried = { COMMANDS_PER_SECOND: '100000' };
const [socketIo4, , socketIo2] = generations;

const withItsClock = inOneProcess('the clock of a process cannot be set from outside');

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

function signed(claims: object, secret = MAGICK_TOKEN, algorithm: jwt.Algorithm = 'HS256'): string {
  return jwt.sign(claims, secret, { algorithm, noTimestamp: true });
}

/** An owner, two guests, and nothing left to hear. */
async function room(server: TestServer, options: { pin?: string } = {}) {
  const owner = await createWorkspace(server, options);
  const bob = await attend(server, owner, { ...options, name: 'Bob' });
  const eve = await attend(server, owner, { ...options, name: 'Eve' });
  await Promise.all([owner, bob, eve].map(({ client }) => client.settled()));
  forget(owner, bob, eve);
  return { owner, bob, eve };
}

/** Asserts that nobody of these has heard anything. */
async function silent(...seats: Seat[]): Promise<void> {
  for (const { client } of seats) {
    await client.settled();
    expect(client.heard).toEqual([]);
  }
}

function documentOf(server: TestServer, { proof }: Seat) {
  return server.services.store.get(proof.workspace.id);
}

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
    const server = await startServer({ ...secrets, ...unhurried });
    const { owner, bob } = await room(server);
    const claims = { iss: 'ws/a', sub: bob.id, w: owner.workspaceId, exp: inAnHour() };
    const [header, body, signature] = bob.accessToken.split('.') as [string, string, string];
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const forged = {
      'of algorithm none': jwt.sign(claims, '', { algorithm: 'none' }),
      'of algorithm none, with a signature': `${none}.${body}.${signature}`,
      'of HS512': signed(claims, MAGICK_TOKEN, 'HS512'),
      'of HS384': signed(claims, MAGICK_TOKEN, 'HS384'),
      'of another secret': signed(claims, 'another-secret-another-secret-another'),
      'of the other secret of the server': signed(claims, SALT_STRING),
      'of an empty secret': `${header}.${body}.`,
      'of another issuer': signed({ ...claims, iss: 'ws/i' }),
      'of a foreign issuer': signed({ ...claims, iss: 'https://accounts.example.com' }),
      'of no issuer': signed({ sub: bob.id, w: owner.workspaceId, exp: inAnHour() }),
      'of a list of issuers': signed({ ...claims, aud: ['ws/a'], iss: 'ws/a,ws/i' }),
      'that never expires': signed({ iss: 'ws/a', sub: bob.id, w: owner.workspaceId }),
      'without a workspace': signed({ iss: 'ws/a', sub: bob.id, exp: inAnHour() }),
      'without an attendee': signed({ iss: 'ws/a', w: owner.workspaceId, exp: inAnHour() }),
      'with a workspace of another type': signed({ ...claims, w: [owner.workspaceId] }),
      'that is only text': jwt.sign('text', MAGICK_TOKEN),
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
    const server = await startServer(secrets);
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
    const replies = [...bob.accessToken].flatMap((_, at) =>
      [1, 2, 4, 32].map(async (bit) => {
        const accessToken = flipped(bob.accessToken, at, bit);
        return codeOf(await stranger.askRaw('icecandidate', { ...bob.to(owner), candidate, accessToken }));
      }),
    );
    expect(new Set(await Promise.all(replies))).toEqual(new Set(['INVALID_TOKEN']));
    await silent(owner);
  });

  it('refuses invitations with one changed bit at any place', async () => {
    const server = await startServer({ ...unhurried, BROKEN_LINKS_PER_MINUTE: '1000000' });
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
        const contradictions: object[] = [
          { ...payload, workspace: { id: elsewhere.workspaceId } },
          { ...payload, accessToken: elsewhere.accessToken },
          'broadcaster' in payload
            ? { ...payload, broadcaster: { id: eve.id } }
            : { ...payload, attendee: { id: eve.id } },
        ];
        if ('broadcaster' in payload) contradictions.push({ ...payload, broadcaster: { id: owner.id } });
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
      ...secrets,
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

describe('what is the owner’s', () => {
  it('is refused to everybody else, with and without an ack, and changes nothing', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    const before = await documentOf(server, owner);
    const call = { id: 'c' };
    const attempts: [CommandName, object][] = [
      ['destroy', bob.proof],
      ['kick', { ...bob.proof, kickedAttendee: { id: eve.id } }],
      ['kick', { ...bob.proof, kickedAttendee: { id: owner.id } }],
      ['kick', { ...bob.proof, kickedAttendee: { id: bob.id } }],
      ['renew-invitation', bob.proof],
      ['ring', { ...bob.proof, callee: { id: eve.id }, offer, call }],
      ['hangup', { ...bob.proof, call }],
    ];
    for (const [command, payload] of attempts) {
      expect(codeOf(await bob.client.askRaw(command, payload)), command).toBe('OWNER_ONLY');
      bob.client.send(command, payload);
      expect(await bob.client.notice('alert')).toContain('owner');
    }
    await silent(owner, bob, eve);
    expect(await documentOf(server, owner)).toEqual(before);
  });

  it('cannot be claimed by proposing ids or being called owner', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    const before = await documentOf(server, owner);
    const stranger = await server.connect();
    const created = (await stranger.askRaw('create', {
      workspace: { id: owner.workspaceId, name: 'Mine', owner: { id: bob.id }, rev: 99 },
      attendee: { id: owner.id, owner: true },
    })) as { workspace: { id: string; owner: string }; attendee: { id: string } };
    expect(created.workspace.id).not.toBe(owner.workspaceId);
    expect(created.attendee.id).not.toBe(owner.id);
    expect(created.workspace.owner).toBe(created.attendee.id);
    await silent(owner, bob, eve);
    expect(await documentOf(server, owner)).toEqual(before);

    const granted = (await stranger.askRaw('attend', {
      workspace: { id: created.workspace.id, token: owner.token, owner: { id: owner.id } },
      attendee: { id: owner.id, name: 'Owner', owner: true, connected: false, onCall: true, mic: false },
    })) as { workspace: { id: string; owner: string }; attendee: { id: string } };
    expect(granted.attendee).toMatchObject({ owner: false, connected: true, onCall: false, mic: true });
    expect([owner.id, bob.id, eve.id]).not.toContain(granted.attendee.id);
    expect(granted.workspace).toMatchObject({ id: owner.workspaceId, owner: owner.id });
  });

  it('includes not being removed', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    expect(await owner.client.refused('kick', { ...owner.proof, kickedAttendee: { id: owner.id } })).toMatchObject({
      code: 'INVALID_PAYLOAD',
      field: 'kickedAttendee.id',
    });
    // As the first generation kicks: `attendee` is whom it means.
    expect(codeOf(await owner.client.askRaw('kick', owner.proof))).toBe('INVALID_PAYLOAD');
    await silent(owner, bob, eve);
    await owner.client.must('attendees', owner.proof);
  });

  it('includes coming back after leaving; nobody else can', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    await bob.client.must('leave', bob.proof);
    await owner.client.must('leave', owner.proof);
    expect(await bob.client.refused('re-attend', bob.proof)).toMatchObject({ code: 'NOT_SEATED' });
    for (const [command, payload] of asSeat(owner, eve).filter(([name]) => name !== 're-attend')) {
      expect(codeOf(await owner.client.askRaw(command, payload)), command).toBe('NOT_SEATED');
    }
    const { attendee } = await owner.client.must('re-attend', owner.proof);
    expect(attendee).toMatchObject({ id: owner.id, owner: true });
    await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: eve.id } });
  });
});

describe('ids that mean something to JavaScript', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', '_', '_constructor'];

  it('are nobody’s, wherever they stand', async () => {
    const server = await startServer({ ...unhurried, CALL_CONTROL: 'participants' });
    const { owner, bob, eve } = await room(server);
    await connectCall(owner, bob);
    await eve.client.settled();
    forget(owner, bob, eve);
    const before = await documentOf(server, owner);
    for (const [command, { by, payload }] of Object.entries(examples(owner, bob))) {
      const { client } = by === 'owner' ? owner : bob;
      for (const path of fieldsOf(payload).filter((each) => each.at(-1) === 'id' && each[0] !== 'call')) {
        for (const name of names) {
          const code = codeOf(await client.askRaw(command, withField(payload, path, name)));
          if (command === 'iceservers' && name.startsWith('_') && name !== '_') expect(code).toBeNull();
          else expect(code, `${command} ${path.join('.')} ${name}`).toMatch(/^(INVALID_|NO_SUCH_ATTENDEE)/);
        }
      }
    }
    await silent(owner, bob, eve);
    expect(await documentOf(server, owner)).toEqual(before);
  });

  it('are no commands', async () => {
    const server = await startServer();
    const client = await server.connect();
    for (const name of [...names, 'valueOf', '__defineGetter__', 'error', 'message', 'disconnected', '']) {
      expect(codeOf(await client.askRaw(name, {})), name).toBe('UNKNOWN_COMMAND');
      client.send(name, {});
      await client.notice('alert');
    }
  });

  it('are text like any other in names and nonces, and pollute nothing as members', async () => {
    const server = await startServer();
    const { owner, bob } = await room(server);
    const client = await server.connect();
    for (const name of names) {
      const { attendee, nonce } = await client.must('create', { workspace: { name }, attendee: { name }, nonce: name });
      expect([attendee.name, nonce]).toEqual([name, name]);
    }
    const polluted = JSON.parse(
      `{"id":"c","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}`,
    ) as { id: string };
    await owner.client.must('ring', { ...owner.proof, callee: { id: bob.id }, offer, call: polluted });
    const { call } = await bob.client.notice('ring');
    expect(Object.hasOwn(call, '__proto__')).toBe(false);
    expect('polluted' in {}).toBe(false);
  });
});

describe('a seat that has ended', () => {
  it.each(['left', 'was kicked'])('because it %s is refused everything, also over its open connection', async (how) => {
    const server = await startServer(unhurried);
    const { owner, bob, eve } = await room(server);
    if (how === 'left') await bob.client.must('leave', bob.proof);
    else await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: bob.id } });
    await Promise.all([owner, bob, eve].map(({ client }) => client.settled()));
    forget(owner, bob, eve);
    const before = await documentOf(server, owner);
    for (const client of [bob.client, await server.connect(), await server.connect({ generation: socketIo2 })]) {
      for (const [command, payload] of asSeat(bob, owner)) {
        expect(codeOf(await client.askRaw(command, payload)), command).toBe('NOT_SEATED');
      }
    }
    await silent(owner, bob, eve);
    expect(await documentOf(server, owner)).toEqual(before);
  });

  it('because its grace time is over is refused everything', async () => {
    const server = await startServer({ ...unhurried, SEAT_GRACE_SECONDS: '0.1' });
    const { owner, bob, eve } = await room(server);
    bob.client.close();
    await owner.client.notice('leave');
    await eve.client.notice('leave');
    forget(owner, eve);
    const client = await server.connect();
    for (const [command, payload] of asSeat(bob, owner)) {
      expect(codeOf(await client.askRaw(command, payload)), command).toBe('NOT_SEATED');
    }
    await silent(owner, eve);
  });

  it('because the workspace was closed is refused everything, the owner included', async () => {
    const server = await startServer(unhurried);
    const { owner, bob, eve } = await room(server);
    await owner.client.must('destroy', owner.proof);
    await bob.client.notice('destroyed');
    await eve.client.notice('destroyed');
    for (const seat of [owner, bob]) {
      for (const client of [seat.client, await server.connect()]) {
        for (const [command, payload] of asSeat(seat, eve)) {
          expect(codeOf(await client.askRaw(command, payload)), command).toBe('WORKSPACE_GONE');
        }
      }
    }
    const stranger = await server.connect();
    expect(await stranger.refused('attend', { workspace: { token: owner.token }, attendee: {} })).toMatchObject({
      code: 'WORKSPACE_GONE',
    });
    await silent(owner, bob, eve);
  });

  it('gets nothing through any more in the middle of a burst', async () => {
    const server = await startServer(unhurried);
    const { owner, bob, eve } = await room(server);
    const burst = (seat: Seat) => {
      for (let n = 0; n < 100; n += 1) seat.client.send('icecandidate', { ...seat.to(owner), candidate });
    };
    burst(bob);
    const kicked = owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: bob.id } });
    for (let round = 0; round < 5; round += 1) {
      burst(bob);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await kicked;
    burst(bob);
    await bob.client.settled();
    await owner.client.settled();
    const names = owner.client.everything.map(({ notice }) => notice);
    expect(names.slice(names.indexOf('(kick)'))).not.toContain('icecandidate');

    owner.client.everything.length = 0;
    burst(eve);
    eve.client.send('leave', eve.proof);
    burst(eve);
    await eve.client.settled();
    await owner.client.settled();
    const afterwards = owner.client.everything.map(({ notice }) => notice);
    expect(afterwards.filter((notice) => notice === 'icecandidate')).toHaveLength(100);
    expect(afterwards.slice(afterwards.indexOf('leave'))).not.toContain('icecandidate');
  });

  it('hears nothing more of the workspace over its open connection', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: bob.id } });
    await bob.client.notice('kicked');
    await eve.client.must('mic-toggle', { ...eve.proof, state: false });
    expect(codeOf(await eve.client.askRaw('icecandidate', { ...eve.to(bob), candidate }))).toBe('NO_SUCH_ATTENDEE');
    await attend(server, owner);
    await owner.client.must('destroy', owner.proof);
    await silent(bob);
  });
});

describe('PINs', () => {
  it('are compared whole, whatever their length and characters', async () => {
    const server = await startServer({ PIN_ATTEMPTS: '1000', PIN_ATTEMPTS_PER_HOUR: '1000' });
    const client = await server.connect();
    const long = 'p'.repeat(100);
    for (const [pin, ...wrong] of [
      [`${long}1`, `${long}2`, long, `${long}1 `],
      ['Zoë李🔑', 'Zoe李🔑', 'Zoë李', 'ZOË李🔑'],
      ['12\u000034', '12', '12\u000035', '1234'],
      ['\u00001', '\u00002', '', '\u0000'],
      [' 1234', '1234', '1234 '],
      ['0', '', '00', 'false'],
      ['%00', '', '%', '%2500'],
    ] as [string, ...string[]][]) {
      const { workspace } = await client.must('create', { workspace: { pin }, attendee: {} });
      for (const guess of wrong) {
        const reply = await client.ask('attend', { workspace: { token: workspace.token, pin: guess }, attendee: {} });
        expect(codeOf(reply), JSON.stringify([pin.slice(-5), guess.slice(-5)])).toBe('WRONG_PIN');
      }
      expect(await client.refused('attend', { workspace: { token: workspace.token }, attendee: {} })).toMatchObject({
        code: 'WRONG_PIN',
      });
      await client.must('attend', { workspace: { token: workspace.token, pin }, attendee: {} });
    }
  });

  it('are text: anything else is refused, and does not count as none', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { pin: '1234' });
    const client = await server.connect();
    for (const pin of [1234, null, true, [], ['1234'], {}, { $ne: '' }]) {
      const attempt = { workspace: { token: owner.token, pin }, attendee: {} };
      expect(await client.askRaw('attend', attempt)).toMatchObject({
        error: { code: 'INVALID_PAYLOAD', field: 'workspace.pin' },
      });
      expect(await client.askRaw('create', { workspace: { pin }, attendee: {} })).toMatchObject({
        error: { code: 'INVALID_PAYLOAD', field: 'workspace.pin' },
      });
    }
  });

  it('are not needed where the owner set an empty one', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { pin: '' });
    await attend(server, owner);
    await attend(server, owner, { pin: 'whatever' });
  });

  it('are no good for another workspace with the same PIN', async () => {
    const server = await startServer();
    const one = await createWorkspace(server, { pin: '1234' });
    const two = await createWorkspace(server, { pin: '1234' });
    const hashes = [await documentOf(server, one), await documentOf(server, two)].map((each) => each?.pinHash);
    expect(hashes[0]).toMatch(/^\$2b\$/);
    expect(hashes[0]).not.toBe(hashes[1]);
  });
});

describe('guessing PINs', () => {
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
  const proxied = { ...unhurried, TRUST_PROXY: 'loopback' };

  it('locks the address out, longer each time, while others and the owner come in', async () => {
    const server = await startServer({ ...proxied, PIN_ATTEMPTS: '3', PIN_LOCKOUT_SECONDS: '1' });
    const owner = await createWorkspace(server, { pin: '1234', ...from('203.0.113.1') });
    const client = await server.connect(from('203.0.113.1'));
    const guess = (pin: string) => client.ask('attend', { workspace: { token: owner.token, pin }, attendee: {} });

    for (let n = 0; n < 3; n += 1) expect(codeOf(await guess('0000'))).toBe('WRONG_PIN');
    for (const pin of ['0000', '1234', '']) {
      expect(await guess(pin)).toMatchObject({ error: { code: 'LOCKED_OUT', retryAfter: 1 } });
    }
    // A new connection from there is no way around.
    const again = await server.connect(from('203.0.113.1'));
    expect(
      await again.refused('attend', { workspace: { token: owner.token, pin: '1234' }, attendee: {} }),
    ).toMatchObject({ code: 'LOCKED_OUT' });
    // Other workspaces, other addresses, and who has a seat, are not concerned.
    const other = await createWorkspace(server, { pin: '1', ...from('203.0.113.1') });
    await attend(server, other, { pin: '1', ...from('203.0.113.1') });
    const bob = await attend(server, owner, { pin: '1234', ...from('203.0.113.2') });
    await reattend(server, bob, from('203.0.113.1'));
    await reattend(server, owner, from('203.0.113.1'));

    await vi.waitFor(async () => expect(codeOf(await guess('0000'))).toBe('WRONG_PIN'), {
      timeout: 5000,
      interval: 20,
    });
    for (let n = 0; n < 2; n += 1) expect(codeOf(await guess('0000'))).toBe('WRONG_PIN');
    expect(await guess('1234')).toMatchObject({ error: { code: 'LOCKED_OUT', retryAfter: 2 } });
  });

  it('forgets wrong PINs of an address that then has the right one', async () => {
    const server = await startServer({ ...unhurried, PIN_ATTEMPTS: '3' });
    const owner = await createWorkspace(server, { pin: '1234' });
    const client = await server.connect();
    const guess = (pin: string) => client.ask('attend', { workspace: { token: owner.token, pin }, attendee: {} });
    for (let round = 0; round < 3; round += 1) {
      expect(codeOf(await guess('0'))).toBe('WRONG_PIN');
      expect(codeOf(await guess('1'))).toBe('WRONG_PIN');
      expect(codeOf(await guess('1234'))).toBeNull();
    }
  });

  it('from many addresses ends at the limit of the workspace', async () => {
    const server = await startServer({ ...proxied, PIN_ATTEMPTS: '3', PIN_ATTEMPTS_PER_HOUR: '6' });
    const owner = await createWorkspace(server, { pin: '1234' });
    const bob = await attend(server, owner, { pin: '1234' });
    const attempt = async (address: string, pin: string) => {
      const client = await server.connect(from(address));
      return client.ask('attend', { workspace: { token: owner.token, pin }, attendee: {} });
    };
    for (let n = 1; n <= 6; n += 1) expect(codeOf(await attempt(`198.51.100.${n}`, '0000'))).toBe('WRONG_PIN');
    expect(await attempt('198.51.100.7', '1234')).toMatchObject({
      error: { code: 'LOCKED_OUT', retryAfter: expect.any(Number) },
    });
    await reattend(server, bob);
    await reattend(server, owner);
    // IPv6: a whole /64 is one address, because everybody has one.
    const elsewhere = await createWorkspace(server, { pin: '1234' });
    const codes: (string | null)[] = [];
    for (let n = 1; n <= 4; n += 1) {
      const client = await server.connect(from(`2001:db8::${n}`));
      codes.push(codeOf(await client.ask('attend', { workspace: { token: elsewhere.token, pin: '0' }, attendee: {} })));
    }
    expect(codes).toEqual(['WRONG_PIN', 'WRONG_PIN', 'WRONG_PIN', 'LOCKED_OUT']);
  });

  it('does not get around it by claiming other addresses to a server without proxies', async () => {
    const server = await startServer({ PIN_ATTEMPTS: '2' });
    const owner = await createWorkspace(server, { pin: '1234' });
    const codes: (string | null)[] = [];
    for (let n = 1; n <= 3; n += 1) {
      const client = await server.connect(from(`198.51.100.${n}`));
      codes.push(codeOf(await client.ask('attend', { workspace: { token: owner.token, pin: '0' }, attendee: {} })));
    }
    expect(codes).toEqual(['WRONG_PIN', 'WRONG_PIN', 'LOCKED_OUT']);
  });

  it('a hundred at once gets hardly more looks than one after the other', async () => {
    const server = await startServer({ ...unhurried, PIN_ATTEMPTS: '5', PIN_CHECKS_AT_ONCE: '2' });
    const owner = await createWorkspace(server, { pin: '0099' });
    const clients = await Promise.all(Array.from({ length: 100 }, () => server.connect()));
    const codes = await Promise.all(
      clients.map(async (client, n) => {
        const pin = String(n).padStart(4, '0');
        return codeOf(await client.ask('attend', { workspace: { token: owner.token, pin }, attendee: {} }));
      }),
    );
    const looks = codes.filter((code) => code === 'WRONG_PIN').length;
    expect(looks).toBeGreaterThanOrEqual(5);
    expect(looks).toBeLessThanOrEqual(5 + 2 * processes);
    expect(codes.filter((code) => code === 'LOCKED_OUT')).toHaveLength(100 - looks);
  });

  it('is told nothing by wording, nor by the clock', async () => {
    const server = await startServer({
      ...secrets,
      ...unhurried,
      BCRYPT_COST: '8',
      PIN_ATTEMPTS: '1000',
      PIN_ATTEMPTS_PER_HOUR: '1000',
    });
    const owner = await createWorkspace(server, { pin: '1234' });
    const gone = await createWorkspace(server, { pin: '1234' });
    await gone.client.must('destroy', gone.proof);
    const former = await createWorkspace(server, { pin: '1234' });
    await former.client.must('renew-invitation', former.proof);
    const stranger = await server.connect();
    const claims = { iss: 'ws/i', sub: owner.workspaceId, exp: inAnHour() };
    const guesses = {
      'a wrong PIN': { token: owner.token, pin: '0000' },
      'no PIN': { token: owner.token },
      'a broken link': { token: `${owner.token.slice(0, -4)}AAAA`, pin: '1234' },
      'no link at all': { token: 'x', pin: '1234' },
      'somebody else’s link': { token: signed(claims, 'another-secret-another-secret-another'), pin: '1234' },
      'a workspace that is gone': { token: gone.token, pin: '1234' },
      'a former link': { token: former.token, pin: '1234' },
      'an expired link': { token: signed({ ...claims, exp: 1 }), pin: '1234' },
    };
    const kinds = Object.entries(guesses).map(([kind, workspace]) => ({ kind, workspace, times: [] as number[] }));
    const sentences = new Map<string, string>();
    for (let round = 0; round < 9; round += 1) {
      for (const { kind, workspace, times } of kinds) {
        const begin = performance.now();
        const { message } = await stranger.refused('attend', { workspace, attendee: {} });
        times.push(performance.now() - begin);
        sentences.set(kind, message);
      }
    }
    expect(
      new Set(
        ['a wrong PIN', 'no PIN', 'a broken link', 'no link at all', 'somebody else’s link', 'a former link'].map(
          (kind) => sentences.get(kind),
        ),
      ).size,
    ).toBe(1);
    const medians = kinds.map(({ times }) => times.sort((a, b) => a - b)[4] ?? 0);
    expect(Math.max(...medians) / Math.min(...medians)).toBeLessThan(4);
  });

  it('with broken links is slowed down too, and links that work are not', async () => {
    const server = await startServer({ ...unhurried, BROKEN_LINKS_PER_MINUTE: '3' });
    const owner = await createWorkspace(server);
    const client = await server.connect();
    const codes: (string | null)[] = [];
    for (let n = 0; n < 5; n += 1) {
      codes.push(codeOf(await client.ask('attend', { workspace: { token: 'broken' }, attendee: {} })));
    }
    expect(codes).toEqual(['INVALID_TOKEN', 'INVALID_TOKEN', 'INVALID_TOKEN', 'RATE_LIMITED', 'RATE_LIMITED']);
    await attend(server, owner, { client });
  });
});

describe('a renewed invitation', () => {
  const join = async (server: TestServer, token: string, pin = '') =>
    (await server.connect()).ask('attend', { workspace: { token, pin }, attendee: {} });

  it('is the only one that opens the workspace; seats stay, and everybody who is seated hears of it', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    const { workspace } = await owner.client.must('renew-invitation', owner.proof);
    expect(workspace.token).not.toBe(owner.token);
    expect(workspace.token.length).toBeGreaterThan(50);
    for (const { client } of [bob, eve]) expect(await client.notice('invitation')).toEqual({ workspace });
    await owner.client.settled();
    expect(owner.client.heard).toEqual([]);

    const former = await join(server, owner.token);
    expect(former).toMatchObject({ error: { code: 'INVALID_TOKEN', message: expect.stringContaining('link') } });
    const granted = await join(server, workspace.token);
    expect(granted).toMatchObject({ ok: true, workspace: { token: workspace.token } });
    expect((await bob.client.must('re-attend', bob.proof)).workspace.token).toBe(workspace.token);
  });

  it('replaces each one before it, however often, and is told to a client without acks as a notice', async () => {
    const server = await startServer({ WORKSPACE_ID_LEN: '18' });
    const owner = await createWorkspace(server);
    const tokens = [owner.token];
    for (let n = 0; n < 12; n += 1) {
      owner.client.send('renew-invitation', owner.proof);
      const { workspace } = await owner.client.notice('invitation');
      // The link form of the client in the field holds no more.
      expect(workspace.token.length).toBeLessThanOrEqual(150);
      tokens.push(workspace.token);
    }
    expect(new Set(tokens).size).toBe(13);
    const replies = [];
    for (const token of tokens) replies.push(codeOf(await join(server, token)));
    expect(replies).toEqual([...Array(12).fill('INVALID_TOKEN'), null]);
  });

  it('keeps out whoever was removed before it was made, and not who heard of it', async () => {
    const server = await startServer();
    const { owner, bob, eve } = await room(server);
    const kick = ({ id }: { id: string }) => owner.client.must('kick', { ...owner.proof, kickedAttendee: { id } });
    await kick(bob);
    const { workspace } = await owner.client.must('renew-invitation', owner.proof);
    await bob.client.settled();
    expect(bob.client.heard).not.toContain('invitation');
    expect(codeOf(await join(server, owner.token))).toBe('INVALID_TOKEN');

    expect(await eve.client.notice('invitation')).toEqual({ workspace });
    await kick(eve);
    expect(codeOf(await join(server, workspace.token))).toBeNull();
  });

  it('keeps those out whose PIN was being checked for the former one', async () => {
    const server = await startServer({ BCRYPT_COST: '10' });
    const owner = await createWorkspace(server, { pin: '1234' });
    const client = await server.connect();
    const slow = client.ask('attend', { workspace: { token: owner.token, pin: '1234' }, attendee: {} });
    await owner.client.must('renew-invitation', owner.proof);
    expect(codeOf(await slow)).toBe('INVALID_TOKEN');
    const { attendees } = await owner.client.must('attendees', owner.proof);
    expect(Object.keys(attendees)).toEqual([owner.id]);
  });

  it('lets those in again whom somebody with the former one had locked out by guessing', async () => {
    const server = await startServer({ ...unhurried, PIN_ATTEMPTS: '2' });
    const owner = await createWorkspace(server, { pin: '1234' });
    for (const code of ['WRONG_PIN', 'WRONG_PIN', 'LOCKED_OUT']) {
      expect(codeOf(await join(server, owner.token, '0000'))).toBe(code);
    }
    const { workspace } = await owner.client.must('renew-invitation', owner.proof);
    expect(codeOf(await join(server, workspace.token, '1234'))).toBeNull();
    expect(codeOf(await join(server, workspace.token, '0000'))).toBe('WRONG_PIN');
  });
});

describe('payloads of a wrong form', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`) as object;
  const values = {
    null: null,
    number: 42,
    true: true,
    list: [],
    object: {},
    'long text': 'x'.repeat(70_000),
    'deep object': deep,
    text: 'x',
    bytes: Buffer.from('bytes'),
  };
  const commands = Object.keys(examples({} as never, { to: () => ({}) } as never)) as CommandName[];

  it.each(commands)('of %s are answered, change nothing when refused, and never fail inside', async (command) => {
    const server = await startServer({
      ...unhurried,
      BROKEN_LINKS_PER_MINUTE: '1000000',
      CALL_CONTROL: 'participants',
    });
    const { owner, bob } = await room(server, { pin: '1234' });
    const call = await connectCall(owner, bob);
    if (command === 'answer' || command === 'busy') {
      await owner.client.must('ring', { ...owner.proof, callee: { id: bob.id }, offer, call });
    }
    const { by, payload } = examples(owner, bob, { pin: '1234', call })[command];
    const { client } = by === 'owner' ? owner : bob;
    let refused = 0;
    for (const path of fieldsOf(payload)) {
      for (const [kind, value] of Object.entries(values)) {
        const before = await documentOf(server, owner);
        const code = codeOf(await client.askRaw(command, withField(payload, path, value)));
        const what = `${command} ${path.join('.')}: ${kind}`;
        if (code === null) continue;
        refused += 1;
        expect(code, what).not.toBe('INTERNAL');
        expect(code, what).not.toBe('BUSY_TRY_AGAIN');
        if (kind === 'long text') expect(code, what).toBe('TOO_LARGE');
        expect(await documentOf(server, owner), what).toEqual(before);
      }
    }
    expect(refused).toBeGreaterThan(0);
    await server.connect().then((other) => createWorkspace(server, { client: other }));
  });
});

describe('pages of other origins', () => {
  const origins = { CORS_ORIGINS: 'https://meet.example.com' };

  it.each(generations)('cannot connect with $name', async (generation) => {
    const server = await startServer(origins);
    const client = await server.connect({ generation, origin: 'https://meet.example.com' });
    await createWorkspace(server, { client });
    for (const origin of [
      'https://evil.example.com',
      'https://meet.example.com.evil.com',
      'null',
      'http://localhost',
    ]) {
      await expect(server.connect({ generation, origin }), origin).rejects.toThrow();
    }
  });

  it('cannot get around that with scripts, which carry no origin', async () => {
    const server = await startServer(origins);
    for (const query of ['EIO=3&transport=polling&j=0', 'EIO=3&transport=polling&j=', 'EIO=4&transport=polling&j=0']) {
      const response = await fetch(`${server.url}/socket.io/?${query}`);
      expect(response.status, query).toBe(403);
      expect(await response.text()).not.toContain('___eio');
    }
  });
});

describe('what leaves the server', () => {
  it.each([
    ['4', socketIo4],
    ['2', socketIo2],
  ])('has nothing of its inside, to clients of Socket.IO %s and whoever they meet', async (_, generation) => {
    const server = await startServer({ SEAT_GRACE_SECONDS: '0.1', RING_TIMEOUT_SECONDS: '0.1' });
    const clients: Client[] = [];
    const socketIds: (string | undefined)[] = [];
    const track = async <S extends Seat>(seat: Promise<S>): Promise<S> => {
      const { client } = await seat;
      clients.push(client);
      socketIds.push(client.socket.id);
      return seat;
    };
    const owner = await track(createWorkspace(server, { pin: '1234' }));
    let bob = await track(attend(server, owner, { pin: '1234', generation, session: 'b' }));
    const eve = await track(attend(server, owner, { pin: '1234' }));
    const zoe = await track(attend(server, owner, { pin: '1234', generation }));
    const call = await connectCall(owner, eve);
    await owner.client.must('ring', { ...owner.proof, callee: { id: bob.id }, offer, call });
    await owner.client.notice('unanswered');
    await owner.client.must('ring', { ...owner.proof, callee: { id: bob.id }, offer, call });
    await bob.client.must('busy', { ...bob.proof, caller: { id: owner.id }, call });
    await eve.client.must('negotiation', { ...eve.to(bob), message: { type: 'offer', data: offer } });
    await eve.client.must('icecandidate', { ...eve.to(bob), candidate });
    await bob.client.must('mic-toggle', { ...bob.proof, state: false });
    const former = bob.client;
    bob = await track(reattend(server, bob, { generation }));
    await former.notice('(disconnected)');
    bob.client.close();
    await owner.client.notice('leave');
    await eve.client.must('leave-call', { ...eve.proof, call });
    await owner.client.must('hangup', { ...owner.proof, call });
    await zoe.client.must('attendees', zoe.proof);
    zoe.client.send('attendees', zoe.proof);
    zoe.client.send('destroy', zoe.proof);
    await zoe.client.notice('alert');
    await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: zoe.id } });
    await eve.client.must('leave', eve.proof);
    await owner.client.must('destroy', owner.proof);
    await zoe.client.settled();

    const everything = clients.flatMap((client) => client.everything);
    expect(everything.length).toBeGreaterThan(40);
    const members = new Set<string>();
    const text = JSON.stringify(everything, (key, value: unknown) => {
      members.add(key);
      return value;
    });
    for (const hidden of ['pinHash', 'connection', 'droppedAt', 'legacy', 'touched', 'rings', 'socket', 'pin']) {
      expect(members).not.toContain(hidden);
    }
    expect(text).not.toContain('$2b$');
    for (const socketId of socketIds) {
      expect(socketId).toMatch(/^.{20}/);
      expect(text).not.toContain(socketId);
    }
  });
});
