import { describe, expect, it } from 'vitest';
import { isPublicAddress, problemOfPublicUrl } from '../../../src/server/webhooks/public-address.ts';

/** Addresses of this machine, of its network, and of special uses, in all forms that lead there. */
const closed = {
  'this machine': ['127.0.0.1', '127.255.255.254', '0.0.0.0', '0.1.2.3', '::1', '::'],
  'a private network': [
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    'fc00::1',
    'fd12:3456::1',
    'fec0::1',
  ],
  'the wire, where clouds keep credentials': ['169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'fd00:ec2::254'],
  'a provider’s network': ['100.64.0.1', '100.127.255.255'],
  'many or all': ['224.0.0.1', '239.1.1.1', '255.255.255.255', 'ff02::1'],
  'documentation and tests': ['192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '2001:db8::1', '3fff::1'],
  nothing: ['240.0.0.1', '192.0.0.1', '100::1', '4000::1', '5f00::1'],
  'IPv4 inside of IPv6': [
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:a9fe:a9fe',
    '::ffff:0:127.0.0.1',
    '::127.0.0.1',
    '::7f00:1',
    '64:ff9b::127.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::8.8.8.8',
    '2002:7f00:1::',
    '2002:808:808::1',
    '2001:0:7f00:1::1',
  ],
  'no address at all': ['', 'localhost', '127.1', '2130706433', '0x7f000001', '8.8.8.8 ', '[2606:4700::1]'],
};

const open = ['8.8.8.8', '93.184.216.34', '172.15.0.1', '172.32.0.1', '192.167.1.1', '2606:4700::1111', '2a00:1450::1'];

describe('A public address', () => {
  it.each(Object.entries(closed))('is none of %s', (_, addresses) => {
    expect(addresses.filter((address) => isPublicAddress(address))).toEqual([]);
  });

  it('is one that everybody on the internet can reach, also from a network without IPv4', () => {
    const mapped = ['::ffff:8.8.8.8', '64:ff9b::8.8.8.8'];
    expect([...open, ...mapped].filter((address) => !isPublicAddress(address))).toEqual([]);
  });
});

describe('The URL of an endpoint that REST makes', () => {
  it.each([
    'https://www.example.com/hook',
    'https://www.example.com:8443/hook?x=1',
    'https://bücher.example/',
    'https://www.example.com.',
    'https://localhost.example.com',
    'https://93.184.216.34/',
    'https://[2606:4700::1111]:8443/',
    'https://1.1/', // 1.0.0.1
  ])('may be %s', (url) => {
    expect(problemOfPublicUrl(url)).toBeNull();
  });

  it.each([
    ['http://www.example.com', /https/],
    ['ftp://www.example.com', /https/],
    ['www.example.com', /https/],
    ['', /https/],
    ['https://', /https/],
    ['https://user@www.example.com', /user name/],
    ['https://:password@www.example.com', /user name/],
    ['https://www.example.com#there', /#/],
    ['https://localhost', /public/],
    ['https://LOCALHOST.:8443', /public/],
    ['https://api.localhost', /public/],
    ['https://printer.local', /public/],
    ['https://metadata.google.internal/', /public/],
    ['https://router.home.arpa', /public/],
    ['https://database', /public/],
    ['https://127.0.0.1', /public/],
    ['https://127.1', /public/],
    ['https://2130706433', /public/],
    ['https://0x7f000001', /public/],
    ['https://0x7f.0.0.1', /public/],
    ['https://0177.0.0.1', /public/],
    ['https://017700000001', /public/],
    ['https://①②⑦.0.0.1', /public/],
    ['https://127。0。0。1', /public/],
    ['https://%31%32%37.0.0.1', /public/],
    ['https://0/', /public/],
    ['https://10.0.0.1:443', /public/],
    ['https://169.254.169.254/latest/meta-data', /public/],
    ['https://[::1]', /public/],
    ['https://[::]', /public/],
    ['https://[::ffff:127.0.0.1]', /public/],
    ['https://[0:0:0:0:0:ffff:7f00:1]', /public/],
    ['https://[::127.0.0.1]', /public/],
    ['https://[64:ff9b::10.0.0.1]', /public/],
    ['https://[2002:a00:1::]', /public/],
    ['https://[fd00::1]', /public/],
    ['https://[fe80::1]', /public/],
    ['https://[fe80::1%25eth0]', /https/],
  ])('cannot be %s', (url, sentence) => {
    expect(problemOfPublicUrl(url)).toMatch(sentence);
  });
});
