import { expect, it } from 'vitest';
import { codeOf } from '../protocol/every-command.ts';
import { attend, type Client, createWorkspace, type Owner, reattend } from '../support/fixtures.ts';
import { controlGroup } from './control-group.ts';
import { type ListeningServer, serve } from './serve.ts';
import { atSoak, figure, patience } from './soak.ts';

const ALLOWED = 30;
/** Those that are looked at when the limit is reached are looked at to their end: `pin_checks_at_once`. */
const AT_ONCE = 2;
const PIN = '4711';

const proxied = {
  TRUST_PROXY: 'loopback',
  COMMANDS_PER_SECOND: '100000',
  SEATLESS_CONNECTIONS_PER_ADDRESS: '100000',
  PIN_CHECKS_WAITING: '100000',
};

/** The addresses of an attacker with many of them: all over IPv4, and an IPv6 /64 each. */
const addresses = {
  'IPv4 addresses': (n: number) => `198.${18 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`,
  'networks of IPv6': (n: number) => `2001:db8:${(n >> 8).toString(16)}:${(n & 255).toString(16)}::${n % 7}`,
  'addresses within one network of IPv6': (n: number) => `2001:db8:ffff:ffff::${n.toString(16)}`,
};

async function guess(server: ListeningServer, { token }: Owner, address: string, pin: string): Promise<string | null> {
  const client = await server.connect({ headers: { 'x-forwarded-for': address } });
  const code = codeOf(await client.ask('attend', { workspace: { token, pin }, attendee: {} }));
  client.close();
  return code;
}

it.each(Object.entries(addresses))(
  'However many %s guess, no more PINs are looked at than an hour allows',
  {
    timeout: patience(5),
  },
  async (kind, addressOf) => {
    const server = await serve(proxied);
    const others = await controlGroup(server);
    const owner = await createWorkspace(server, { pin: PIN });
    const codes: (string | null)[] = [];
    const guesses = atSoak(200, 3000);
    for (let n = 0; n < guesses; n += 50) {
      const some = Array.from({ length: 50 }, (_, i) => guess(server, owner, addressOf(n + i), `${n + i}x`));
      codes.push(...(await Promise.all(some)));
    }
    const looks = codes.filter((code) => code === 'WRONG_PIN').length;
    expect(looks).toBeLessThanOrEqual(ALLOWED + AT_ONCE);
    expect(codes.filter((code) => code === 'LOCKED_OUT')).toHaveLength(guesses - looks);
    if (kind !== 'addresses within one network of IPv6') expect(looks).toBeGreaterThanOrEqual(ALLOWED);
    figure(`${guesses} guesses from as many ${kind}: ${looks} looked at`);
    await others.expectUnaffected();
  },
);

it('In the midst of a storm of guesses the owner and those who are seated come back, and other workspaces go on', {
  timeout: patience(5),
}, async () => {
  const server = await serve(proxied);
  const owner = await createWorkspace(server, { pin: PIN });
  const guest = await attend(server, owner, { pin: PIN });
  const other = await createWorkspace(server, { pin: PIN });
  const storming: Client[] = await Promise.all(
    Array.from({ length: 100 }, (_, n) => server.connect({ headers: { 'x-forwarded-for': `203.0.113.${n}` } })),
  );
  const total = atSoak(500, 5000);
  const storm = Promise.all(
    Array.from({ length: total }, async (_, n) => {
      const client = storming[n % storming.length] as Client;
      return codeOf(await client.ask('attend', { workspace: { token: owner.token, pin: `${n}x` }, attendee: {} }));
    }),
  );
  // From the very addresses that guess, too.
  const from = { headers: { 'x-forwarded-for': '203.0.113.1' } };
  for (let round = 0; round < 3; round += 1) {
    await reattend(server, owner, from);
    await reattend(server, guest, from);
    const newcomer = await attend(server, other, { pin: PIN, ...from });
    await newcomer.client.must('leave', newcomer.proof);
    await other.client.notice('leave');
  }
  const codes = await storm;
  const looks = codes.filter((code) => code === 'WRONG_PIN').length;
  expect(looks).toBeGreaterThanOrEqual(ALLOWED);
  expect(looks).toBeLessThanOrEqual(ALLOWED + AT_ONCE);
  expect(codes.filter((code) => code === 'LOCKED_OUT')).toHaveLength(total - looks);

  // Afterwards newcomers of this workspace wait, the right PIN or not, and nobody else does.
  expect(await guess(server, owner, '192.0.2.1', PIN)).toBe('LOCKED_OUT');
  expect(await guess(server, other, '192.0.2.1', PIN)).toBeNull();
  await reattend(server, owner, from);
  await reattend(server, guest, from);
});
