import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCandidateFilter } from '../../../src/server/ice/candidate-filter.ts';

const uuid = '9b36eaac-bb2e-49bb-bb78-21c41c499900';

function candidateOf(address: string, rest = 'typ host'): string {
  return `candidate:842163049 1 udp 2122260223 ${address} 54400 ${rest} generation 0 ufrag abcd network-id 1`;
}

function filterOf(setting: string) {
  const filter = createCandidateFilter(setting);
  if (!filter) throw new Error('This leaves nothing out.');
  return filter;
}

describe('A candidate', () => {
  it.each([
    ['mdns', candidateOf(`${uuid}.local`)],
    ['mdns', candidateOf(`${uuid}.LOCAL.`)],
    ['link-local', candidateOf('169.254.7.8')],
    ['link-local', candidateOf('fe80::1c2d:3e4f')],
    ['link-local', candidateOf('fe80::1%eth0')],
    ['link-local', candidateOf('::ffff:169.254.7.8')],
    ['ipv6', candidateOf('2001:db8::17')],
    ['ipv6', candidateOf('fd00::1')],
    ['10.8.0.0/16', candidateOf('10.8.200.3')],
    ['10.8.0.0/16', candidateOf('::ffff:10.8.200.3')],
    ['10.8.7.7/16', candidateOf('10.8.0.1')],
    ['10.8.0.3', candidateOf('10.8.0.3')],
    ['fd12:3456::/32', candidateOf('FD12:3456:0:0::9')],
    ['0.0.0.0/0', candidateOf('198.51.100.1', 'typ srflx raddr 10.8.0.1 rport 9')],
    ['10.8.0.0/16', candidateOf('10.8.0.1', 'TYP relay raddr 0.0.0.0 rport 9')],
    ['10.8.0.0/16', `a=${candidateOf('10.8.0.1')}`],
    ['10.8.0.0/16', '  candidate:1  1  tcp  1  10.8.0.1  9  typ host tcptype active '],
  ])('is left out by %s: %s', (setting, candidate) => {
    expect(filterOf(setting).ruleFor(candidate)).toBe(setting);
  });

  it.each([
    ['mdns', candidateOf('192.0.2.1')],
    ['mdns', candidateOf('host.local.example.com')],
    ['link-local', candidateOf('169.253.7.8')],
    ['link-local', candidateOf('2001:db8::17')],
    ['ipv6', candidateOf('192.0.2.1')],
    ['ipv6', candidateOf('::ffff:192.0.2.1')],
    ['ipv6', candidateOf(`${uuid}.local`)],
    ['10.8.0.0/16', candidateOf('10.9.0.1')],
    ['10.8.0.0/16', candidateOf('fd00::10.8.0.1')],
    // The related address of a relay or of a server-reflexive candidate is no way to anybody.
    ['10.8.0.0/16, ipv6, link-local', candidateOf('198.51.100.1', 'typ relay raddr 10.8.0.1 rport 9')],
    ['10.8.0.0/16, ipv6, link-local', candidateOf('198.51.100.1', 'typ srflx raddr fe80::1 rport 9')],
    // The end of candidates, and what is none.
    ['mdns, ipv6, 0.0.0.0/0', ''],
    ['mdns, ipv6, 0.0.0.0/0', 'candidate:1 1 udp 1 10.8.0.1 9'],
    ['mdns, ipv6, 0.0.0.0/0', 'candidate:1 1 udp 1 10.8.0.1 9 host host'],
    ['mdns, ipv6, 0.0.0.0/0', 'candidate:1 1 udp 1 10.8 9 typ host'],
    ['mdns, ipv6, 0.0.0.0/0', 'end 1 udp 1 10.8.0.1 9 typ host'],
  ])('passes %s: %s', (setting, candidate) => {
    expect(filterOf(setting).ruleFor(candidate)).toBeNull();
  });

  it('is left out by the first rule that means it', () => {
    expect(filterOf(' IPV6 ,link-local').ruleFor(candidateOf('fe80::1'))).toBe('IPV6');
  });
});

const addresses = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.uuid().map((id) => `${id}.local`),
  fc.domain(),
);
const candidates = fc
  .tuple(addresses, fc.constantFrom('host', 'srflx raddr 10.8.0.1 rport 9', 'relay raddr 10.8.0.1 rport 9', 'prflx'))
  .map(([address, type]) => candidateOf(address, `typ ${type}`));
const otherLines = fc.oneof(
  fc.constantFrom(
    'v=0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'c=IN IP4 0.0.0.0',
    'a=end-of-candidates',
    'a=candidate',
    '',
  ),
  fc.string({ unit: 'binary' }).map((text) => `a=x:${text.replace(/[\r\n]/g, '')}`),
);
const settings = fc
  .uniqueArray(fc.constantFrom('mdns', 'link-local', 'ipv6', '10.0.0.0/8', '0.0.0.0/1'), { minLength: 1 })
  .map((entries) => entries.join(','));

it('A description loses the lines of the candidates that are left out, and not a character more', () => {
  fc.assert(
    fc.property(
      settings,
      fc.array(
        fc.oneof(
          candidates.map((candidate) => `a=${candidate}`),
          otherLines,
        ),
        { maxLength: 20 },
      ),
      fc.constantFrom('\r\n', '\n'),
      fc.boolean(),
      (setting, lines, end, endsWithLine) => {
        const filter = filterOf(setting);
        const text = (some: string[]) =>
          some.map((line, n) => line + (n < lines.length - 1 || endsWithLine ? end : ''));
        const rules = lines.map((line) => (line.startsWith('a=candidate:') ? filter.ruleFor(line) : null));
        const rest = text(lines).filter((_, n) => rules[n] === null);
        const { sdp, leftOut } = filter.description(text(lines).join(''));
        expect(sdp).toBe(rest.join(''));
        expect(leftOut).toEqual([...new Set(rules.filter((rule) => rule !== null))]);
        expect(filter.description(sdp)).toEqual({ sdp, leftOut: [] });
      },
    ),
    { numRuns: 500 },
  );
});

it('What is no candidate passes as it is, whatever it looks like', () => {
  const filter = filterOf('mdns,link-local,ipv6,0.0.0.0/0');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      fc.pre(!/typ/i.test(text));
      expect(filter.ruleFor(text)).toBeNull();
      expect(filter.description(text)).toEqual({ sdp: text, leftOut: [] });
    }),
  );
});

it('Nothing is left out where the setting is empty', () => {
  expect(createCandidateFilter(' , ')).toBeNull();
});
