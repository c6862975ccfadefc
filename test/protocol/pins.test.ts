import { describe, expect, it, vi } from 'vitest';
import { attend, createWorkspace, processes, reattend, startServer, unhurried } from '../support/fixtures.ts';
import { codeOf } from './every-command.ts';
import { documentOf } from './room.ts';
import { inAnHour, signed } from './signing.ts';

/** Locks nobody out, and checks PINs so slowly that a clock can tell. */
const patient = { ...unhurried, BCRYPT_COST: '8', PIN_ATTEMPTS: '1000', PIN_ATTEMPTS_PER_HOUR: '1000' };

describe('PINs', () => {
  it('are compared whole, whatever their length and characters', async () => {
    const server = await startServer(patient);
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
    // The lock-out spares other workspaces, other addresses, and attendees with a seat.
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

  it.each([
    ['203.0.113.5:50001', '203.0.113.6:50001'],
    ['[2001:db8:1::5]:50001', '[2001:db8:2::5]:50001'],
    ['unknown', 'unknown'],
  ])('behind a proxy that writes %s locks nobody else out', async (one, other) => {
    const server = await startServer({ ...proxied, PIN_ATTEMPTS: '3' });
    const owner = await createWorkspace(server, { pin: '1234', ...from(other) });
    const guesser = await server.connect(from(one));
    const guess = () => guesser.ask('attend', { workspace: { token: owner.token, pin: '0' }, attendee: {} });
    for (let n = 0; n < 3; n += 1) expect(codeOf(await guess())).toBe('WRONG_PIN');
    expect(codeOf(await guess())).toBe('LOCKED_OUT');
    await attend(server, owner, { pin: '1234', ...from(other) });
  });

  it('forgets wrong PINs of an address that then has the right one', async () => {
    const server = await startServer({ ...proxied, PIN_ATTEMPTS: '3', PIN_LOCKOUT_SECONDS: '1' });
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
    const server = await startServer({ ...unhurried, PIN_ATTEMPTS: '2' });
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
    // None of the hundred guesses it: on several nodes, any of them may be among the first that are looked at.
    const owner = await createWorkspace(server, { pin: '0100' });
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
    const server = await startServer(patient);
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
    // The quickest of each kind: a busy machine only makes answers later.
    const quickest = kinds.map(({ times }) => Math.min(...times));
    expect(Math.max(...quickest) / Math.min(...quickest)).toBeLessThan(4);
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
