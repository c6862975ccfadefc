import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { addressReader, hostOf } from '../../../src/server/transport/address.ts';

interface Asked {
  remoteAddress?: string;
  remotePort?: number;
  forwardedFor?: string;
  forwarded?: string;
}

/** What the address reader takes for the address of such a request. */
function read({ remoteAddress = '127.0.0.1', remotePort = 1, forwardedFor, forwarded }: Asked, trusted = ['loopback']) {
  const headers = {
    ...(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }),
    ...(forwarded === undefined ? {} : { forwarded }),
  };
  return addressReader(trusted)({ headers, socket: { remoteAddress, remotePort } } as IncomingMessage);
}

describe('The address of a client behind a trusted proxy', () => {
  it.each([
    '203.0.113.5',
    '203.0.113.5:50001',
    ' 203.0.113.5 ',
    '"203.0.113.5"',
    '"203.0.113.5:50001"',
    '[203.0.113.5]:50001',
    '::ffff:203.0.113.5',
    '::FFFF:cb00:7105',
    '[::ffff:203.0.113.5]:50001',
    '64:ff9b::203.0.113.5',
    '198.51.100.9, 203.0.113.5:50001',
    'garbage, 203.0.113.5',
    '203.0.113.5, 127.0.0.1:8080',
    '203.0.113.5,[::1]:8080',
    ',203.0.113.5, ,',
  ])('is 203.0.113.5 in X-Forwarded-For: %s', (forwardedFor) => {
    expect(read({ forwardedFor })).toBe('203.0.113.5');
  });

  it.each([
    '2001:db8:1:2:3:4:5:6',
    '2001:DB8:1:2::6',
    '[2001:db8:1:2:3:4:5:6]',
    '[2001:db8:1:2:3:4:5:6]:50001',
    '"[2001:db8:1:2:3:4:5:6]:50001"',
    '2001:db8:1:2:3:4:5:6%eth0',
    '[2001:db8:1:2:3:4:5:6%25eth0]:50001',
  ])('is its /64 in X-Forwarded-For: %s', (forwardedFor) => {
    expect(read({ forwardedFor })).toBe('2001:db8:1:2::/64');
  });

  it.each([
    'for=203.0.113.5',
    'For="203.0.113.5:50001"',
    'for="203.0.113.5:_port";proto=https;by=10.0.0.1',
    'proto=http; for=203.0.113.5 ;host="a,b;for=192.0.2.1"',
    'for=192.0.2.60;proto=http, for=203.0.113.5',
    'for=_hidden, for=203.0.113.5',
    'for=203.0.113.5, for="[::1]:8080"',
    'for="203.0.113\\.5"',
  ])('is 203.0.113.5 in Forwarded: %s', (forwarded) => {
    expect(read({ forwarded })).toBe('203.0.113.5');
  });

  it('is in X-Forwarded-For where both headers are there: a client can write the one that its proxy does not', () => {
    expect(read({ forwardedFor: '203.0.113.5', forwarded: 'for=192.0.2.1' })).toBe('203.0.113.5');
  });

  it.each([
    { forwardedFor: 'unknown' },
    { forwardedFor: '_hidden' },
    { forwardedFor: 'example.com' },
    { forwardedFor: '203.0.113.5.7' },
    { forwardedFor: '203.0.113.500' },
    { forwardedFor: '12345' },
    { forwardedFor: '__proto__' },
    { forwardedFor: '203.0.113.5, unknown' },
    { forwardedFor: '203.0.113.5, unknown, 127.0.0.2' },
    { forwarded: 'for=unknown' },
    { forwarded: 'for="_gazonk"' },
    { forwarded: 'proto=https' },
    { forwarded: 'for="' },
  ])('is that of one TCP connection alone where the proxy names none: %o', (asked) => {
    const [one, other] = [read({ ...asked, remotePort: 1 }), read({ ...asked, remotePort: 2 })];
    expect(one).not.toBe(other);
    expect(hostOf(one)).toBe(hostOf(other));
    expect(hostOf(one)).toMatch(/^127\.0\.0\.[12]$/);
  });

  it('is that of the proxy where the proxy says nothing', () => {
    expect(read({})).toBe('127.0.0.1');
    expect(read({ forwardedFor: ' , ' })).toBe('127.0.0.1');
  });
});

describe('The address of a client of its own', () => {
  it.each([
    ['203.0.113.5', '203.0.113.5'],
    ['::ffff:203.0.113.5', '203.0.113.5'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80::1'],
    ['fe80::2%eth0', 'fe80::2'],
  ])('%s counts as %s, whatever headers it makes up', (remoteAddress, address) => {
    expect(read({ remoteAddress, forwardedFor: '192.0.2.1', forwarded: 'for=192.0.2.1' })).toBe(address);
    expect(hostOf(address)).toBe(address);
  });
});
